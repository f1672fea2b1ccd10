/** The power of one day as a curve; whoever zooms in gets finer rows. */

import { html, nothing, svg, type PropertyValues, type SVGTemplateResult, type TemplateResult } from "lit";
import { Problem } from "../api.ts";
import { NgElement } from "../element.ts";
import { clock, hourMinute, number, power as watts, together, UNKNOWN } from "../format.ts";
import { t } from "../words/index.ts";
import { dayStart, addDays, type Day } from "./days.ts";
import { nearest, power, type Lines, type Power } from "./power.ts";
import { scale, tickDigits } from "./scale.ts";

const HEIGHT_PX = 220;
const TOP_PX = 10;
const BOTTOM_PX = 24;
const LEFT_PX = 40;
const LABEL_PX = 52;
const SPAN_MIN_S = 300;
/** A drag shorter than this is a tap. */
const DRAG_PX = 10;
const TICKS_S = [10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600];

type Span = readonly [from_s: number, to_s: number];

export class EnergyCurve extends NgElement {
  static override properties = {
    day: { attribute: false }, zone: { attribute: false }, outlets: { attribute: false }, turn: { attribute: false },
    data: { state: true }, failed: { state: true }, zoomed: { state: true }, at: { state: true },
    width: { state: true }, marked: { state: true }, busy: { state: true },
  };

