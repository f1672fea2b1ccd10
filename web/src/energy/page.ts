/** Energy: what was taken, given and charged in a day, a week, a month, a year, or ever; and what it cost. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { address as link, Problem } from "../api.ts";
import { NgPage } from "../element.ts";
import { icon } from "../icons.ts";
import { live } from "../live.ts";
import type { Memory } from "../types.ts";
import { t } from "../words/index.ts";
import "./bars.ts";
import "./curve.ts";
import { isZone, localDay, readDay, type Day } from "./days.ts";
import { figures } from "./figures.ts";
import { rangeLabel } from "./labels.ts";
import { load, type View } from "./load.ts";
import { address, BYS, moved, opened, rangeOf, readRange, switched, type Range } from "./range.ts";
import { sessions } from "./sessions.ts";
import { table } from "./table.ts";
import "./page.css";

const REFRESH_MS = 60_000;
/** What is here sooner is not announced as being loaded. */
const SLOW_MS = 400;

/** The box's zone and first day, once it has told them; until then the reader's own zone has to do. */
let zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
let since_s: number | null = null;

class NgEnergy extends NgPage {
  static override properties = {
    ...NgPage.properties, view: { state: true }, problem: { state: true }, slow: { state: true }, turn: { state: true },
    all: { state: true },
  };

  private view: View | null = null;
  private problem: Problem | null = null;
  private slow = false;
  private turn = 0;
  /** Whether all sessions are shown, or the newest. */
  private all = false;
  #asked = "";
  #asking: AbortController | null = null;
  #refresh: ReturnType<typeof setInterval> | undefined;
  #end: (() => void) | null = null;
  #heard = "";

