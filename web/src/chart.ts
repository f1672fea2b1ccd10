import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import "./chart.css";
import { type PropertyValues, html, nothing } from "lit";
import { followFingers } from "./chartfingers.ts";
import { chartTable } from "./charttable.ts";
import { NgElement } from "./element.ts";
import { clock, date, hourMinute } from "./format.ts";
import { colour, onScheme } from "./theme.ts";
import { language, t } from "./words/index.ts";

/** One line, area, or row of bars of a chart. */
export interface ChartSeries {
  label: string;
  /** Name of the CSS variable whose colour it has, such as `--in`. */
  colour: `--${string}`;
  /** `line` unless told otherwise; `bars` stand on their time, from it on. */
  kind?: "line" | "area" | "steps" | "bars";
  dashed?: boolean;
  /** What readout and table show where that is not what is drawn, as in stacks. */
  told?: (number | null | undefined)[];
}

/** A level across the chart, such as a fuse's rating. */
export interface ChartLevel {
  value: number;
  label: string;
  colour: `--${string}`;
}

/** Unix seconds first, then one column a series; `null` is a gap, `undefined` is passed over. */
export type ChartData = (number | null | undefined)[][];

/** Where somebody zoomed to; `null`: all again. */
export type ChartZoom = { from: number; to: number } | null;

const BARS_MAX_PX = 56;
const STEP_FAST = 10;
const MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400, MONTH_S = 28 * DAY_S, YEAR_S = 365 * DAY_S;

/**
 * A chart over time that follows theme and language: hover, touch, keys (arrows, +, -, Escape), zoom by dragging, and a
 * table that says the same. Tells where it is zoomed to by the event `ng-zoom` (`CustomEvent<ChartZoom>`).
 */
export class Chart extends NgElement {
  static override properties = {
    label: { attribute: false },
    series: { attribute: false },
    data: { attribute: false },
    levels: { attribute: false },
    format: { attribute: false },
    axis: { attribute: false },
    zone: { attribute: false },
    range: { attribute: false },
    least: { attribute: false },
    moment: { attribute: false },
    at: { state: true },
    zoomed: { state: true },
    tableOpen: { state: true },
  };

  /** What it shows, for those who do not see it. */
  declare label: string;
  declare series: ChartSeries[];
  declare data: ChartData;
  declare levels: ChartLevel[];
  /** A value with its unit, for people. */
  declare format: (value: number) => string;
  /** A value at the axis; as `format` unless given. */
  declare axis: ((value: number) => string) | undefined;
  /** IANA name of the zone whose clock the axis shows; the reader's own where it is undefined. */
  declare zone: string | undefined;
  /** First and last second that it spans; from the first to the last value where it is undefined. */
  declare range: [number, number] | undefined;
  /** The axis reaches at least this far up, so that a trickle does not look like a flood. */
  declare least: number;
  /** What the readout calls a moment: a time with seconds unless given. */
  declare moment: ((unix_s: number) => string) | undefined;
  /** Index of the value that is read out; `null`: the last. */
  declare private at: number | null;
  declare private zoomed: boolean;
  declare private tableOpen: boolean;

  private plot: uPlot | null = null;
  private made = "";
  private zoom: ChartZoom = null;
  /** The moment that keys chose: it stays chosen while the chart moves on below it. */
  private held: number | null = null;
  private readonly colours = new Map<string, string>();
  private readonly sized = new ResizeObserver(() => this.fit());
  private unthemed = (): void => undefined;

  constructor() {
    super();
    this.label = "";
    this.series = [];
    this.data = [[]];
    this.levels = [];
    this.format = String;
    this.least = 0;
    this.at = null;
    this.zoomed = this.tableOpen = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.unthemed = onScheme(() => this.recolour());
    if (this.hasUpdated) this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sized.disconnect();
    this.unthemed();
    this.plot?.destroy();
    this.plot = null;
    this.made = "";
  }

  /** Back to the whole range. */
  reset = (): void => this.zoomTo(null);

