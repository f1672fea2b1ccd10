/** "Why was it slow?": any moment in plain sentences, with what the house took then against its fuse. */

import { html, nothing, type TemplateResult } from "lit";
import { ref } from "lit/directives/ref.js";
import { amps, clock, date, hourMinute, power, toDay, together } from "../format.ts";
import { lineName, reasonText } from "../reasons.ts";
import type { Charger, Fuse, Why, WhyOutlet } from "../types.ts";
import { isKey, t } from "../words/index.ts";
import { outletName } from "./entries.ts";

const PHASES = ["L1", "L2", "L3"] as const;
const CHARGING = 2;
const NEAR = 0.8;
const WHOLE_DAY = { weekday: "long", day: "numeric", month: "long", year: "numeric" } as const;

/** Around an answer: the house as it is wired now. */
export interface Around {
  readonly chargers: readonly Charger[];
  readonly fuse: Fuse | null;
  readonly zone: string | undefined;
}

/** One outlet's answer, sentence by sentence. */
export function sentences(why: Why, outlet: WhyOutlet, { chargers, fuse, zone }: Around): string[] {
  const time = hourMinute(Date.parse(why.time), zone);
  const name = outletName(outlet.outlet, chargers, true);
  if (outlet.setpoint_a === null) return [t("log.why_unknown", { time, outlet: name })];
  const said = [first(outlet, time, name)];
  const drawn = house(why, outlet, fuse);
  if (drawn) said.push(drawn);
  if (outlet.state === CHARGING && outlet.power_w !== null) {
    said.push(t("log.why_took", { power: together(power(outlet.power_w)), amps: amps(most(outlet.current_a), 1, 1) }));
  } else if (outlet.state !== null) {
    said.push(t("log.why_state", { state: stateName(outlet.state) }));
  }
  if (outlet.since !== null) said.push(since(outlet.since, why.time, zone));
  return said;
}

export function answer(why: Why, around: Around): TemplateResult {
  const at = Date.parse(why.time);
  return html`
    <h3 data-field="why_time">${date(at, WHOLE_DAY, around.zone)}, ${clock(at, around.zone)}</h3>
    ${why.outlets.length ? nothing : html`<p class="soft" data-field="why_nothing">${t("log.why_nothing")}</p>`}
    <ul class="why-outlets" data-field="why_outlets">
      ${why.outlets.map((outlet) => html`
        <li data-outlet=${outlet.outlet} data-tone=${tone(outlet)}>
          <p class="why-amps"><span>${amps(outlet.setpoint_a)}</span>
            <small class="wire">${outletName(outlet.outlet, around.chargers)}</small></p>
          <p class="wire">${sentences(why, outlet, around).join(" ")}</p>
          ${outlet.text ? html`<p class="soft small wire">${reasonText(outlet)}</p>` : nothing}
        </li>`)}
    </ul>
    ${bars(why, around.fuse)}
  `;
}

function tone({ setpoint_a, rule }: WhyOutlet): "near" | "in" {
  return setpoint_a === 0 && rule !== "ready" ? "near" : "in";
}

function first(outlet: WhyOutlet, time: string, name: string): string {
  if (outlet.rule === "ready") {
    const key = outlet.setpoint_a === 0 ? "log.why_ready_none" : "log.why_ready_with";
    return t(key, { time, outlet: name, amps: amps(outlet.setpoint_a) });
  }
  const line = phaseOrPower(outlet);
  const key = `log.why_${outlet.rule ?? ""}`;
  const why = isKey(key) ? t(key, { line }) : reasonText(outlet);
  return t(outlet.setpoint_a === 0 ? "log.why_stopped" : "log.why_allowed", {
    time, outlet: name, amps: amps(outlet.setpoint_a), why,
  });
}

function phaseOrPower({ fuse, phase }: WhyOutlet): string {
  const main = fuse === null || fuse === "main";
  if (phase === null) return main ? t("log.line_power") : t("log.line_power_of", { fuse });
  if (!main) return lineName(fuse, phase);
  return t("log.phase_of_main", { phase });
}