  day: Day = "";
  zone = "UTC";
  outlets: readonly string[] = [];
  /** Another number asks again: the day goes on. */
  turn = 0;
  private data: Power | null = null;
  private failed = false;
  private busy = false;
  private zoomed: Span | null = null;
  /** Moment that is read out. */
  private at: number | null = null;
  private width = 0;
  /** Pixels between which somebody drags. */
  private marked: readonly [number, number] | null = null;
  private asking: AbortController | null = null;
  private readonly sized = new ResizeObserver(([entry]) => {
    this.width = Math.round(entry?.contentRect.width ?? 0);
  });

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sized.disconnect();
    this.asking?.abort();
  }

  /** Show a part of the day, or all of it. */
  zoom(span: Span | null): void {
    const whole = this.whole();
    if (span) {
      const middle = (span[0] + span[1]) / 2, half = Math.max(span[1] - span[0], SPAN_MIN_S) / 2;
      const from = Math.max(whole[0], Math.min(middle - half, whole[1] - 2 * half));
      const to = Math.min(whole[1], from + 2 * half);
      span = from <= whole[0] && to >= whole[1] ? null : [Math.round(from), Math.round(to)];
    }
    this.zoomed = span;
    this.at = null;
    void this.load();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("day") || changed.has("zone")) {
      this.zoomed = this.at = null;
      this.data = null;
    }
    if (changed.has("day") || changed.has("zone") || changed.has("turn") || this.isOther(changed)) void this.load();
  }

  protected override firstUpdated(): void {
    const place = this.querySelector(".curve");
    if (place) this.sized.observe(place);
  }

  override render(): TemplateResult {
    const span = this.span(), length_s = span[1] - span[0];
    return html`
      <div class="head"><h2>${t("energy.power")}</h2>
        <div class="zoom" role="group" aria-label=${t("energy.zoom")}>
          <button type="button" ?disabled=${!this.zoomed} aria-label=${t("energy.zoom_earlier")}
            @click=${() => this.shift(-0.5)}>‹</button>
          <button type="button" ?disabled=${!this.zoomed} aria-label=${t("energy.zoom_out")}
            @click=${() => this.about(2)}>−</button>
          <button type="button" ?disabled=${length_s <= SPAN_MIN_S} aria-label=${t("energy.zoom_in")}
            @click=${() => this.about(0.5)}>+</button>
          <button type="button" ?disabled=${!this.zoomed} aria-label=${t("energy.zoom_later")}
            @click=${() => this.shift(0.5)}>›</button>
          <button type="button" data-field="zoom_all" ?disabled=${!this.zoomed}
            @click=${() => this.zoom(null)}>${t("energy.zoom_all")}</button>
        </div></div>
      ${this.readout(span)}
      <div class="curve" data-field="curve" role="slider" tabindex="0" aria-label=${t("energy.power")}
        aria-description=${t("energy.curve_keys")} aria-valuemin=${span[0]} aria-valuemax=${span[1]}
        aria-valuenow=${this.at ?? span[0]} aria-valuetext=${this.spoken()} aria-busy=${this.busy}
        data-step=${this.data?.step_s ?? nothing} data-from=${span[0]} data-to=${span[1]}
        @keydown=${this.key} @pointermove=${this.move} @pointerdown=${this.press} @pointerup=${this.release}
        @pointercancel=${this.cancel} @pointerleave=${this.leave} @dblclick=${() => this.zoom(null)}>
        ${this.width ? this.drawn(span) : nothing}</div>
      ${this.failed ? html`<p class="problem" role="alert">${t("energy.curve_failed")}
        <button type="button" class="small" @click=${() => void this.load()}>${t("shell.retry")}</button></p>`
          : nothing}`;
  }

  private isOther(changed: PropertyValues<this>): boolean {
    return changed.has("outlets") && String(changed.get("outlets")) !== String(this.outlets);
  }

  private whole(): Span {
    return this.day ? [dayStart(this.day, this.zone), dayStart(addDays(this.day, 1), this.zone)] : [0, 1];
  }

  private span(): Span {
    return this.zoomed ?? this.whole();
  }

  private async load(): Promise<void> {
    if (!this.day) return;
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    this.busy = true;
    try {
      this.data = await power(...this.span(), this.outlets, asking.signal);
      this.failed = false;
    } catch (error) {
      if (asking.signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      this.failed = true;
    }
    if (this.asking === asking) this.busy = false;
  }

  private readout(span: Span): TemplateResult {
    const index = this.index();
    const named = (kind: string, name: string, value: number | null | undefined): TemplateResult =>
      html`<li><i data-kind=${kind}></i><span>${name}</span> <b data-part=${kind}>${index === null ? ""
        : watt(value)}</b></li>`;
    const when = index === null && !this.zoomed ? t("energy.zoom_all") : index === null
      ? `${hourMinute(span[0] * 1000, this.zone)}–${hourMinute(span[1] * 1000, this.zone)}`
      : clock(this.data!.t[index]! * 1000, this.zone);
    const data = this.data;
    return html`<div class="readout" data-field="power_readout">
      <p><strong data-part="label">${when}</strong></p>
      <ul>${named("import", t("energy.import"), index === null ? null : data?.import.mean[index])}
        ${data?.cars ? named("charged", t("energy.cars"), index === null ? null : data.cars[index]) : nothing}
        ${named("export", t("energy.export"), index === null ? null : data?.export.mean[index])}</ul></div>`;
  }

  private spoken(): string {
    const index = this.index(), data = this.data;
    if (index === null || !data) return t("energy.power_all");
    const cars = data.cars ? `, ${t("energy.cars")} ${watt(data.cars[index])}` : "";
    return `${clock(data.t[index]! * 1000, this.zone)}: ${t("energy.import")} ${watt(data.import.mean[index])}, `
      + `${t("energy.export")} ${watt(data.export.mean[index])}${cars}`;
  }

  private index(): number | null {
    return this.at === null || !this.data?.t.length ? null : nearest(this.data.t, this.at);
  }

  private drawn(span: Span): TemplateResult {
    const data = this.data, right = this.width;
    const x = (at_s: number): number => LEFT_PX + ((at_s - span[0]) / (span[1] - span[0])) * (right - LEFT_PX);
    const isSeen = (at_s: number): boolean => at_s + (data?.step_s ?? 0) > span[0] && at_s < span[1];
    const seen = data?.t.map((at_s, index) => (isSeen(at_s) ? index : -1)).filter((index) => index >= 0) ?? [];
    const most = (columns: readonly (readonly (number | null)[])[]): number =>
      Math.max(0, ...columns.map((column) => seen.reduce((top, index) => Math.max(top, column[index] ?? 0), 0))) / 1000;
    const axis = scale(-most(data ? [data.export.max] : []), most(data ? [data.import.max, data.cars ?? []] : []),
      TOP_PX, HEIGHT_PX - BOTTOM_PX, 4);
    const digits = tickDigits(axis.ticks), y = (w: number): number => axis.place(w / 1000);
    const both = data ? path(data.t, net(data), data.step_s, x, y) : "";
    const cursor = this.index(), given = axis.ticks[0]! < 0;
    return html`<svg width=${right} height=${HEIGHT_PX} viewBox="0 0 ${right} ${HEIGHT_PX}" aria-hidden="true">
      <defs><clipPath id="energy-curve"><rect x=${LEFT_PX} y="0" width=${Math.max(0, right - LEFT_PX)}
        height=${HEIGHT_PX}></rect></clipPath>
        <clipPath id="energy-up"><rect x="0" y="0" width=${right}
          height=${axis.place(0) + (given ? 0 : 2)}></rect></clipPath>
        <clipPath id="energy-down"><rect x="0" y=${axis.place(0)} width=${right}
          height=${HEIGHT_PX}></rect></clipPath></defs>
      ${axis.ticks.map((tick) => svg`
        <line class=${tick === 0 ? "zero" : "tick"} x1=${LEFT_PX} x2=${right} y1=${axis.place(tick)}
          y2=${axis.place(tick)}></line>
        <text class="value" x=${LEFT_PX - 8} y=${axis.place(tick) + 4}>${number(Math.abs(tick), digits)}</text>`)}
      ${this.times(span, x)}
      <g clip-path="url(#energy-curve)">
        ${data ? [
          drawn("import", data, data.import, x, y),
          given ? drawn("export", data, data.export, x, (w) => y(-w)) : nothing,
          svg`<path class="import line" clip-path="url(#energy-up)" d=${both}></path>`,
          given ? svg`<path class="export line" clip-path="url(#energy-down)" d=${both}></path>` : nothing,
          data.cars ? svg`<path class="charged line" d=${path(data.t, data.cars, data.step_s, x, y)}></path>`
            : nothing] : nothing}
        ${cursor === null || !data ? nothing : this.cursor(data, cursor, x, y)}
        ${this.marked ? svg`<rect class="mark" x=${Math.min(...this.marked)} y=${TOP_PX}
          width=${Math.abs(this.marked[1] - this.marked[0])} height=${HEIGHT_PX - TOP_PX - BOTTOM_PX}></rect>`
            : nothing}
      </g></svg>`;
  }

  private times(span: Span, x: (at_s: number) => number): SVGTemplateResult[] {
    const most = Math.max(2, (this.width - LEFT_PX) / LABEL_PX), whole = this.whole();
    const step_s = TICKS_S.find((one) => (span[1] - span[0]) / one <= most) ?? TICKS_S[TICKS_S.length - 1]!;
    const count = Math.floor((span[1] - whole[0]) / step_s);
    // From the day's begin by elapsed time: on the day of a clock change labels move by the hour, as the clock did.
    return Array.from({ length: count + 1 }, (_, index) => whole[0] + index * step_s)
      .filter((at_s) => at_s >= span[0] && x(at_s) < this.width - 12)
      .map((at_s) => svg`<text class="name" x=${Math.max(x(at_s), LEFT_PX + 14)} y=${HEIGHT_PX - 7}>${
        step_s < 60 ? clock(at_s * 1000, this.zone) : hourMinute(at_s * 1000, this.zone)}</text>`);
  }

  private cursor(data: Power, index: number, x: (at_s: number) => number, y: (w: number) => number): SVGTemplateResult {
    const at = x(data.t[index]! + data.step_s / 2);
    const dot = (kind: string, value: number | null | undefined): SVGTemplateResult | typeof nothing =>
      value === null || value === undefined ? nothing : svg`<circle class=${kind} cx=${at} cy=${y(value)}
        r="4"></circle>`;
    const given = data.export.mean[index];
    return svg`<line class="cursor" x1=${at} x2=${at} y1=${TOP_PX} y2=${HEIGHT_PX - BOTTOM_PX}></line>
      ${dot("import", data.import.mean[index])}${given ? dot("export", -given) : nothing}${dot("charged",
        data.cars?.[index])}`;
  }

  private px(event: PointerEvent): number {
    const left = this.querySelector(".curve")?.getBoundingClientRect().left ?? 0;
    return Math.min(this.width, Math.max(LEFT_PX, event.clientX - left));
  }

  private moment(px: number): number {
    const span = this.span();
    return span[0] + ((px - LEFT_PX) / Math.max(1, this.width - LEFT_PX)) * (span[1] - span[0]);
  }

  private press = (event: PointerEvent): void => {
    if (event.button) return;
    const px = this.px(event);
    this.marked = [px, px];
    this.at = this.moment(px);
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
  };

  private move = (event: PointerEvent): void => {
    const px = this.px(event);
    if (this.marked) this.marked = [this.marked[0], px];
    this.at = this.moment(px);
  };

  private release = (): void => {
    const marked = this.marked;
    this.marked = null;
    if (!marked || Math.abs(marked[1] - marked[0]) < DRAG_PX) return;
    this.zoom([this.moment(Math.min(...marked)), this.moment(Math.max(...marked))]);
  };

  private cancel = (): void => {
    this.marked = null;
  };

  private leave = (event: PointerEvent): void => {
    if (event.pointerType !== "touch" && !this.querySelector(".curve:focus-visible")) this.at = null;
  };

  private key = (event: KeyboardEvent): void => {
    const data = this.data, span = this.span();
    if (event.ctrlKey || event.metaKey || event.altKey || !data?.t.length) return;
    const step_s = Math.max(data.step_s, (span[1] - span[0]) / 200) * (event.shiftKey ? 10 : 1);
    const to = (at_s: number): void => {
      this.at = Math.min(span[1] - 1, Math.max(span[0], at_s));
    };
    if (event.key === "ArrowLeft" || event.key === "ArrowDown") to((this.at ?? span[1]) - step_s);
    else if (event.key === "ArrowRight" || event.key === "ArrowUp") to((this.at ?? span[0]) + step_s);
    else if (event.key === "Home") to(span[0]);
    else if (event.key === "End") to(span[1]);
    else if (event.key === "+") this.about(0.5);
    else if (event.key === "-") this.about(2);
    else if (event.key === "Escape") this.zoom(null);
    else return;
    event.preventDefault();
  };

  private about(factor: number): void {
    const span = this.span(), middle = this.at ?? (span[0] + span[1]) / 2;
    this.zoom([middle - (middle - span[0]) * factor, middle + (span[1] - middle) * factor]);
  }

  private shift(share: number): void {
    const span = this.span(), by = (span[1] - span[0]) * share;
    this.zoom([span[0] + by, span[1] + by]);
  }
}

