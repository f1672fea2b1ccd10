import { html, nothing, type TemplateResult } from "lit";
import { NgPage } from "../element.ts";
import { kwh, number } from "../format.ts";
import { icon } from "../icons.ts";
import { Live } from "../live.ts";
import { countdownText, reasonText } from "../reasons.ts";
import type { Reading } from "../types.ts";
import { t } from "../words/index.ts";
import { Tick } from "./tick.ts";
import { glance } from "./verdict.ts";
import { leftOf } from "./wishes.ts";
import "./flow.ts";
import "./fuses.ts";
import "./links.ts";
import "./outlets.ts";
import "./page.css";

// What draws the chart is half of what there is to load: the figures need not wait for it.
void import("./livechart.ts");

class NgNow extends NgPage {
  readonly #live = new Live(this);

  constructor() {
    super();
    new Tick(this);
  }

  override render(): TemplateResult {
    const { site, state } = this.#live, charging = (site?.chargers.length ?? 0) > 0;
    const stale = state === "lost" || !site?.meter.fresh || site.meter.link !== "up";
    return html`
      ${this.#glance()}
      <section class="card now-flow" aria-labelledby="now-flow-title">
        <h2 id="now-flow-title">${t("now.flow")}</h2>
        <ng-flow .site=${site} .still=${stale}></ng-flow>
        ${totals(site?.meter.reading ?? null)}
      </section>
      <section class="card now-fuses" aria-label=${t("now.fuses")}><ng-fuses .site=${site}></ng-fuses></section>
      <section class="card now-outlets" aria-labelledby="now-chargers-title" ?hidden=${!charging && !!site}>
        <h2 class="unseen" id="now-chargers-title">${t("now.chargers")}</h2>
        <ng-outlets .site=${site}></ng-outlets>
      </section>
      <section class="card now-chart" aria-labelledby="now-chart"><ng-live-chart></ng-live-chart></section>
      <section class="card now-links" aria-labelledby="now-links-title">
        <div class="head"><h2 id="now-links-title">${t("now.links")}</h2></div>
        <ng-links .site=${site}></ng-links>
      </section>`;
  }

  #glance(): TemplateResult {
    const { tone, icon: picture, title, outlet, detail } = glance(this.#live.site, this.#live.state);
    const left_s = leftOf(outlet?.reason_detail?.countdown_s);
    const reason = outlet ? reasonText(outlet) : "";
    return html`
      <section class="card glance" data-tone=${tone} data-field="glance" aria-label=${t("now.glance")}>
        ${icon(picture)}
        <div>
          <h1 class="wire" data-field="glance_title">${title}</h1>
          <p class="wire" data-field="glance_detail">${[detail, reason].filter(Boolean).join(". ")}
            ${left_s === null ? nothing
              : html`<span class="timer">${countdownText(outlet?.rule ?? null, left_s)}</span>`}</p>
        </div>
      </section>`;
  }
}

/** What the meter tells of both directions, in its own digits. */
function totals(reading: Reading | null): TemplateResult {
  const estimated = new Set(reading?.estimated ?? []);
  const told = (field: string, value: string): string => (value !== "–" && estimated.has(field) ? `≈${value}` : value);
  return html`<dl class="tiles now-totals">${(["import", "export"] as const).map((way) => {
    const power_w = reading?.[`power_${way}_w`] ?? null, energy_wh = reading?.[`energy_${way}_wh`] ?? null;
    return html`<div><dt>${t(`now.total_${way}`)}</dt>
      <dd><span data-field="power_${way}_w">${told(`power_${way}_w`, number(power_w))}</span> <small>W</small></dd>
      <dd class="now-total"><span data-field="energy_${way}_kwh">${told(`energy_${way}_wh`, kwh(energy_wh, 3))}</span>
        <small>kWh ${t("now.in_all_small")}</small></dd></div>`;
  })}</dl>`;
}

customElements.define("ng-now", NgNow);