  protected override render(): unknown {
    const times = this.data[0] ?? [], last = times.length - 1;
    const index = this.at !== null && this.at <= last ? this.at : last, when = times[index];
    const moment = typeof when === "number" ? this.told(when) : "–";
    const values = this.series.map((one, column) => this.valueText(one, column, index));
    const spoken = `${moment}: ${this.series.map((one, column) => `${one.label} ${values[column]}`).join(", ")}`;
    return html`
      <div class="chart-head">
        <ul class="chart-legend">
          ${this.series.map((one, column) => html`
            <li><i data-swatch=${one.dashed ? "dashed" : one.kind ?? "line"} data-colour=${one.colour}></i>
              <span class="chart-name">${one.label}</span> <b data-part="chart_value">${values[column]}</b></li>`)}
        </ul>
        <span class="chart-when" data-part="chart_when">${moment}</span>
        <button type="button" class="chart-reset" data-part="chart_reset" ?hidden=${!this.zoomed} @click=${this.reset}>
          ${t("now.chart_reset")}</button>
      </div>
      <div class="chart-plot" data-part="chart_plot" role="slider" tabindex="0" aria-label=${this.label}
        aria-valuemin="0" aria-valuemax=${Math.max(0, last)} aria-valuenow=${Math.max(0, index)}
        aria-valuetext=${spoken}
        aria-description=${t("now.chart_keys")} @keydown=${this.key} @blur=${this.leave}></div>
      <details class="chart-table" @toggle=${this.toggleTable}>
        <summary>${t("now.chart_table")}</summary>
        ${this.tableOpen ? this.table(times) : nothing}
      </details>`;
  }

  protected override updated(changed: PropertyValues): void {
    for (const swatch of this.querySelectorAll<HTMLElement>("[data-colour]")) {
      swatch.style.setProperty("--swatch", `var(${swatch.dataset.colour})`);
    }
    const made = JSON.stringify([language(), this.zone, this.series.map(({ told: _told, ...one }) => one)]);
    if (!this.plot || made !== this.made) {
      this.made = made;
      this.make();
    } else if (changed.has("data") || changed.has("range") || changed.has("levels") || changed.has("series")) {
      this.plot.setData(this.data as uPlot.AlignedData, false);
      this.span();
    }
  }

  private make(): void {
    const place = this.querySelector<HTMLElement>(".chart-plot");
    if (!place) return;
    this.plot?.destroy();
    this.colours.clear();
    this.plot = new uPlot(this.options(place), this.data as uPlot.AlignedData, place);
    this.sized.disconnect();
    this.sized.observe(place);
    this.plot.over.addEventListener("mousemove", () => { this.held = null; });
    followFingers(this.plot.over, {
      at: (left) => {
        this.held = null;
        this.plot?.setCursor({ left, top: place.clientHeight / 2 });
      },
      pinch: (left, factor) => this.plot && this.zoomAbout(this.plot.posToVal(left, "x"), factor),
    });
    this.span();
  }

  private options(place: HTMLElement): uPlot.Options {
    const soft = () => this.colour("--soft"), line = () => this.colour("--line");
    const font = `12px ${getComputedStyle(this).fontFamily}`, zone = this.zone;
    const grid = { stroke: line, width: 1 }, ticks = { show: false };
    return {
      width: Math.max(160, place.clientWidth), height: Math.max(120, place.clientHeight),
      padding: [10, 22, 0, 0],
      legend: { show: false },
      ...(zone ? { tzDate: (unix_s: number) => uPlot.tzDate(new Date(unix_s * 1000), zone) } : {}),
      cursor: {
        y: false,
        drag: { x: true, y: false, dist: 8, setScale: false },
        points: { size: 9, width: 2, fill: (_plot: uPlot, column: number) => this.colour(this.colourOf(column)) },
      },
      scales: { x: { time: true, auto: false }, y: { range: (_plot, least, most) => this.reach(least, most) } },
      axes: [
        { stroke: soft, font, grid: { show: false }, ticks, space: 64, size: 28, gap: 6,
          values: (_plot, splits, _axis, _space, step_s) => splits.map((one) => axisTime(one, step_s, zone)) },
        { stroke: soft, font, grid, ticks, size: 56, gap: 6, space: 34,
          values: (_plot, splits) => splits.map((value) => (this.axis ?? this.format)(value)) },
      ],
      series: [{}, ...this.series.map((one) => this.drawn(one))],
      hooks: {
        setCursor: [(plot) => { this.at = plot.cursor.idx ?? null; }],
        setSelect: [(plot) => this.selected(plot)],
        draw: [(plot) => { this.drawLevels(plot); this.stay(plot); }],
      },
    };
  }

