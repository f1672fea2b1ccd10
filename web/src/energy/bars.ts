/** Bars of a range: up what was taken, with the charging inside, down what was given. */

import { html, nothing, svg, type PropertyValues, type SVGTemplateResult, type TemplateResult } from "lit";
import { NgElement } from "../element.ts";
import { duration, energy, money, number, together } from "../format.ts";
import { t } from "../words/index.ts";
import type { Bar } from "./books.ts";
import { axisLabel, rangeLabel, slotLabel } from "./labels.ts";
import type { View } from "./load.ts";
import { scale, tickDigits } from "./scale.ts";

const HEIGHT_PX = 248;
const TOP_PX = 10;
const BOTTOM_PX = 24;
const LEFT_PX = 40;
const LABEL_PX = 30;
/** From here on a bar counts as one without data rather than as one with a gap. */
const MOSTLY = 0.5;

/** Tells `ng-open` (`CustomEvent<number>`, the bar's index) where somebody wants to look closer. */
export class EnergyBars extends NgElement {
  static override properties = { view: { attribute: false }, at: { state: true }, width: { state: true } };

  view: View | null = null;
  /** Index of the bar that is read out; null: the whole range. */
  at: number | null = null;
  private width = 0;
  private touched = false;
  private readonly sized = new ResizeObserver(([entry]) => {
    this.width = Math.round(entry?.contentRect.width ?? 0);
  });

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sized.disconnect();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get("view");
    if (before && this.view
      && before.range.from + before.range.by !== this.view.range.from + this.view.range.by) this.at = null;
  }

  override render(): TemplateResult {
    const view = this.view;
    if (!view) return html`<div class="readout"></div><div class="bars"></div>`;
    const bar = this.at === null ? null : (view.bars[this.at] ?? null);
    return html`
      ${this.readout(view, bar)}
      <div class="bars" data-field="bars" role="slider" tabindex="0" aria-label=${t("energy.bars",
        { range: rangeLabel(view.range) })}
        aria-description=${t(view.range.step === "hour" ? "energy.bars_keys_hours" : "energy.bars_keys")}
        aria-valuemin="0" aria-valuemax=${view.bars.length} aria-valuenow=${this.at === null ? 0 : this.at + 1}
        aria-valuetext=${spoken(view, bar)}
        @keydown=${this.key} @pointermove=${this.hover} @pointerdown=${this.press} @pointerleave=${this.leave}
        @blur=${this.blurred} @click=${this.clicked}>${this.width ? this.drawn(view) : nothing}</div>`;
  }

  protected override firstUpdated(): void {
    const place = this.querySelector(".bars");
    if (place) this.sized.observe(place);
  }

  private readout(view: View, bar: Bar | null): TemplateResult {
    const row = bar ? bar.row : view.total;
    const part = (kind: string, name: string, wh: number | null | undefined,
      cost: number | null | undefined): TemplateResult => html`
      <li><i data-kind=${kind}></i><span>${name}</span>
        <b data-part=${kind}>${together(energy(wh ?? null))}</b>${
          wh && view.currency !== null && cost !== null && cost !== undefined
            ? html` <small data-part=${`${kind}_cost`}>${money(cost, view.currency)}</small>` : nothing}</li>`;
    return html`
      <div class="readout" data-field="readout">
        <p><strong data-part="label">${bar ? slotLabel(bar.slot, view.range.step, view.zone)
          : t("energy.in_all")}</strong>
          ${bar && missed(bar) ? html`<span class="soft small" data-part="missed">${missed(bar)}</span>` : nothing}
          ${bar && this.touched && view.range.step !== "hour"
            ? html`<button type="button" class="small"
              @click=${() => this.open(this.at)}>${t("energy.open")}</button>` : nothing}</p>
        <ul>
          ${part("import", t("energy.import"), row?.import_wh, row?.import_cost)}
          ${part("charged", t("energy.charged"), row?.charged_wh, row?.charged_cost)}
          ${part("export", t("energy.export"), row?.export_wh, null)}
        </ul>
      </div>`;
  }

  private drawn(view: View): TemplateResult {
    const values = view.bars.map(({ row }) => row);
    const up = Math.max(...values.map((row) => Math.max(row?.import_wh ?? 0, row?.charged_wh ?? 0))) / 1000;
    const down = Math.max(...values.map((row) => row?.export_wh ?? 0)) / 1000;
    const axis = scale(-down, up, TOP_PX, HEIGHT_PX - BOTTOM_PX, 4);
    const digits = tickDigits(axis.ticks);
    const each = (this.width - LEFT_PX) / view.bars.length;
    const skip = Math.max(1, Math.ceil((view.range.by === "month" ? LABEL_PX * 0.7 : LABEL_PX) / each));
    return html`
      <svg width=${this.width} height=${HEIGHT_PX} viewBox="0 0 ${this.width} ${HEIGHT_PX}" aria-hidden="true">
        <defs><pattern id="energy-gap" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect class="hatch" width="2" height="6"></rect></pattern></defs>
        ${axis.ticks.map((tick) => svg`
          <line class=${tick === 0 ? "zero" : "tick"} x1=${LEFT_PX} x2=${this.width} y1=${axis.place(tick)}
            y2=${axis.place(tick)}></line>
          <text class="value" x=${LEFT_PX - 8} y=${axis.place(tick) + 4}>${number(Math.abs(tick), digits)}</text>`)}
        ${view.bars.map((bar, index) => this.bar(bar, index, each, axis.place))}
        ${view.bars.map((bar, index) => index % skip ? nothing : svg`
          <text class="name" x=${LEFT_PX + (index + 0.5) * each} y=${HEIGHT_PX - 7}>${axisLabel(bar.slot, view.range,
            view.zone)}</text>`)}
      </svg>`;
  }

  private bar(bar: Bar, index: number, each: number, place: (kwh: number) => number): SVGTemplateResult {
    const row = bar.row, left = LEFT_PX + index * each;
    const wide = Math.min(each * 0.76, 44), middle = left + each / 2, zero = place(0);
    const length_s = bar.slot.to_s - bar.slot.from_s;
    const one = (kind: string, known_wh: number | null, width: number): SVGTemplateResult | typeof nothing => {
      const wh = known_wh ?? 0;
      const y = place((kind === "export" ? -wh : wh) / 1000), height = Math.abs(zero - y);
      if (height < 0.25) return nothing;
      const round = Math.min(width / 4, height, 5);
      return svg`<path class=${kind} data-wh=${wh} d=${column(middle - width / 2, zero, width, y, round)}></path>`;
    };
    return svg`<g data-bar=${index} class=${index === this.at ? "at" : ""}>
      <rect class="band" x=${left} y=${TOP_PX} width=${each} height=${HEIGHT_PX - BOTTOM_PX - TOP_PX}></rect>
      ${bar.missed_s >= MOSTLY * length_s
        ? svg`<rect class="gap" x=${left} y=${TOP_PX} width=${each} height=${HEIGHT_PX - BOTTOM_PX - TOP_PX}></rect>`
        : bar.missed_s > 0
          ? svg`<circle class="partly" cx=${middle} cy=${TOP_PX + 3} r="2.5"></circle>` : nothing}
      ${row ? [one("import", row.import_wh, wide), one("charged", row.charged_wh, wide * 0.5), one("export",
        row.export_wh, wide)] : nothing}
    </g>`;
  }

  private index(event: MouseEvent): number | null {
    const place = this.querySelector(".bars"), count = this.view?.bars.length ?? 0;
    if (!place || !count) return null;
    const x = event.clientX - place.getBoundingClientRect().left - LEFT_PX;
    const index = Math.floor(x / ((this.width - LEFT_PX) / count));
    return index >= 0 && index < count ? index : null;
  }

  private hover = (event: PointerEvent): void => {
    this.touched = event.pointerType === "touch";
    this.at = this.index(event);
  };

  /** A finger's first tap reads out, the second one opens; a mouse has read out already. */
  private opens = false;

  private press = (event: PointerEvent): void => {
    const index = this.index(event);
    this.touched = event.pointerType === "touch";
    this.opens = index !== null && (!this.touched || index === this.at);
    this.at = index;
  };

  private clicked = (): void => {
    if (this.opens) this.open(this.at);
  };

  private leave = (event: PointerEvent): void => {
    if (event.pointerType !== "touch" && !this.querySelector(".bars:focus-visible")) this.at = null;
  };

  private blurred = (event: FocusEvent): void => {
    if (!this.contains(event.relatedTarget as Node | null)) this.at = null;
  };

  private key = (event: KeyboardEvent): void => {
    const last = (this.view?.bars.length ?? 0) - 1;
    if (last < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowLeft" || event.key === "ArrowDown") this.at = Math.max(0, (this.at ?? last + 1) - 1);
    else if (event.key === "ArrowRight" || event.key === "ArrowUp") this.at = Math.min(last, (this.at ?? -1) + 1);
    else if (event.key === "Home") this.at = 0;
    else if (event.key === "End") this.at = last;
    else if (event.key === "Escape") this.at = null;
    else if (event.key === "Enter" || event.key === " ") this.open(this.at);
    else return;
    event.preventDefault();
  };

  private open(index: number | null): void {
    if (index !== null) this.dispatchEvent(new CustomEvent<number>("ng-open", { detail: index }));
  }
}

