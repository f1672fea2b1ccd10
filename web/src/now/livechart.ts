import { html, type TemplateResult } from "lit";
import "../chart.ts";
import type { Chart, ChartData, ChartLevel, ChartSeries } from "../chart.ts";
import { NgElement } from "../element.ts";
import { amps, number, power, together } from "../format.ts";
import { Live, live } from "../live.ts";
import { GAP_MS } from "../points.ts";
import type { Point } from "../types.ts";
import { t } from "../words/index.ts";

const TOLD_WITHIN_S = 65;

interface Drawn {
  readonly points: readonly Point[];
  readonly mode: Mode;
  readonly minutes: number;
  readonly data: ChartData;
  readonly range: [number, number];
}

type Mode = "power" | "current";
const MODES: readonly Mode[] = ["power", "current"];
/** A box that was started just now has little to show, and a thin line at the edge shows nothing. */
const LEAST_MS = 60_000;
const SPANS_MIN = [5, 15, 60] as const;

/** The last minutes of the house as they come. */
export class LiveChart extends NgElement {
  static override properties = { mode: { state: true }, minutes: { state: true } };

  private mode: Mode = "power";
  private minutes: number = 15;
  readonly #live = new Live(this);
  #drawn: Drawn | null = null;

  override render(): TemplateResult {
    const { data, range } = this.#data(), current = this.mode === "current";
    return html`
      <div class="head">
        <h2 id="now-chart">${t("now.chart")}</h2>
        <div class="chart-choices">
          <div class="segments" role="group" aria-label=${t("now.chart_what")}>
            ${MODES.map((mode) => html`<button type="button" data-mode=${mode} aria-pressed=${mode === this.mode}
              @click=${() => this.#show(mode)}>${
                t(mode === "power" ? "now.chart_power" : "now.chart_current")}</button>`)}
          </div>
          <div class="segments" role="group" aria-label=${t("now.chart_span")}>
            ${SPANS_MIN.map((minutes) => html`<button type="button" data-minutes=${minutes}
              aria-pressed=${minutes === this.minutes} @click=${() => this.#span(minutes)}>${
                t("now.minutes", { n: minutes })}</button>`)}
          </div>
        </div>
      </div>
      <ng-chart data-field="chart" .label=${t(current ? "now.chart_current_label" : "now.chart_power_label")}
        .series=${this.#series()} .data=${data} .range=${range} .levels=${current ? this.#levels() : NONE}
        .format=${current ? ampsText : powerText} .axis=${current ? ampsText : kilowatts}
        .least=${current ? 8 : 1000}></ng-chart>`;
  }

  #show(mode: Mode): void {
    this.mode = mode;
    this.#chart()?.reset();
  }

  #span(minutes: number): void {
    this.minutes = minutes;
    this.#chart()?.reset();
  }

  #chart(): Chart | null {
    return this.querySelector("ng-chart");
  }

  #data(): { data: ChartData; range: [number, number] } {
    const { points } = this.#live, drawn = this.#drawn;
    if (drawn && drawn.points === points && drawn.mode === this.mode && drawn.minutes === this.minutes) return drawn;
    const last_ms = points.at(-1)?.[0] ?? Date.now();
    const first_ms = Math.min(points[0]?.[0] ?? last_ms, last_ms - LEAST_MS);
    const from_ms = Math.max(last_ms - this.minutes * 60_000, first_ms);
    const begin = Math.max(0, points.findIndex(([t_ms]) => t_ms >= from_ms) - 1);
    this.#drawn = {
      points, mode: this.mode, minutes: this.minutes,
      data: columns(points.slice(begin), this.mode), range: [from_ms / 1000, last_ms / 1000],
    };
    return this.#drawn;
  }

  #series(): ChartSeries[] {
    if (this.mode === "current") {
      return ([1, 2, 3] as const).map((phase) => ({ label: `L${phase}`, colour: `--l${phase}` }));
    }
    const house: ChartSeries = { label: t("now.grid"), colour: "--in", kind: "area" };
    return live.site?.chargers.length ? [house, { label: t("now.cars"), colour: "--car", kind: "area" }] : [house];
  }

  #levels(): ChartLevel[] {
    const ratings_a = [...new Set(live.site?.fuses[0]?.rating_a ?? [])];
    return ratings_a.map((value) => ({ value, label: `${t("now.main_fuse")} ${amps(value)}`, colour: "--over" }));
  }
}

const NONE: ChartLevel[] = [];

/** Points as columns, with a gap where nothing was known for a while. */
function columns(points: readonly Point[], mode: Mode): ChartData {
  const kinds = mode === "power" ? 2 : 3, data: ChartData = Array.from({ length: kinds + 1 }, () => []);
  let before_ms: number | null = null;
  const add = (row: readonly (number | null)[]): void =>
    data.forEach((column, index) => column.push(row[index] ?? null));
  for (const point of points) {
    const [t_ms, import_w, export_w, l1_a, l2_a, l3_a, charging_w] = point;
    if (before_ms !== null && t_ms - before_ms > GAP_MS) add([(before_ms + t_ms) / 2000]);
    before_ms = t_ms;
    const net_w = import_w === null && export_w === null ? null : (import_w ?? 0) - (export_w ?? 0);
    add(mode === "power" ? [t_ms / 1000, net_w, charging_w] : [t_ms / 1000, l1_a, l2_a, l3_a]);
  }
  if (mode === "power") bridge(data[0] ?? [], data[2] ?? []);
  return live.site?.chargers.length || mode === "current" ? data : data.slice(0, 2);
}

/** A charger tells more seldom than a meter: between two of its words lies no gap. */
function bridge(t_s: ChartData[number], values: ChartData[number]): void {
  let known = -1;
  values.forEach((value, index) => {
    if (value === null) return;
    if (known >= 0 && (t_s[index] ?? 0) - (t_s[known] ?? 0) <= TOLD_WITHIN_S) values.fill(undefined, known + 1, index);
    known = index;
  });
}

function powerText(value_w: number): string {
  return together(power(value_w));
}

function kilowatts(value_w: number): string {
  return together([number(value_w / 1000, 0, 1), "kW"]);
}

function ampsText(value_a: number): string {
  return amps(value_a, 0, 1);
}

customElements.define("ng-live-chart", LiveChart);