/** What the house took beside the cars on the phase that limited. Currents of a house that gives have no such sum. */
function house(why: Why, outlet: WhyOutlet, fuse: Fuse | null): string {
  const at = PHASES.findIndex((name) => name === outlet.phase);
  const total_a = at < 0 ? null : (why.house?.current_a[at] ?? null);
  if (total_a === null || outlet.fuse !== "main" || !["fuse", "proving", "share", "turn"].includes(outlet.rule ?? "")) {
    return "";
  }
  const rating = fuse ? amps(fuse.setting_a[at] ?? null) : "";
  // Outlets without a car that wants to charge are not measured minute by minute: they give nothing.
  const cars = why.outlets.map(({ current_a, rule }) => current_a?.[at] ?? (rule === "ready" ? 0 : null));
  const phase = outlet.phase ?? "";
  if ((why.house?.power_export_w ?? 0) > 0 || cars.some((car_a) => car_a === null)) {
    return t("log.why_total", { phase, total: amps(total_a, 1, 1), rating });
  }
  const house_a = Math.max(0, total_a - cars.reduce<number>((sum, car_a) => sum + (car_a ?? 0), 0));
  return t("log.why_house", { phase, house: amps(house_a, 1, 1), total: amps(total_a, 1, 1), rating });
}

function since(from: string, at: string, zone: string | undefined): string {
  const [from_ms, at_ms] = [Date.parse(from), Date.parse(at)];
  const same = toDay(from_ms, zone) === toDay(at_ms, zone);
  const time = same ? hourMinute(from_ms, zone) : date(from_ms, {
    day: "numeric", month: "long", hour: "2-digit", minute: "2-digit",
  }, zone);
  return t("log.why_since", { time });
}

function bars(why: Why, fuse: Fuse | null): TemplateResult {
  const house = why.house;
  if (house === null) return html`<p class="soft small" data-field="why_house">${t("log.why_no_house")}</p>`;
  const taken_w = house.power_import_w;
  const given_w = house.power_export_w;
  return html`
    <div class="why-house" data-field="why_house">
      <h4>${t("log.why_minute")}</h4>
      <p class="small soft">
        ${taken_w === null ? nothing : t("log.why_import", { power: together(power(taken_w)) })}
        ${given_w === null || given_w < 1 ? nothing : t("log.why_export", { power: together(power(given_w)) })}
      </p>
      <ul>${PHASES.map((name, at) => bar(name, house.current_a[at] ?? null, fuse?.setting_a[at] ?? null))}</ul>
    </div>
  `;
}

function bar(name: string, current_a: number | null, rating_a: number | null): TemplateResult {
  const share = current_a === null || rating_a === null ? null : current_a / rating_a;
  const tone = share === null ? "" : share > 1 ? "over" : share > NEAR ? "near" : "calm";
  const width = (element: Element | undefined): void => {
    if (element instanceof HTMLElement) element.style.setProperty("--share", String(Math.min(1, share ?? 0)));
  };
  const of = rating_a === null ? "" : t("log.why_of", { rating: amps(rating_a) });
  return html`
    <li data-phase=${name} data-tone=${tone}>
      <span class="why-phase">${name}</span>
      <span class="why-bar" aria-hidden="true"><i ${ref(width)}></i></span>
      <span class="why-figure">${current_a === null ? t("log.unknown") : amps(current_a, 1, 1)}
        <small>${of}</small></span>
    </li>
  `;
}

function stateName(state: number): string {
  const key = `log.s_${state}`;
  return isKey(key) ? t(key) : String(state);
}

function most(phases: WhyOutlet["current_a"]): number | null {
  if (phases === null) return null;
  const [l1, l2, l3] = phases;
  return l1 === null && l2 === null && l3 === null ? null : Math.max(l1 ?? 0, l2 ?? 0, l3 ?? 0);
}
