import { html, type TemplateResult } from "lit";
import { NgPage } from "../element.ts";
import { t } from "../words/index.ts";
import "./page.css";

class NgEnergy extends NgPage {
  override render(): TemplateResult {
    return html`<h1>${t("shell.energy")}</h1>`;
  }
}

customElements.define("ng-energy", NgEnergy);