function watt(value: number | null | undefined): string {
  return value === null || value === undefined ? UNKNOWN : together(watts(value));
}

/** Import less export: one line through zero, in two colours. */
function net(data: Power): Column {
  return data.t.map((_at, index) => {
    const taken = data.import.mean[index] ?? null, given = data.export.mean[index] ?? null;
    return taken === null && given === null ? null : (taken ?? 0) - (given ?? 0);
  });
}

/** How far one direction moved, and what it was in the mean. */
function drawn(
  kind: string, data: Power, lines: Lines, x: (at_s: number) => number, y: (w: number) => number,
): SVGTemplateResult {
  return svg`
    <path class="${kind} band" d=${band(data.t, lines.min, lines.max, data.step_s, x, y)}></path>
    <path class="${kind} area" d=${band(data.t, lines.mean.map((one) => (one === null ? null : 0)), lines.mean,
      data.step_s, x, y)}></path>`;
}

type Column = readonly (number | null)[];

/** Pieces without a gap, as indices from and to. */
function pieces(t: readonly number[], column: Column, step_s: number): [number, number][] {
  const found: [number, number][] = [];
  t.forEach((at_s, index) => {
    if (column[index] === null || column[index] === undefined) return;
    const last = found[found.length - 1];
    if (last && last[1] === index - 1 && at_s - t[index - 1]! <= 1.5 * step_s) last[1] = index;
    else found.push([index, index]);
  });
  return found;
}