  private drawn(one: ChartSeries): uPlot.Series {
    const stroke = () => this.colour(one.colour), { bars, stepped, linear } = uPlot.paths;
    const paths = one.kind === "bars" ? bars?.({ size: [0.78, BARS_MAX_PX], align: 1, radius: 0.18 })
      : one.kind === "steps" ? stepped?.({ align: 1 }) : linear?.();
    const filled = one.kind === "area" ? 16 : one.kind === "bars" ? 100 : 0;
    return {
      label: one.label, stroke, width: one.kind === "bars" ? 0 : 2, spanGaps: false, points: { show: false },
      ...(one.dashed ? { dash: [6, 5] } : {}),
      ...(paths ? { paths } : {}),
      ...(filled ? { fill: () => `color-mix(in srgb, ${this.colour(one.colour)} ${filled}%, transparent)` } : {}),
    };
  }

  /** The axis holds zero and every level that matters. */
  private reach(least: number | null, most: number | null): uPlot.Range.MinMax {
    const low = Math.min(0, least ?? 0), level = Math.max(...this.levels.map((one) => one.value), 0);
    const high = Math.max(this.least, most ?? 0, level * 1.04);
    const air = (high - low || 1) * 0.06;
    return [low < 0 ? low - air : 0, high + air];
  }

  private drawLevels(plot: uPlot): void {
    const { ctx, bbox } = plot, ratio = devicePixelRatio || 1;
    for (const one of this.levels) {
      const y = Math.round(plot.valToPos(one.value, "y", true));
      ctx.save();
      ctx.strokeStyle = ctx.fillStyle = this.colour(one.colour);
      ctx.lineWidth = 1.5 * ratio;
      ctx.setLineDash([5 * ratio, 4 * ratio]);
      ctx.beginPath();
      ctx.moveTo(bbox.left, y);
      ctx.lineTo(bbox.left + bbox.width, y);
      ctx.stroke();
      ctx.font = `${12 * ratio}px ${getComputedStyle(this).fontFamily}`;
      ctx.textAlign = "left";
      ctx.textBaseline = y - bbox.top > 18 * ratio ? "bottom" : "top";
      ctx.fillText(one.label, bbox.left + 6 * ratio, y + (ctx.textBaseline === "top" ? 3 : -3) * ratio);
      ctx.restore();
    }
  }

  /** Show what was zoomed to, else everything. */
  private span(): void {
    const times = this.data[0] ?? [], first = times[0], last = times[times.length - 1];
    const [from, to] = this.range ?? [first ?? 0, last ?? 0];
    const { from: min, to: max } = this.zoom ?? { from, to };
    if (typeof min !== "number" || typeof max !== "number") return;
    this.plot?.setScale("x", { min, max: Math.max(max, min + 1) });
  }

