import { html, nothing, type TemplateResult } from "lit";
import { live as liveValue } from "lit/directives/live.js";
import { NgElement } from "../element.ts";
import { amps, number, power, together } from "../format.ts";
import type { Fuse, Phases, SiteDocument } from "../types.ts";
import { t } from "../words/index.ts";
import { type PhaseFacts, carsBelow, phaseFacts } from "./phase.ts";
import { steady } from "./steady.ts";
import { Wishes } from "./wishes.ts";

const FUSE_PATH = "/api/v1/fuses/main", FUSE_MIN_A = 6;
const PHASES = ["L1", "L2", "L3"] as const;
const ESTIMATES = [
  "power_import_w", "power_export_w", "current_a", "voltage_v", "energy_import_wh", "energy_export_wh",
] as const;

/** Each phase as a bar against its fuse: what the house takes of it, what the cars do, what is left. */
export class Fuses extends NgElement {
  static override properties = { site: { attribute: false } };

  site: SiteDocument | null = null;
  readonly #wishes = new Wishes(() => this.requestUpdate());

  override render(): TemplateResult {
    const site = this.site, reading = site?.meter.reading ?? null;
    const fuses = site?.fuses.length ? site.fuses.map((fuse) => this.#newest(fuse)) : [noFuse(reading?.current_a)];
    const estimated = new Set(reading?.estimated ?? []);
    const main = site?.fuses[0] ? this.#newest(site.fuses[0]) : null, charging = (site?.chargers.length ?? 0) > 0;
    return html`
      ${fuses.map((fuse, index) => this.#fuse(fuse, index === 0 ? reading?.voltage_v ?? null : null, index, estimated))}
      ${main ? key(charging) : nothing}
      <p class="soft small fuse-estimated" data-field="estimated" ?hidden=${!estimated.size}>${t("now.estimated", {
        names: ESTIMATES.filter((name) => estimated.has(name)).map((name) => t(`now.name_${name}`)).join(", "),
      })}</p>
      ${main ? this.#control(main) : nothing}`;
  }

  override updated(): void {
    for (const part of this.querySelectorAll<HTMLElement>("[data-share]")) {
      const share = part.dataset["share"] ?? "0", begin = part.dataset["begin"];
      part.style.setProperty("width", `${Number(share) * 100}%`);
      if (begin !== undefined) part.style.setProperty("left", `${Number(begin) * 100}%`);
    }
  }

  #newest(fuse: Fuse): Fuse {
    if (fuse.under !== null) return fuse;
    return this.#wishes.newest(FUSE_PATH, fuse, (answer, told) => String(answer.rating_a) === String(told.rating_a));
  }