/** What a bar's readout says about data that is not there. */
function missed(bar: Bar): string {
  if (bar.future) return t("energy.future");
  const length_s = bar.slot.to_s - bar.slot.from_s;
  if (!bar.row || bar.missed_s >= length_s) return t("energy.no_data");
  return bar.missed_s ? t("energy.missed", { time: duration(bar.missed_s) }) : "";
}

function spoken(view: View, bar: Bar | null): string {
  const row = bar ? bar.row : view.total;
  const label = bar ? slotLabel(bar.slot, view.range.step, view.zone) : t("energy.in_all");
  const figures = [
    [t("energy.import"), row?.import_wh], [t("energy.charged"), row?.charged_wh], [t("energy.export"), row?.export_wh],
  ] as const;
  const told = figures.map(([name, wh]) => `${name} ${together(energy(wh ?? null))}`).join(", ");
  return [`${label}: ${told}`, bar ? missed(bar) : ""].filter(Boolean).join(". ");
}

/** A bar from the zero line to `y`, with its far end rounded. */
function column(x: number, zero: number, width: number, y: number, round: number): string {
  const back = y < zero ? round : -round;
  const [right, inner] = [x + width, y + back];
  return `M${x} ${zero}V${inner}Q${x} ${y} ${x + round} ${y}H${right - round}Q${right} ${y} ${right} ${inner}V${zero}Z`;
}

customElements.define("ng-energy-bars", EnergyBars);

declare global {
  interface HTMLElementTagNameMap {
    "ng-energy-bars": EnergyBars;
  }
}
