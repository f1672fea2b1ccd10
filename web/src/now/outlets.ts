import { html, nothing, type TemplateResult } from "lit";
import { live as liveValue } from "lit/directives/live.js";
import { repeat } from "lit/directives/repeat.js";
import { NgElement } from "../element.ts";
import { ago, amps, duration, energy, kwh, money, number, power, together } from "../format.ts";
import { icon } from "../icons.ts";
import { live } from "../live.ts";
import { countdownText, reasonText } from "../reasons.ts";
import type { Charger, Outlet, Session, SiteDocument } from "../types.ts";
import { isKey, t } from "../words/index.ts";
import { RunningSessions } from "./sessions.ts";
import { steady } from "./steady.ts";
import { Tick } from "./tick.ts";
import { outletVerdict } from "./verdict.ts";
import { Wishes, leftOf } from "./wishes.ts";

const PHASES = ["L1", "L2", "L3"] as const;
const PRIORITY_MAX = 9;

/** Each charger with its outlets: what they do, why, and what may be asked of them. */
export class Outlets extends NgElement {
  static override properties = { site: { attribute: false } };

  site: SiteDocument | null = null;
  readonly #wishes = new Wishes(() => this.requestUpdate());
  readonly #sessions = new RunningSessions(this);

  constructor() {
    super();
    new Tick(this);
  }

  override render(): TemplateResult {
    const chargers = this.site?.chargers ?? [];
    return html`
      ${repeat(chargers, (charger, index) => `${index} ${charger.serial}`, (charger) => this.#charger(charger))}
      <p class="soft" data-field="no_charger" ?hidden=${chargers.length > 0 || !this.site}>${t("now.no_charger")}</p>`;
  }