  private selected(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 4) return;
    const from = plot.posToVal(left, "x"), to = plot.posToVal(left + width, "x");
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.zoomTo({ from, to });
  }

  private zoomTo(zoom: ChartZoom): void {
    this.zoom = zoom;
    this.zoomed = zoom !== null;
    this.span();
    this.dispatchEvent(new CustomEvent<ChartZoom>("ng-zoom", { detail: zoom }));
  }

  /** Nearer to a moment, or farther from it, within what there is. */
  private zoomAbout(centre: number, factor: number): void {
    const scale = this.plot?.scales.x, times = this.data[0] ?? [];
    const [first, last] = this.range ?? [times[0] ?? 0, times[times.length - 1] ?? 0];
    if (scale?.min == null || scale.max == null || first === null || last === null) return;
    const from = Math.max(first, centre - (centre - scale.min) * factor);
    const to = Math.min(last, centre + (scale.max - centre) * factor);
    if (to - from < 2) return;
    this.zoomTo(from <= first && to >= last ? null : { from, to });
  }

  private key = (event: KeyboardEvent): void => {
    const times = this.data[0] ?? [], last = times.length - 1, fast = event.shiftKey ? STEP_FAST : 1;
    const index = Math.min(this.at ?? last, last), when = times[index];
    if (last < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowLeft") this.point(Math.max(0, index - fast));
    else if (event.key === "ArrowRight") this.point(Math.min(last, index + fast));
    else if (event.key === "Home") this.point(0);
    else if (event.key === "End") this.point(last);
    else if (event.key === "Escape") this.reset();
    else if (event.key === "+" && typeof when === "number") this.zoomAbout(when, 0.5);
    else if (event.key === "-" && typeof when === "number") this.zoomAbout(when, 2);
    else return;
    event.preventDefault();
  };

  private point(index: number): void {
    const when = this.data[0]?.[index], plot = this.plot;
    if (!plot || typeof when !== "number") return;
    const { min, max } = plot.scales.x ?? {};
    if (this.zoom && min != null && max != null && (when < min || when > max)) {
      const half = (max - min) / 2;
      this.zoomTo({ from: when - half, to: when + half });
    }
    this.held = when;
    this.stay(plot);
    this.at = index;
  }

  /** Puts the cursor where the chosen moment is by now. */
  private stay(plot: uPlot): void {
    if (this.held === null) return;
    this.held = Math.max(this.held, this.data[0]?.[0] ?? this.held);
    plot.setCursor({ left: plot.valToPos(this.held, "x"), top: plot.over.clientHeight / 2 });
  }

  private leave = (): void => {
    this.held = null;
    this.plot?.setCursor({ left: -10, top: -10 });
    this.at = null;
  };

  private fit(): void {
    const place = this.querySelector<HTMLElement>(".chart-plot");
    if (!this.plot || !place || !place.clientWidth) return;
    if (place.clientWidth === this.plot.width && place.clientHeight === this.plot.height) return;
    this.plot.setSize({ width: place.clientWidth, height: place.clientHeight });
  }

  private recolour(): void {
    this.colours.clear();
    this.plot?.redraw(false);
  }

  private colour(name: `--${string}`): string {
    const known = this.colours.get(name) ?? (colour(name) || "gray");
    this.colours.set(name, known);
    return known;
  }

  private colourOf(column: number): `--${string}` {
    return this.series[column - 1]?.colour ?? "--soft";
  }

  private told(unix_s: number): string {
    return this.moment ? this.moment(unix_s) : clock(unix_s * 1000, this.zone);
  }

  private valueText(one: ChartSeries, column: number, index: number): string {
    const values = one.told ?? this.data[column + 1] ?? [];
    let at = index;
    while (at > 0 && values[at] === undefined) at -= 1;
    const value = values[at];
    return value === null || value === undefined ? "–" : this.format(value);
  }

  private table(times: ChartData[number]): unknown {
    const told = (index: number): string[] => this.series.map((one, column) => this.valueText(one, column, index));
    const row = (index: number): [string, string[]] => [this.told(times[index] ?? 0), told(index)];
    return chartTable(this.label, this.series.map(({ label }) => label), times.length, row);
  }

  private toggleTable = (event: Event): void => {
    this.tableOpen = (event.target as HTMLDetailsElement).open;
  };
}

/** As short as the step between labels allows, with the date where a day begins. */
function axisTime(unix_s: number, step_s: number, zone: string | undefined): string {
  const at = unix_s * 1000, day = () => date(at, { day: "numeric", month: "short" }, zone);
  if (step_s >= YEAR_S) return date(at, { year: "numeric" }, zone);
  if (step_s >= MONTH_S) return date(at, { month: "short" }, zone);
  if (step_s >= DAY_S) return day();
  const time = hourMinute(at, zone);
  if (step_s >= HOUR_S && time === "00:00") return day();
  return step_s >= MINUTE_S ? time : clock(at, zone);
}

customElements.define("ng-chart", Chart);

declare global {
  interface HTMLElementTagNameMap {
    "ng-chart": Chart;
  }
}