  override connectedCallback(): void {
    super.connectedCallback();
    this.#refresh = setInterval(() => this.#again(), REFRESH_MS);
    addEventListener("keydown", this.#key);
    addEventListener("beforeprint", this.#print);
    document.addEventListener("visibilitychange", this.#seen);
    this.#end = live.subscribe(() => this.#listen());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#refresh);
    removeEventListener("keydown", this.#key);
    removeEventListener("beforeprint", this.#print);
    document.removeEventListener("visibilitychange", this.#seen);
    this.#end?.();
    this.#asking?.abort();
    this.#asked = "";
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("query") && this.view && place(this.#range()) !== place(this.view.range)) this.all = false;
    if (changed.has("query") && place(this.#range()) !== this.#asked) void this.#load();
  }

  override render(): TemplateResult {
    const range = this.#range(), view = this.view;
    return html`
      <h1 class="unseen">${t("shell.energy")}</h1>
      ${this.#steps(range)}
      ${this.problem && !isExplained(this.problem) ? this.#failed(this.problem) : nothing}
      ${memory()}
      <div class="energy" aria-busy=${this.#asking !== null} data-field="energy"
        data-shown=${view ? place(view.range) : nothing} ?data-slow=${this.slow}>
        ${view ? this.#shown(view) : memoryState() === "off" ? nothing : waiting()}</div>`;
  }

  #steps(range: Range): TemplateResult {
    const today = this.#today(), earlier = moved(range, -1, today), later = moved(range, 1, today);
    const isAll = range.by === "all", asTable = this.#asTable();
    return html`<div class="steps">
      <nav class="bys" aria-label=${t("energy.ranges")}>${BYS.map((by) => html`
        <a href=${address(switched(range, by, today), asTable)} aria-current=${by === range.by ? "true"
          : nothing}>${t(`energy.by_${by}`)}</a>`)}</nav>
      <div class="which">
        <a class="button" data-field="earlier" href=${isAll ? nothing : address(earlier, asTable)}
          aria-disabled=${isAll || nothing}
          aria-label=${t("energy.earlier")}>‹</a>
        <h2 data-field="range" aria-live="polite">${rangeLabel(range)}</h2>
        <a class="button" data-field="later" href=${isAll || later.from > today ? nothing : address(later, asTable)}
          aria-disabled=${isAll || later.from > today || nothing} aria-label=${t("energy.later")}>›</a>
      </div>
      <div class="goto">
        <input type="date" data-field="date" aria-label=${t("energy.go_to")} .value=${range.by === "all" ? today
          : range.from} max=${today}
          ?disabled=${isAll} @change=${this.#pick}>
        <a class="button" data-field="today" href=${address(rangeOf(isAll ? "day" : range.by, today, today),
          asTable)}>${t("energy.today")}</a>
      </div>
    </div>`;
  }

  #shown(view: View): TemplateResult {
    const today = this.#today(), asTable = this.#asTable(), isDay = view.range.by === "day";
    const empty = view.bars.every(({ row }) => row === null) && !view.sessions.length;
    if (empty) return html`<section class="card empty" data-field="empty"><p>${nothingFor(view)}</p></section>`;
    const outlets = [...new Set([...view.sessions.map(({ outlet }) => outlet), ...present()])].sort();
    return html`
      ${figures(view)}
      <section class="card graph" aria-label=${t("energy.bars", { range: rangeLabel(view.range) })}>
        <div class="head"><h2>${t(`energy.each_${view.range.step}`)} <small class="soft">kWh</small></h2>
          <button type="button" class="small" data-field="as_table" aria-pressed=${asTable}
            @click=${this.#toggle}>${t("energy.as_table")}</button></div>
        ${asTable ? table(view, today) : html`<ng-energy-bars .view=${view}
          @ng-open=${(event: CustomEvent<number>) => this.#open(view, event.detail)}></ng-energy-bars>`}
      </section>
      ${isDay ? html`<section class="card graph">
        <ng-energy-curve .day=${view.range.from} .zone=${view.zone} .outlets=${outlets}
          .turn=${this.turn}></ng-energy-curve></section>` : nothing}
      <section class="card">${sessions(view, today, this.all, () => (this.all = true))}</section>
      ${files(view)}`;
  }

  #failed(problem: Problem): TemplateResult {
    return html`<div class="banner" data-tone="over" role="alert" data-field="problem">${icon("warning")}
      <strong>${t(problem.status === 0 ? "energy.no_answer" : "energy.refused")}</strong>
      ${problem.detail ? html`<p class="wire">${problem.detail}</p>` : nothing}
      <button type="button" @click=${() => void this.#load()}>${t("shell.retry")}</button></div>`;
  }

  #today(): Day {
    return localDay(now_s(), zone);
  }

  #range(): Range {
    const today = this.#today();
    return readRange(this.query, today, since_s === null ? null : localDay(since_s, zone));
  }

  #asTable(): boolean {
    return this.query.get("table") === "yes";
  }

  async #load(): Promise<void> {
    this.#asking?.abort();
    const asking = (this.#asking = new AbortController()), range = this.#range(), asked = zone, heard = told();
    this.#asked = place(range);
    const late = setTimeout(() => (this.slow = true), SLOW_MS);
    try {
      const view = await load(range, zone, now_s(), this.#today(), asking.signal);
      since_s = view.since_s;
      if (isZone(view.zone)) zone = view.zone;
      this.problem = null;
      // By the box's own clock the days are others, and all may begin in another year.
      if (zone !== asked || place(this.#range()) !== this.#asked) return void this.#load();
      this.view = { ...view, zone };
      this.turn += 1;
    } catch (error) {
      if (asking.signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      // What was asked before the memory was there, or the box was back, is asked once more.
      if (heard !== told() && canTell()) return void this.#load();
      this.problem = error;
    } finally {
      clearTimeout(late);
      if (this.#asking === asking) {
        this.#asking = null;
        this.slow = false;
        this.requestUpdate();
      }
    }
  }

  /** Once more where the range still runs, or nothing came. */
  #again(): void {
    if (document.hidden || this.#asking) return;
    if (this.problem || !this.view || this.#range().to >= this.#today()
      || place(this.#range()) !== this.#asked) void this.#load();
  }

  #seen = (): void => this.#again();

  /** Paper has no button for more. */
  #print = (): void => {
    this.all = true;
    this.performUpdate();
  };

  /** The memory may come up, and the box may come back. */
  #listen(): void {
    const heard = told();
    if (heard === this.#heard) return;
    const isFirst = this.#heard === "";
    this.#heard = heard;
    this.requestUpdate();
    if (!isFirst || (this.problem && canTell())) this.#again();
  }

  #go(range: Range): void {
    const place = address(range, this.#asTable());
    location.hash = place;
    // At once, for keys that are pressed faster than the shell tells.
    this.query = new URLSearchParams(place.split("?")[1]);
  }

  #open(view: View, index: number): void {
    const slot = view.bars[index]?.slot;
    if (!slot) return;
    const range = opened(view.range, slot, this.#today());
    if (range) return this.#go(range);
    this.querySelector("ng-energy-curve")?.zoom([slot.from_s, slot.to_s]);
  }

  #toggle = (): void => this.remember({ table: this.#asTable() ? null : "yes" });

  #pick = (event: Event): void => {
    const day = readDay((event.target as HTMLInputElement).value);
    if (day) this.#go(rangeOf(this.#range().by, day, this.#today()));
  };

  #key = (event: KeyboardEvent): void => {
    const by = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    const busy = event.target instanceof Element
      && event.target.closest("input, select, textarea, [role=slider], .scroll");
    if (!by || busy || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey
      || event.shiftKey) return;
    const range = moved(this.#range(), by, this.#today());
    if (range.by === "all" || range.from > this.#today()) return;
    event.preventDefault();
    this.#go(range);
  };
}

/** Now by the box's clock, which the reader's need not agree with. */
function now_s(): number {
  const told_ms = Date.parse(live.site?.time ?? "");
  return (Number.isNaN(told_ms) ? Date.now() : told_ms + live.age_ms) / 1000;
}

function place(range: Range): string {
  return `${range.by} ${range.from} ${range.to}`;
}

/** Outlets that the box has now. */
function present(): string[] {
  return (live.site?.chargers ?? []).flatMap(({ outlets }) => outlets.map(({ serial, id }) => `${serial}/${id}`));
}

function memoryState(): Memory["state"] {
  return live.site?.memory?.state ?? "up";
}

/** Whether a refusal may be over by now. */
function canTell(): boolean {
  return memoryState() !== "off" && memoryState() !== "starting";
}

/** What moves when the memory or the box comes and goes. */
function told(): string {
  return `${live.site?.memory?.state} ${live.site?.memory?.detail} ${live.returns}`;
}

/** Whether a refusal is only what the memory's own words say. */
function isExplained(problem: Problem): boolean {
  return problem.status === 503 && !canTell();
}

function memory(): TemplateResult | typeof nothing {
  const state = memoryState(), detail = live.site?.memory?.detail ?? "";
  if (state === "up") return nothing;
  return html`<div class="banner" data-tone=${state === "failing" ? "over" : "near"} role="status"
    data-field="memory">${icon("disk")}
    <strong>${t(`energy.memory_${state}`)}</strong>${detail ? html`<p class="wire">${detail}</p>` : nothing}</div>`;
}

function nothingFor(view: View): string {
  if (view.since_s === null) return t("energy.nothing_yet");
  const last = view.bars[view.bars.length - 1];
  if (view.bars[0] && view.bars[0].slot.from_s > view.now_s) return t("energy.not_begun");
  if (last && last.slot.to_s <= view.since_s) return t("energy.before_all");
  return t(`energy.empty_${view.range.by}`);
}

function files({ range }: View): TemplateResult {
  const file = (what: string, words: string): TemplateResult => html`
    <li><a download data-field=${`csv_${what}`} href=${link("/api/v1/export", { from: range.from, to: range.to,
      format: "csv", what })}>${words}</a></li>`;
  return html`<section class="card files"><h2>${t("energy.files")}</h2><ul>
    ${file("hours", t("energy.csv_hours"))}${file("days", t("energy.csv_days"))}${file("sessions",
      t("energy.csv_sessions"))}</ul></section>`;
}

/** What will be there, in its place, so that nothing jumps. */
function waiting(): TemplateResult {
  return html`<div class="figures" aria-hidden="true">
      <div class="card ghost"></div><div class="card ghost"></div><div class="card ghost"></div></div>
    <section class="card ghost graph"><p class="unseen" role="status">${t("shell.loading")}</p></section>`;
}

customElements.define("ng-energy", NgEnergy);
