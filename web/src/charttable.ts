import { html, type TemplateResult } from "lit";
import { t } from "./words/index.ts";

const ROWS_MAX = 200;

/** What a chart shows as a table, the last first; of many rows each n-th. `row` tells time and values of one. */
export function chartTable(
  label: string, names: readonly string[], count: number, row: (index: number) => readonly [string, readonly string[]],
): TemplateResult {
  const each = Math.max(1, Math.ceil(count / ROWS_MAX));
  const rows = Array.from({ length: Math.ceil(count / each) }, (_, step) => row(count - 1 - step * each));
  if (count > 0 && (count - 1) % each) rows.push(row(0));
  return html`
    <div class="chart-rows" tabindex="0" role="region" aria-label=${label}>
      <table>
        <caption>${label}${each > 1 ? ` (${t("now.chart_each", { n: each })})` : ""}</caption>
        <thead><tr><th scope="col">${t("now.chart_time")}</th>
          ${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
        <tbody>${rows.map(([time, values]) => html`
          <tr><th scope="row">${time}</th>${values.map((value) => html`<td>${value}</td>`)}</tr>`)}
        </tbody>
      </table>
    </div>`;
}
