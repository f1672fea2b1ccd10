/** The log: what happened, the newest first, with filters; and why it was as it was at any moment. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { get, Problem } from "../api.ts";
import { NgPage } from "../element.ts";
import { clock, date, fromDay, toDay } from "../format.ts";
import { icon } from "../icons.ts";
import { live } from "../live.ts";
import type { Charger, Entry, Why } from "../types.ts";
import { t } from "../words/index.ts";
import { GROUP_NAMES, type Group, GROUPS, outletName, say } from "./entries.ts";
import { Feed, type Filters, told } from "./feed.ts";
import { answer } from "./why.ts";
import { zoned } from "./zone.ts";
import "./page.css";

class NgLog extends NgPage {
  static override properties = {
    ...NgPage.properties,
    why: { state: true },
    whyProblem: { state: true },
    zone: { state: true },
  };

  declare why: Why | null;
  declare whyProblem: string;
  declare zone: string | undefined;

  #stop: (() => void) | null = null;
  readonly #feed = new Feed(() => void this.#drawn());
  #whyAsking: AbortController | null = null;
  #asked = "";
  #askedWhy: string | null = null;
  #end: IntersectionObserver | null = null;
  #watched: Element | null = null;

  constructor() {
    super();
    this.why = null;
    this.whyProblem = "";
    this.zone = undefined;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stop = live.subscribe(() => {
      this.requestUpdate();
      this.#feed.follow();
    });
    this.#end = new IntersectionObserver((seen) => {
      if (seen.some((one) => one.isIntersecting)) void this.#feed.older();
    }, { rootMargin: "600px" });
    void zoned().then((zone) => (this.zone = zone));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.();
    this.#end?.disconnect();
    this.#watched = null;
    this.#feed.stop();
    this.#whyAsking?.abort();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has("query")) return;
    const filters = JSON.stringify(this.#filters());
    if (filters !== this.#asked) {
      this.#asked = filters;
      this.#feed.begin(this.#filters());
    }
    const at = this.query.get("at") || null;
    if (at !== this.#askedWhy) {
      this.#askedWhy = at;
      void this.#ask(at);
    }
  }

  protected override updated(): void {
    const end = this.querySelector(".log-end");
    if (end === this.#watched) return;
    if (this.#watched) this.#end?.unobserve(this.#watched);
    if (end) this.#end?.observe(end);
    this.#watched = end;
  }

  get #group(): Group | null {
    const asked = this.query.get("kind");
    return GROUP_NAMES.find((name) => name === asked) ?? null;
  }

  #filters(): Filters {
    const day = this.query.get("day");
    const group = this.#group;
    return {
      kinds: group === null ? null : GROUPS[group].join(","),
      subject: this.query.get("outlet"),
      from: day === null ? null : `${day}T00:00:00`,
      to: day === null ? null : `${next(day)}T00:00:00`,
    };
  }

  /** After the feed has changed: its end may be in sight still, and an observer tells changes only. */
  async #drawn(): Promise<void> {
    this.requestUpdate();
    await this.updateComplete;
    if (!this.#watched) return;
    this.#end?.unobserve(this.#watched);
    this.#end?.observe(this.#watched);
  }

  async #ask(at: string | null): Promise<void> {
    this.#whyAsking?.abort();
    this.why = null;
    this.whyProblem = "";
    if (at === null) return;
    const asking = (this.#whyAsking = new AbortController());
    try {
      this.why = await get<Why>("/api/v1/why", { at }, asking.signal);
    } catch (error) {
      if (asking.signal.aborted) return;
      this.whyProblem = error instanceof Problem && error.status === 422 ? t("log.why_no_moment") : told(error);
    }
  }

  override render(): TemplateResult {
    return html`
      <h1 class="log-head">${t("shell.log")}</h1>
      <div class="log-cards">
        <section class="card log-why" aria-labelledby="log-why">${this.#why()}</section>
        <section class="card" aria-label=${t("shell.log")}>
          ${this.#chosen()}
          <p class="problem" role="alert">${this.#feed.problem}</p>
          ${this.#list()}
        </section>
      </div>
    `;
  }

  #chosen(): TemplateResult {
    const chargers = this.#chargers;
    const outlet = this.query.get("outlet");
    const outlets = chargers.flatMap(({ serial, outlets: of }) => of.map(({ id }) => `${serial}/${id}`));
    if (outlet !== null && !outlets.includes(outlet)) outlets.push(outlet);
    const group = this.#group;
    const chip = (name: Group | null): TemplateResult => html`
      <button type="button" data-kind=${name ?? "all"} aria-pressed=${group === name}
        @click=${() => this.remember({ kind: name })}>
        ${t(name === null ? "log.all" : `log.g_${name}`)}
      </button>`;
    return html`
      <div class="log-filters">
        <div class="log-chips" role="group" aria-label=${t("log.kinds")}>${chip(null)}${GROUP_NAMES.map(chip)}</div>
        <label><span>${t("log.which_outlet")}</span>
          <select data-field="outlet" .value=${outlet ?? ""}
            @change=${(event: Event) => this.remember({ outlet: chosenValue(event) })}>
            <option value="">${t("log.all_outlets")}</option>
            ${outlets.map((series) => html`
              <option value=${series} ?selected=${series === outlet}>${outletName(series, chargers)}</option>`)}
          </select></label>
        <label><span>${t("log.day")}</span>
          <input type="date" data-field="day" .value=${this.query.get("day") ?? ""} max=${toDay(Date.now(), this.zone)}
            @change=${(event: Event) => this.remember({ day: chosenValue(event) })}></label>
      </div>
    `;
  }

  #list(): TemplateResult {
    const { entries, more, isFull, problem } = this.#feed;
    if (entries === null) return html`<p class="soft" role="status">${t("shell.loading")}</p>`;
    if (!entries.length) {
      return html`<p class="soft" role="status" data-field="none">${problem ? "" : t("log.none")}</p>`;
    }
    const days = grouped(entries, (entry) => this.#day(entry));
    return html`
      <div class="log-days" data-field="entries">
        ${repeat([...days], ([day]) => day, ([day, of]) => html`
          <section aria-label=${longDay(day)}>
            <h2>${longDay(day)}</h2>
            <ol>${repeat(of, ({ seq }) => seq, (entry) => this.#entry(entry))}</ol>
          </section>`)}
      </div>
      <div class="log-end">
        ${more && !isFull
          ? html`<button type="button" data-field="more" @click=${() => void this.#feed.older()}>
              ${t("log.older")}
            </button>`
          : html`<p class="soft small" data-field="end">${t(more ? "log.too_many" : "log.end")}</p>`}
      </div>
    `;
  }

  #entry(entry: Entry): TemplateResult {
    const said = say(entry, this.#chargers);
    const time = clock(Date.parse(entry.time), this.zone);
    return html`
      <li data-seq=${entry.seq} data-kind=${entry.kind}>
        <button type="button" class="log-entry" @click=${() => this.#look(entry.time)} title=${t("log.why_then")}>
          <time datetime=${entry.time}>${time}</time>
          <span class="log-icon" data-tone=${said.tone}>${icon(said.icon)}</span>
          <span class="log-said">
            <span class="log-title wire">${said.title}</span>
            ${said.subject ? html`<span class="log-subject wire">${said.subject}</span>` : nothing}
            ${said.detail ? html`<span class="log-detail wire">${said.detail}</span>` : nothing}
          </span>
        </button>
      </li>
    `;
  }

  #why(): TemplateResult {
    const at = this.query.get("at") || null;
    const fuse = live.site?.fuses[0] ?? null;
    return html`
      <div class="head"><h2 id="log-why">${t("log.why_title")}</h2></div>
      <form class="why-form" @submit=${this.#submit}>
        <label><span>${t("log.why_when")}</span>
          <input type="datetime-local" step="1" name="at" required data-field="why_at"
            .value=${this.#local(at)}></label>
        <button type="submit" data-field="why_ask">${t("log.why_ask")}</button>
        ${at === null ? nothing : html`
          <button type="button" data-field="why_close" @click=${() => this.remember({ at: null })}>
            ${t("log.why_close")}
          </button>`}
      </form>
      <p class="problem" role="alert">${this.whyProblem}</p>
      <div class="why-answer" aria-live="polite" tabindex="-1">
        ${this.why !== null
          ? [answer(this.why, { chargers: this.#chargers, fuse, zone: this.zone }), this.#around(this.why)]
          : html`<p class="soft small">
              ${at === null ? t("log.why_hint") : this.whyProblem ? "" : t("shell.loading")}
            </p>`}
      </div>
    `;
  }

  #around(why: Why): TemplateResult | typeof nothing {
    if (!why.entries.length) return nothing;
    const open = why.entries.length <= 6;
    return html`
      <details class="why-around" ?open=${open}>
        <summary>${t("log.why_around", { n: why.entries.length })}</summary>
        <ol data-field="why_entries">${why.entries.map((entry) => this.#entry(entry))}</ol>
      </details>
    `;
  }

  #look(at: string): void {
    this.remember({ at });
    const place = this.querySelector<HTMLElement>(".why-answer");
    place?.focus({ preventScroll: true });
    this.querySelector(".log-why")?.scrollIntoView({ block: "start" });
  }

  readonly #submit = (event: Event): void => {
    event.preventDefault();
    const at = new FormData(event.target as HTMLFormElement).get("at");
    // Without an offset: the box takes it for its own local time, as it is shown.
    if (typeof at === "string" && at) this.remember({ at });
  };

  get #chargers(): readonly Charger[] {
    return live.site?.chargers ?? [];
  }

  #day(entry: Entry): string {
    return toDay(Date.parse(entry.time), this.zone);
  }

  /** A moment as the field for date and time has it, in the box's zone. */
  #local(at: string | null): string {
    if (at === null) return "";
    if (!/(Z|[+-]\d\d:?\d\d)$/.test(at) && !/^\d+(\.\d+)?$/.test(at)) return at;
    const at_ms = /^\d+(\.\d+)?$/.test(at) ? Number(at) * 1000 : Date.parse(at);
    return Number.isNaN(at_ms) ? "" : `${toDay(at_ms, this.zone)}T${clock(at_ms, this.zone)}`;
  }
}

function chosenValue(event: Event): string | null {
  return (event.target as HTMLInputElement | HTMLSelectElement).value || null;
}

/** The local date behind another. */
function next(day: string): string {
  const at = fromDay(day);
  at.setUTCDate(at.getUTCDate() + 1);
  return Number.isNaN(at.getTime()) ? day : at.toISOString().slice(0, 10);
}

function longDay(day: string): string {
  const options = { weekday: "long", day: "numeric", month: "long", year: "numeric" } as const;
  return date(fromDay(day), options, "UTC");
}

function grouped(entries: readonly Entry[], by: (entry: Entry) => string): Map<string, Entry[]> {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const name = by(entry);
    const group = groups.get(name);
    if (group) group.push(entry);
    else groups.set(name, [entry]);
  }
  return groups;
}

customElements.define("ng-log", NgLog);
