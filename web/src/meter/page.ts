/** The meter: its last telegram value by value and as it came, how it is read, and what was refused. */

import { html, nothing, type TemplateResult } from "lit";
import { get, Problem } from "../api.ts";
import { NgPage } from "../element.ts";
import { ago, clock, number, UNKNOWN } from "../format.ts";
import { live } from "../live.ts";
import type { MeterState, SiteDocument } from "../types.ts";
import { zoned } from "../log/zone.ts";
import { type Key, t } from "../words/index.ts";
import { rawLines, rawText } from "./dump.ts";
import type { Refused, TelegramDocument, TelegramLine } from "./types.ts";
import { fieldName, linkName, meaning, reasonName, remedy, value } from "./words.ts";
import "./page.css";

const MAIN = "main";
const COPIED_MS = 2500;
const LINK_TONES: Readonly<Record<string, string>> = { up: "calm", lost: "over", silent: "near", ended: "near" };

class NgMeter extends NgPage {
  static override properties = {
    ...NgPage.properties,
    shown: { state: true },
    frozen: { state: true },
    problem: { state: true },
    copied: { state: true },
    pointed: { state: true },
    zone: { state: true },
  };

  declare shown: TelegramDocument | null;
  declare frozen: boolean;
  declare problem: string;
  declare copied: "" | "done" | "failed";
  /** The raw line that the pointer or the focus is at. */
  declare pointed: number | null;
  declare zone: string | undefined;

  #stop: (() => void) | null = null;
  #asked = "";
  #asking: AbortController | null = null;
  #at_ms = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.shown = null;
    this.frozen = false;
    this.problem = "";
    this.copied = "";
    this.pointed = null;
    this.zone = undefined;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stop = live.subscribe(() => this.#follow());
    void zoned().then((zone) => (this.zone = zone));
    this.#follow();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.();
    this.#asking?.abort();
    clearTimeout(this.#timer);
  }

  get #fuse(): string {
    return this.query.get("fuse") ?? MAIN;
  }

  /** Ask when the meter has sent something, or something of it was refused: never twice for the same. */
  #follow(): void {
    this.requestUpdate();
    const site = live.site;
    if (site === null || this.frozen || this.#asking !== null) return;
    const meter = meterOf(site, this.#fuse);
    const refused = Object.values(meter?.rejected ?? {}).reduce((sum, n) => sum + n, 0);
    const news = [live.returns, this.#fuse, meter?.telegrams, refused, meter?.link].join(" ");
    if (news === this.#asked) return;
    this.#asked = news;
    void this.#ask();
  }

  async #ask(): Promise<void> {
    const asking = (this.#asking = new AbortController());
    const fuse = this.#fuse;
    try {
      const parameters = { fuse: fuse === MAIN ? null : fuse };
      const shown = await get<TelegramDocument>("/api/v1/meter/telegram", parameters, asking.signal);
      if (!this.frozen && fuse === this.#fuse) {
        this.shown = shown;
        this.#at_ms = performance.now();
      }
      this.problem = "";
    } catch (error) {
      if (asking.signal.aborted) return;
      this.problem = error instanceof Problem && error.status ? error.detail : "";
      this.#asked = "";
    } finally {
      this.#asking = null;
    }
  }

  override render(): TemplateResult {
    return html`
      <div class="meter-head">
        <h1>${t("shell.meter")}</h1>
        ${this.#meters()}
        <span class="pill" data-field="telegram_age" data-tone=${this.#fresh ? "calm" : "near"}>${this.#age}</span>
        <button type="button" data-field="freeze" aria-pressed=${this.frozen} ?disabled=${this.#age_s === null}
          @click=${this.#freeze}>
          ${t("meter.freeze")}
        </button>
      </div>
      <p class="problem" role="alert">${this.problem}</p>
      ${this.shown === null ? html`<p class="soft">${t("shell.loading")}</p>` : this.#document(this.shown)}
    `;
  }

  #document(shown: TelegramDocument): TemplateResult {
    return html`
      <div class="meter-cards">
        <section class="card meter-values" aria-labelledby="meter-values">
          <div class="head">
            <h2 id="meter-values">${t("meter.values")}</h2>
            <span class="soft small" data-field="telegram_time">${this.#time(shown.received_at)}</span>
          </div>
          ${shown.lines.length ? this.#table(shown) : html`<p class="soft">${t("meter.nothing_yet")}</p>`}
        </section>
        <div class="meter-side">${this.#raw(shown)} ${this.#facts(shown)} ${this.#refusals(shown)}</div>
      </div>
    `;
  }

  #table(shown: TelegramDocument): TemplateResult {
    const raw = shown.binary ? [] : rawLines(shown.data, false).map((line) => line.content);
    return html`
      <table class="meter-table" role="table">
        <caption class="unseen">${t("meter.values_caption")}</caption>
        <thead role="rowgroup"><tr role="row">
          <th scope="col" role="columnheader">${t("meter.code")}</th>
          <th scope="col" role="columnheader">${t("meter.meaning")}</th>
          <th scope="col" role="columnheader" class="figure">${t("meter.value")}</th>
          <th scope="col" role="columnheader">${t("meter.sent")}</th>
        </tr></thead>
        <tbody data-field="lines" role="rowgroup">${shown.lines.map((line) => this.#row(line, raw))}</tbody>
      </table>
      ${shown.left_out ? html`<p class="soft small">${t("meter.left_out", { n: shown.left_out })}</p>` : nothing}
      <p class="meter-legend soft small">
        <span class="meter-used" aria-hidden="true"></span> ${t("meter.used_legend")}
        ${shown.derived.length ? t("meter.derived", { fields: shown.derived.map(fieldName).join(", ") }) : nothing}
      </p>
    `;
  }

  #row(line: TelegramLine, raw: readonly string[]): TemplateResult {
    const at = raw.findIndex((text) => text.startsWith(line.code + line.sent.slice(0, 40)));
    const point = (): void => void (this.pointed = at < 0 ? null : at);
    const leave = (): void => void (this.pointed = null);
    return html`
      <tr role="row" data-used=${line.used ? "yes" : "no"} @pointerenter=${point} @pointerleave=${leave}>
        <th scope="row" role="rowheader" class="mono wire">${line.code}</th>
        <td role="cell" class="meter-meaning">
          ${line.meaning === null ? html`<span class="soft">${t("meter.not_mapped")}</span>` : meaning(line.meaning)}
          ${line.used ? html`<span class="unseen">(${t("meter.used")})</span>` : nothing}
        </td>
        <td role="cell" class="figure ${line.unit ? "" : "meter-text wire"}">${value(line)}</td>
        <td role="cell" class="mono wire soft meter-sent">${line.sent}</td>
      </tr>
    `;
  }

