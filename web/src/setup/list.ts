/** The networks in reach, each to be chosen. */

import { html, type SVGTemplateResult, svg, type TemplateResult } from "lit";
import { bars, type Network, visible } from "./networks.ts";
import { t } from "./words.ts";

/** `choose` is called with the one that was chosen, or with null for one whose name is to be typed. */
export function networkList(networks: readonly Network[], choose: (network: Network | null) => void): TemplateResult {
  return html`<ul class="setup-networks" data-field="networks">
    ${networks.map((network) => html`<li><button type="button" @click=${() => choose(network)}>
      <span class="wire" data-part="ssid">${visible(network.ssid)}</span>
      <span class="unseen">${t(network.security === "open" ? "unlocked" : "locked")},
        ${t("signal", { n: bars(network.strength) })}</span>
      <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${
        network.security === "open" ? "" : LOCK}</svg>
      <svg class="icon setup-bars" data-bars=${bars(network.strength)} viewBox="0 0 24 24" aria-hidden="true"
        focusable="false">${BARS}</svg>
    </button></li>`)}
    <li><button type="button" data-field="other" @click=${() => choose(null)}>${t("other")}</button></li>
  </ul>`;
}

const LOCK: SVGTemplateResult = svg`
  <rect x="5.5" y="10.5" width="13" height="9" rx="2"/>
  <path d="M8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5"/>`;
const BARS: SVGTemplateResult = svg`<path d="M5 19v-3M9.7 19v-6M14.3 19v-9M19 19V6.5"/>`;
