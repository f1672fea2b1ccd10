import { html, type TemplateResult } from "lit";
import { NgPage } from "../element.ts";
import { t } from "../words/index.ts";
import "./page.css";

class NgNow extends NgPage {
  override render(): TemplateResult {
    return html`<h1>${t("shell.now")}</h1>`;
  }
}

customElements.define("ng-now", NgNow);