/** Steps: each row holds for as long as it is. */
function path(
  t: readonly number[], column: Column, step_s: number, x: (s: number) => number, y: (w: number) => number,
): string {
  const line = (from: number, to: number): string => outline(t, column, from, to, step_s, x, y).join("L");
  return pieces(t, column, step_s).map(([from, to]) => `M${line(from, to)}`).join("");
}

function band(
  t: readonly number[], low: Column, high: Column, step_s: number, x: (s: number) => number, y: (w: number) => number,
): string {
  return pieces(t, high, step_s).map(([from, to]) => {
    const up = outline(t, high, from, to, step_s, x, y), down = outline(t, low, from, to, step_s, x, y);
    return `M${[...up, ...down.reverse()].join("L")}Z`;
  }).join("");
}

function outline(
  t: readonly number[], column: Column, from: number, to: number, step_s: number,
  x: (s: number) => number, y: (w: number) => number,
): string[] {
  const points: string[] = [];
  for (let index = from; index <= to; index++) {
    const level = y(column[index] ?? 0).toFixed(1);
    points.push(`${x(t[index]!).toFixed(1)} ${level}`, `${x(t[index]! + step_s).toFixed(1)} ${level}`);
  }
  return points;
}

customElements.define("ng-energy-curve", EnergyCurve);

declare global {
  interface HTMLElementTagNameMap {
    "ng-energy-curve": EnergyCurve;
  }
}
