/** The bars of a range as a table. */

import { html, nothing, type TemplateResult } from "lit";
import { duration, energy, kwh, number, UNKNOWN } from "../format.ts";
import { t } from "../words/index.ts";
import type { Sum } from "./books.ts";
import { rangeLabel, rowLabel } from "./labels.ts";
import type { View } from "./load.ts";
import { address, opened } from "./range.ts";

export function table(view: View, today: string): TemplateResult {
  const shown = view.bars.filter((bar) => !bar.future);
  const paid = view.currency !== null;
  return html`<div class="scroll">
    <table class="energies" data-field="table">
      <caption>${paid ? t("energy.table_of_costs", { range: rangeLabel(view.range), currency: view.currency ?? "" })
        : t("energy.table_of", { range: rangeLabel(view.range) })}</caption>
      <thead><tr>
        <th scope="col">${t(`energy.step_${view.range.step}`)}</th>
        <th scope="col" class="figure">${t("energy.import")}</th>
        <th scope="col" class="figure">${t("energy.charged")}</th>
        <th scope="col" class="figure">${t("energy.export")}</th>
      </tr></thead>
      <tbody>${shown.map((bar) => {
        const open = opened(view.range, bar.slot, today), label = rowLabel(bar.slot, view.range.step, view.zone);
        return html`<tr>
          <th scope="row">${open ? html`<a href=${address(open, true)}>${label}</a>` : label}${
            bar.row && bar.missed_s ? html`<small class="soft">${t("energy.missed",
              { time: duration(bar.missed_s) })}</small>` : nothing}</th>
          ${bar.row ? cells(bar.row, view.currency) : html`<td class="figure soft"
            colspan="3">${t("energy.no_data")}</td>`}
        </tr>`;
      })}</tbody>
      <tfoot><tr><th scope="row">${t("energy.in_all")}</th>${cells(view.total, view.currency)}</tr></tfoot>
    </table></div>
    ${paid ? nothing : html`<p class="small soft">${t("energy.no_prices")}</p>`}`;
}

function cells(row: Sum, currency: string | null): TemplateResult {
  const cell = (kind: string, wh: number | null, cost: number | null): TemplateResult => html`
    <td class="figure" data-kind=${kind}><span>${amount(wh)}</span>${
      wh && currency !== null && cost !== null ? html`<small class="soft">${number(cost, 2)}</small>` : nothing}</td>`;
  return html`${cell("import", row.import_wh, row.import_cost)}${cell("charged", row.charged_wh, row.charged_cost)}${
    cell("export", row.export_wh, null)}`;
}

/** In kWh throughout, so that a column can be read down. */
function amount(wh: number | null): string {
  return wh === null ? UNKNOWN : `${kwh(wh, energy(wh)[1] === "MWh" ? 0 : 2)}`;
}