  #raw(shown: TelegramDocument): TemplateResult {
    return html`
      <section class="card" aria-labelledby="meter-raw">
        <div class="head">
          <h2 id="meter-raw">${shown.binary ? t("meter.raw_bytes") : t("meter.raw")}</h2>
          <span class="soft small" data-field="telegram_len">${t("meter.bytes", { n: shown.len })}</span>
        </div>
        ${shown.data
          ? this.#lines(shown.data, shown.binary, "raw")
          : html`<p class="soft">${t("meter.nothing_yet")}</p>`}
        ${shown.opened ? html`
          <details class="meter-opened">
            <summary>${shown.ciphered ? t("meter.opened") : t("meter.joined")}</summary>
            ${this.#lines(shown.opened, !shown.opened.startsWith("/"), "opened")}
          </details>` : nothing}
        <div class="meter-copy">
          <button type="button" data-field="copy" ?disabled=${!shown.data} @click=${this.#copy}>
            ${t("meter.copy")}
          </button>
          <span role="status" class="small soft">
            ${this.copied === "done" ? t("meter.copied") : this.copied === "failed" ? t("meter.copy_failed") : ""}
          </span>
        </div>
        <p class="soft small">${t("meter.private")}</p>
      </section>
    `;
  }

  #lines(data: string, binary: boolean, field: string): TemplateResult {
    const pointed = field === "raw" ? this.pointed : null;
    return html`<div class="meter-raw mono" data-field=${field} data-binary=${binary ? "yes" : "no"}
      tabindex="0" role="group" aria-label=${t(field === "raw" ? "meter.raw" : "meter.opened")}
    >${rawLines(data, binary).map((line, at) => html`<div class=${at === pointed ? "meter-pointed" : ""}>${
      line.offset ? html`<i aria-hidden="true">${line.offset}</i>` : nothing
    }<span class="wire">${line.offset ? halves(line.content) : line.content || "\u00a0"}</span>${
      line.readable ? html`<b aria-hidden="true">${line.readable}</b>` : nothing
    }</div>`)}</div>`;
  }

  #facts(shown: TelegramDocument): TemplateResult {
    const known = shown.telegrams > 0;
    const row = (key: Key, field: string, text: string): TemplateResult =>
      html`<div><dt>${t(key)}</dt><dd class="wire" data-field=${field}>${text || UNKNOWN}</dd></div>`;
    return html`
      <section class="card" aria-labelledby="meter-facts">
        <div class="head">
          <h2 id="meter-facts">${t("meter.link")}</h2>
          <span class="pill" data-field="link" data-tone=${LINK_TONES[shown.link] ?? ""}>${linkName(shown.link)}</span>
        </div>
        ${shown.link_detail ? html`<p class="small wire meter-detail">${shown.link_detail}</p>` : nothing}
        <dl class="rows">
          ${row("meter.family", "family", shown.family || (shown.telegrams ? t("meter.no_family") : ""))}
          ${row("meter.maker", "vendor", [shown.vendor, shown.type].filter(Boolean).join(" "))}
          ${row("meter.id", "meter_id", shown.reading?.meter_id ?? "")}
          ${row("meter.ident", "ident", shown.reading?.ident ?? "")}
          ${row("meter.port", "port", shown.port)}
          ${row("meter.framing", "framing", shown.framing)}
          ${row("meter.dialect", "dialect", shown.dialect)}
          ${shown.line ? row("meter.line", "line", shown.line) : nothing}
          ${row("meter.cipher", "ciphered", known ? t(shown.ciphered ? "meter.ciphered" : "meter.plain") : "")}
          ${row("meter.check", "checked", known ? t(shown.checked ? "meter.checked" : "meter.unchecked") : "")}
          ${row("meter.telegrams", "telegrams", number(shown.telegrams))}
        </dl>
      </section>
    `;
  }

  #refusals(shown: TelegramDocument): TemplateResult {
    const reasons = Object.entries(shown.rejected).sort((one, other) => other[1] - one[1]);
    return html`
      <section class="card" aria-labelledby="meter-refused">
        <h2 id="meter-refused">${t("meter.refused")}</h2>
        ${reasons.length ? nothing : html`<p class="soft" data-field="none_refused">${t("meter.none_refused")}</p>`}
        <ul class="meter-reasons" data-field="rejected">
          ${reasons.map(([reason, count]) => html`
            <li data-reason=${reason}>
              <div><strong>${reasonName(reason)}</strong>
                <span class="pill">${t("meter.times", { n: count })}</span></div>
              <p class="small soft">${remedy(reason, shown.remedies[reason] ?? "")}</p>
            </li>`)}
        </ul>
        ${shown.refused ? this.#lastRefused(shown.refused) : nothing}
      </section>
    `;
  }

  #lastRefused(refused: Refused): TemplateResult {
    return html`
      <details class="meter-last" data-field="last_refused">
        <summary>${t("meter.last_refused")}</summary>
        <dl class="rows">
          <div><dt>${t("meter.when")}</dt><dd>${this.#time(refused.received_at)}</dd></div>
          <div><dt>${t("meter.why")}</dt><dd class="wire">${reasonName(refused.reason)}: ${refused.detail}</dd></div>
          <div><dt>${t("meter.size")}</dt><dd>${t("meter.bytes", { n: refused.len })}</dd></div>
        </dl>
        ${refused.opened ? this.#lines(refused.opened, !refused.opened.startsWith("/"), "refused_opened") : nothing}
        ${refused.lines.length ? html`
          <ul class="meter-refused-lines mono small">
            ${refused.lines.map((line) => html`<li class="wire">${line.code} ${line.sent}</li>`)}
          </ul>` : nothing}
      </details>
    `;
  }

  /** Which meter, where sub-fuses have their own. */
  #meters(): TemplateResult | typeof nothing {
    const fuses = (live.site?.fuses ?? []).filter((fuse) => fuse.meter !== null);
    if (!fuses.length) return nothing;
    const choose = (event: Event): void => {
      const fuse = (event.target as HTMLSelectElement).value;
      this.remember({ fuse: fuse === MAIN ? null : fuse });
      this.frozen = false;
      this.shown = null;
      this.#follow();
    };
    return html`<label><span class="unseen">${t("meter.which")}</span>
      <select data-field="fuse" @change=${choose}>
        <option value=${MAIN} ?selected=${this.#fuse === MAIN}>${t("meter.main")}</option>
        ${fuses.map(({ name }) => html`<option value=${name} ?selected=${this.#fuse === name}>${name}</option>`)}
      </select></label>`;
  }

  get #fresh(): boolean {
    const age_s = this.#age_s;
    return age_s !== null && age_s < 60 && !this.frozen;
  }

  get #age_s(): number | null {
    const age_s = this.shown?.age_s ?? null;
    return age_s === null ? null : age_s + (performance.now() - this.#at_ms) / 1000;
  }

  get #age(): string {
    const age_s = this.#age_s;
    if (age_s === null) return t("meter.no_telegram");
    return this.frozen ? t("meter.frozen", { age: ago(age_s) }) : ago(age_s);
  }

  #time(at: string | null): string {
    return at === null ? "" : clock(Date.parse(at), this.zone);
  }

  readonly #freeze = (): void => {
    this.frozen = !this.frozen;
    this.#asked = "";
    this.#follow();
  };

  readonly #copy = async (): Promise<void> => {
    const shown = this.shown;
    if (shown === null) return;
    this.copied = (await copy(rawText(shown.data, shown.binary))) ? "done" : "failed";
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (this.copied = ""), COPIED_MS);
  };
}

/** Sixteen bytes in two parts, between which a narrow window breaks. */
function halves(content: string): TemplateResult {
  const cut = 8 * 3;
  return html`<span>${content.slice(0, cut).trim()}</span> <span>${content.slice(cut)}</span>`;
}

/** A page by plain HTTP, as the box's is, has no clipboard of the newer kind. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "unseen";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

function meterOf(site: SiteDocument, fuse: string): MeterState | null {
  return fuse === MAIN ? site.meter : (site.fuses.find(({ name }) => name === fuse)?.meter ?? null);
}

customElements.define("ng-meter", NgMeter);