  #fuse(fuse: Fuse, voltage_v: Phases | null, index: number, estimated: ReadonlySet<string>): TemplateResult {
    const site = this.site, charging = (site?.chargers.length ?? 0) > 0;
    const cars_a = site && fuse.rating_a.length ? carsBelow(site, fuse) : [null, null, null];
    const silent = fuse.meter && !fuse.meter.fresh;
    return html`
      <section class="fuse" aria-label=${fuseName(fuse)}>
        <div class="head"><h2 class="wire" data-part="name">${fuseName(fuse)}</h2>
          <span class="soft wire" data-part="rating">${rating(fuse)}</span></div>
        ${silent
          ? html`<p class="warn wire">${t("now.sub_silent")}
            <span lang="en">${fuse.meter?.link_detail}</span></p>` : nothing}
        ${PHASES.map((name, phase) => {
          const facts = phaseFacts(fuse, phase, cars_a[phase] ?? null, charging && fuse.rating_a.length > 0);
          return this.#phase(name, facts, index === 0 ? voltage_v?.[phase] ?? null : undefined, estimated);
        })}
      </section>`;
  }

  /** `voltage_v` is undefined where no meter would tell it. */
  #phase(
    name: string, facts: PhaseFacts, voltage_v: number | null | undefined, estimated: ReadonlySet<string>,
  ): TemplateResult {
    const guessed = estimated.has("current_a") && facts.current_a !== null;
    const current = (guessed ? "≈" : "") + steady("current_a", facts.current_a, guessed ? 1 : 2);
    const share = (value_a: number): string => Math.max(0, Math.min(1, value_a / facts.scale_a)).toFixed(4);
    const house = share(facts.house_a), margin = facts.margin_from_a === null ? 1 : Number(share(facts.margin_from_a));
    const spoken = facts.current_a === null ? t("now.unknown")
      : [t("now.bar_value", { current, rating: number(facts.rating_a, 0, 1) }), facts.words].filter(Boolean).join(", ");
    return html`
      <div class="phase" data-tone=${facts.tone} data-estimated=${guessed ? "yes" : ""}>
        <div class="phase-line">
          <span class="phase-name">${name}</span>
          <span class="phase-amps"><span data-part="current">${current}</span> <small>A</small></span>
          <span class="phase-words" data-part="room">${facts.words}</span>
          ${voltage_v === undefined ? nothing : html`<span class="phase-volts" data-part="voltage">${
            voltage_v !== null && estimated.has("voltage_v") ? "≈" : ""}${steady("voltage_v", voltage_v, 1)} V</span>`}
        </div>
        <div class="bar" role="meter" aria-label=${t("now.bar", { phase: name })} aria-valuemin="0"
          aria-valuemax=${facts.scale_a} aria-valuenow=${Math.min(facts.current_a ?? 0, facts.scale_a)}
          aria-valuetext=${spoken}>
          <u data-share=${(1 - margin).toFixed(4)} data-begin=${margin.toFixed(4)}
            ?hidden=${facts.rating_a === null || margin >= 1}></u>
          <i class="bar-house" data-share=${house} data-begin="0" ?hidden=${facts.current_a === null}></i>
          <i class="bar-cars" data-share=${share(facts.cars_a)} data-begin=${house} ?hidden=${facts.cars_a <= 0}></i>
        </div>
      </div>`;
  }

  #control(fuse: Fuse): TemplateResult {
    const asked = this.#wishes.of(FUSE_PATH), most_a = Math.max(FUSE_MIN_A, ...fuse.setting_a);
    const rated_a = Math.max(...fuse.rating_a), now_a = rated_a < most_a ? rated_a : null;
    const wanted = asked.busy ? asked.wanted["rating_a"] ?? null : now_a;
    const length = Math.min(250, Math.floor(most_a) - FUSE_MIN_A + 1);
    const offered = Array.from({ length }, (_, step) => FUSE_MIN_A + step);
    return html`
      <details class="fuse-setting" data-field="fuse_control" aria-busy=${asked.busy}>
        <summary>${t("now.fuse_change")}</summary>
        <p class="soft small">${t("now.fuse_about", { setting: sameAmps(fuse.setting_a) })}</p>
        <label><span>${t("now.fuse_under")}</span>
          <select data-field="fuse_rating" @change=${this.#choose}>
            <option value="" .selected=${liveValue(wanted === null)}>${t("now.as_setting")}</option>
            ${offered.map((one_a) => html`
              <option value=${one_a} .selected=${liveValue(wanted === one_a)}>${amps(one_a)}</option>`)}
          </select></label>
        <p class="problem wire" role="alert" data-field="fuse_problem">${asked.problem}</p>
      </details>`;
  }

  #choose = (event: Event): void => {
    const { value } = event.target as HTMLSelectElement;
    void this.#wishes.ask(FUSE_PATH, "", { rating_a: value === "" ? null : Number(value) });
  };
}

/** What the parts of a bar are. */
function key(charging: boolean): TemplateResult {
  return html`<ul class="bar-key">
    <li><i></i>${t("now.key_house")}</li>
    ${charging ? html`<li><i class="bar-cars"></i>${t("now.key_cars")}</li>
      <li><i class="bar-margin"></i>${t("now.key_margin")}</li>` : nothing}
  </ul>`;
}

/** A house without a fuse set still has currents worth a picture. */
function noFuse(current_a: Phases | undefined): Fuse {
  const unknown: Phases = [null, null, null];
  return {
    name: "", under: null, rating_a: [] as unknown as Fuse["rating_a"], setting_a: [] as unknown as Fuse["setting_a"],
    power_max_w: null, current_a: current_a ?? unknown, other_a: unknown, left_a: unknown, meter: null,
  };
}

function fuseName({ name, under }: Fuse): string {
  if (name === "") return t("now.phases");
  if (name === "main" && under === null) return t("now.main_fuse");
  return t("now.sub_fuse", { name });
}

function rating(fuse: Fuse): string {
  if (!fuse.rating_a.length) return t("now.no_fuse");
  const words = [sameAmps(fuse.rating_a)];
  if (sameAmps(fuse.setting_a) !== words[0]) words.push(t("now.instead_of", { current: sameAmps(fuse.setting_a) }));
  if (fuse.power_max_w !== null) words.push(t("now.at_most", { power: together(power(fuse.power_max_w)) }));
  if (fuse.under && fuse.under !== "main") words.push(t("now.under", { name: fuse.under }));
  return words.join(", ");
}

function sameAmps(values_a: readonly number[]): string {
  const same = values_a.every((value) => value === values_a[0]);
  return same ? amps(values_a[0] ?? null) : `${values_a.map((value) => number(value, 0, 2)).join("/")}\u00a0A`;
}

customElements.define("ng-fuses", Fuses);
