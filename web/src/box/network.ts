/** How the box is connected, and the way to give it another network. */

import { html, nothing, type TemplateResult } from "lit";
import { change, Problem } from "../api.ts";
import { NgElement } from "../element.ts";
import { number, UNKNOWN } from "../format.ts";
import { Live } from "../live.ts";
import type { NetworkState } from "../types.ts";
import { t } from "../words/index.ts";

class NgNetwork extends NgElement {
  static override properties = { problem: { state: true }, busy: { state: true }, begun: { state: true } };

  private problem = "";
  private busy = false;
  private begun = false;
  readonly #live = new Live(this);

  override willUpdate(): void {
    // It has begun, so that it is no news that it will: not even once it has ended.
    if (this.#live.site?.network?.setup !== "off") this.begun = false;
  }

  override render(): TemplateResult | typeof nothing {
    const network = this.#live.site?.network;
    if (network === undefined) return nothing;
    return html`
      <section class="card" aria-labelledby="box-network" data-field="network">
        <h2 id="box-network">${t("net.title")}</h2>
        <p class=${network.setup === "off" ? "problem wire" : "small wire"}>${network.detail}</p>
        ${network.managed ? this.#managed(network) : html`<p class="soft small">${t("net.unmanaged")}</p>`}
      </section>
    `;
  }

  #managed(network: NetworkState): TemplateResult {
    const isOn = network.setup !== "off";
    const serial = this.#live.site?.box.serial ?? "";
    return html`
      <dl class="rows">
        <div><dt>${t("net.ssid")}</dt><dd class="wire" data-field="ssid">${network.ssid || t("net.wired")}</dd></div>
        ${network.rssi_dbm === null ? nothing : html`
          <div><dt>${t("net.strength")}</dt><dd data-field="rssi">${number(network.rssi_dbm)}\u00a0dBm</dd></div>`}
        <div><dt>${t("net.addresses")}</dt><dd class="wire">${network.addresses.join(", ") || UNKNOWN}</dd></div>
      </dl>
      <details class="box-more" ?open=${isOn}>
        <summary>${t("net.setup")}</summary>
        <p class="small">${isOn ? t("net.setup_on", { name: `ngair-${serial.slice(-4)}` }) : t("net.setup_hint")}</p>
        <p role="status">${this.begun && !isOn ? t("net.begun") : ""}</p>
        <button type="button" data-field="setup" ?disabled=${this.busy}
          @click=${() => void this.#ask(isOn ? "stop" : "start")}>${t(isOn ? "net.stop" : "net.start")}</button>
        <p class="problem" role="alert" data-field="setup_problem">${this.problem}</p>
      </details>
    `;
  }

  async #ask(way: "start" | "stop"): Promise<void> {
    this.busy = true;
    this.problem = "";
    try {
      await change("POST", `/api/v1/setup/${way}`, {});
      this.begun = way === "start";
    } catch (error) {
      // The box may have left this network before its answer came.
      if (error instanceof Problem && error.status === 0) this.begun = way === "start";
      else this.problem = error instanceof Problem ? error.detail : String(error);
    }
    this.busy = false;
  }
}

customElements.define("ng-network", NgNetwork);