  #charger(charger: Charger): TemplateResult {
    const never = !charger.connected && charger.age_s === null;
    const { rotation } = charger, turned = rotation && rotation !== "RST" ? t("now.rotation", { rotation }) : "";
    const tone = charger.connected ? "calm" : never ? "near" : "over";
    const heard = (): string => ago((charger.age_s ?? 0) + live.age_ms / 1000);
    const words = charger.connected ? "now.connected" : never ? "now.never_reached" : "now.lost";
    return html`
      <article class="charger">
        <div class="charger-head">
          <div><h3 class="wire">${charger.serial || t("now.no_serial")}</h3>
            <p class="soft small wire">${[charger.firmware, turned].filter(Boolean).join(" · ")}</p></div>
          <span class="pill" data-part="link" data-tone=${tone}>${t(words)}</span>
        </div>
        ${charger.connected ? nothing : html`<p class="problem">${
          never ? t("now.never_detail") : t("now.lost_detail", { ago: heard() })}</p>`}
        ${charger.notice ? html`<p class="warn wire" lang="en" data-part="notice">${charger.notice}</p>` : nothing}
        <div class="outlets">
          ${repeat(charger.outlets, ({ id }, index) => `${index} ${id}`, (outlet) => this.#outlet(outlet, charger))}
        </div>
        ${charger.outlets.length ? nothing : html`<p class="soft">${t("now.no_outlet")}</p>`}
      </article>`;
  }

  #outlet(told: Outlet, charger: Charger): TemplateResult {
    const path = `/api/v1/outlets/${encodeURIComponent(told.serial)}/${told.id}`;
    const outlet = this.#wishes.newest(path, told, (answer, now) => sameWish(answer, now));
    const verdict = outletVerdict(outlet, charger), left_s = leftOf(outlet.reason_detail?.countdown_s);
    return html`
      <div class="outlet" role="group" data-tone=${verdict.tone} data-state=${outlet.state}
        aria-label=${t("now.outlet_of", { id: String(outlet.id), serial: outlet.serial })}>
        <div class="outlet-top"><h4 class="soft small">${t("now.outlet", { id: String(outlet.id) })}</h4>
          <span class="soft small" data-part="state">${stateName(outlet)}</span></div>
        <p class="outlet-title">${icon(verdict.icon)}<span class="wire" data-part="verdict">${verdict.title}</span></p>
        ${currents(outlet)}
        <p class="outlet-allowed"><span class="soft">${t("now.allowed")}</span>
          <b data-part="setpoint">${outlet.setpoint_a === null ? t("now.not_set") : amps(outlet.setpoint_a)}</b>
          <span class="timer" role="timer" aria-live="off" data-part="timer" ?hidden=${left_s === null}>${
            left_s === null ? "" : countdownText(outlet.rule, left_s)}</span></p>
        <p class="outlet-reason wire" data-part="reason">${reasonText(outlet)}</p>
        ${outlet.foreign_a === null ? nothing
          : html`<p class="warn">${t("now.foreign", { current: amps(outlet.foreign_a) })}</p>`}
        ${wiring(outlet)}
        ${this.#session(outlet)}
        ${this.#controls(path, outlet)}
        <p class="problem wire" role="alert" data-part="problem">${this.#wishes.of(path).problem}</p>
      </div>`;
  }

  #session(outlet: Outlet): TemplateResult {
    const session = this.#sessions.at(outlet), currency = this.#sessions.currency;
    return html`
      <dl class="outlet-session">
        ${session === null ? nothing : html`
          <div><dt>${t("now.session")}</dt>
            <dd data-part="session_energy">${together(energy(session.energy_wh))}</dd></div>
          <div><dt>${t("now.plugged")}</dt>
            <dd data-part="session_plugged">${plugged(session, this.#sessions.age_s)}</dd></div>
          ${session.cost === null || currency === null ? nothing : html`
            <div><dt>${t("now.cost")}</dt><dd data-part="session_cost">${money(session.cost, currency)}</dd></div>`}`}
        <div><dt>${t("now.in_all")}</dt><dd data-part="energy">${together([kwh(outlet.energy_wh, 1), "kWh"])}</dd></div>
      </dl>`;
  }

  #controls(path: string, outlet: Outlet): TemplateResult {
    const asked = this.#wishes.of(path), { wish } = outlet, paused = (asked.wanted["paused"] ?? wish.paused) === true;
    const wanted = (key: Wanted): number | null => {
      const value = asked.busy && key in asked.wanted ? asked.wanted[key] : wish[key];
      return typeof value === "number" ? value : null;
    };
    const legal: Choice[] = range(outlet.min_a, outlet.max_a).map((one_a) => [String(one_a), amps(one_a)]);
    const usual = t("now.setting_amps", { current: amps(outlet.fallback_a) });
    const fallbacks: Choice[] = [
      ["", wish.fallback_a === null ? usual : t("now.as_setting")],
      ["0", t("now.fallback_none", { current: amps(0) })],
      ...legal,
    ];
    const priorities = range(0, PRIORITY_MAX)
      .map((one): Choice => [String(one), one ? number(one) : t("now.priority_usual")]);
    const choice = (key: Wanted, words: string, choices: readonly Choice[]): TemplateResult => html`
      <label><span>${words}</span><select data-part=${key} @change=${(event: Event) => this.#choose(path, key, event)}>
        ${choices.map(([value, name]) => html`<option value=${value} .selected=${
          liveValue(value === (wanted(key) === null ? "" : String(wanted(key))))}>${name}</option>`)}
      </select></label>`;
    return html`
      <div class="controls" role="group" aria-busy=${asked.busy}
        aria-label=${t("now.controls_of", { id: String(outlet.id), serial: outlet.serial })}>
        <button type="button" data-part="pause" data-paused=${paused ? "yes" : ""}
          @click=${() => void this.#wishes.ask(path, paused ? "/resume" : "/pause", {})}>${
            t(paused ? "now.resume" : "now.pause")}</button>
        ${choice("max_a", t("now.max"), [["", t("now.max_all")], ...legal])}
        ${choice("priority", t("now.priority"), priorities)}
        ${choice("fallback_a", t("now.fallback"), fallbacks)}
      </div>`;
  }

  #choose(path: string, key: string, event: Event): void {
    const { value } = event.target as HTMLSelectElement;
    void this.#wishes.ask(path, "", { [key]: value === "" ? null : Number(value) });
  }
}

type Wanted = "max_a" | "priority" | "fallback_a";
type Choice = readonly [value: string, name: string];

function sameWish({ wish: one }: Outlet, { wish: other }: Outlet): boolean {
  return one.max_a === other.max_a && one.priority === other.priority && one.paused === other.paused
    && one.fallback_a === other.fallback_a;
}

function stateName(outlet: Outlet): string {
  const key = `now.state_${outlet.state}`;
  return isKey(key) ? t(key) : outlet.state_name || t("now.unknown");
}

function currents(outlet: Outlet): TemplateResult {
  return html`<dl class="outlet-currents">
    <div><dt>${t("now.power")}</dt>
      <dd data-part="power">${outlet.age_s === null ? "–" : together(power(outlet.power_w))}</dd></div>
    ${PHASES.map((name, phase) => html`<div><dt>${name}</dt>
      <dd data-part="current">${steady("outlet", outlet.current_a[phase] ?? null, 1)} A</dd></div>`)}
  </dl>`;
}

function wiring({ car_phases }: Outlet): TemplateResult | typeof nothing {
  const on = PHASES.filter((_name, phase) => car_phases?.[phase] === true);
  if (!on.length || on.length === PHASES.length) return nothing;
  return html`<p class="soft small">${t("now.wiring", { phases: on.join(t("now.and")) })}</p>`;
}

function plugged(session: Session, age_s: number): string {
  const words = duration(session.plugged_s + age_s);
  return session.plug_unseen ? t("now.at_least", { time: words }) : words;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, Math.min(to - from + 1, 250)) }, (_, step) => from + step);
}

customElements.define("ng-outlets", Outlets);
