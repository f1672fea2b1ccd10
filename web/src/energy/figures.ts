/** The sums of a range, what they cost, and how they stand beside the range before. */

import { html, nothing, type TemplateResult } from "lit";
import { date, duration, energy, fromDay, hourMinute, money, number, percent, together } from "../format.ts";
import { icon } from "../icons.ts";
import { t } from "../words/index.ts";
import { change, type Sum } from "./books.ts";
import { days, shortLabel } from "./labels.ts";
import type { Compared, View } from "./load.ts";

/** With less than this seen of either range, the two say nothing about each other. */
const COMPARED_FROM = 0.9;

export function figures(view: View): TemplateResult {
  const { total, currency } = view, before = comparable(view);
  const part = share(total);
  return html`
    <dl class="figures" data-field="figures">
      ${tile("charged", t("energy.charged"), total.charged_wh, cost(total.charged_wh, total.charged_cost, currency), [
        part === null ? "" : part > 1 ? t("energy.more_than_import") : t("energy.of_import", { share: percent(part) }),
        trend(view, before, "charged_wh"),
      ])}
      ${tile("import", t("energy.imported"), total.import_wh, cost(total.import_wh, total.import_cost, currency),
        [trend(view, before, "import_wh")])}
      ${tile("export", t("energy.exported"), total.export_wh, "", [trend(view, before, "export_wh")])}
    </dl>
    <div class="notes small soft">
      ${before ? html`<p data-field="compared">${basis(view, before)}</p>` : nothing}
      ${gaps(view)}
    </div>`;
}

/** How much of what was imported the charging would be. It can be more: cars charge from the sun, too. */
export function share(total: Sum): number | null {
  return total.import_wh && total.charged_wh ? total.charged_wh / total.import_wh : null;
}

function tile(kind: string, name: string, wh: number | null, paid: string, notes: readonly string[]): TemplateResult {
  const [figure, unit] = energy(wh);
  return html`<div class="card" data-kind=${kind}>
    <dt><i data-kind=${kind}></i>${name}</dt>
    <dd class="sum"><span data-part="energy">${figure}</span> <small>${unit}</small></dd>
    ${paid ? html`<dd class="cost" data-part="cost">${paid}</dd>` : nothing}
    ${notes.filter(Boolean).map((note) => html`<dd class="note">${note}</dd>`)}
  </div>`;
}

function cost(wh: number | null, value: number | null, currency: string | null): string {
  return !wh || currency === null || value === null ? "" : money(value, currency);
}

/** The range before, where enough was seen of it and of this one. */
function comparable(view: View): Compared | null {
  const { before, since_s } = view, from_s = view.bars[0]?.slot.from_s ?? 0;
  if (!before || before.coverage < COMPARED_FROM || before.total.import_wh === null) return null;
  const unseen_s = missed_s(view) + Math.max(0, (since_s ?? from_s) - from_s);
  return unseen_s <= (1 - COMPARED_FROM) * before.what.held_s ? before : null;
}

function missed_s(view: View): number {
  return view.bars.reduce((all, bar) => all + bar.missed_s, 0);
}

/** How a sum has changed; a day's mean where the two are not of one length. */
function trend(view: View, before: Compared | null, of: "import_wh" | "export_wh" | "charged_wh"): string {
  const then = before?.total[of] ?? null;
  if (!before || then === null || then === 0) return "";
  const { length_s, held_s } = before.what;
  const moved = change(view.total[of], isSameLength(before) ? then : (then * held_s) / length_s);
  const earlier = together(energy(then));
  if (moved === null) return t("energy.before", { earlier });
  const sign = Math.abs(moved) < 0.005 ? "±" : moved > 0 ? "+" : "−";
  return t("energy.trend", { change: `${sign}${number(Math.abs(moved) * 100)} %`, earlier });
}

function basis(view: View, { what, ...before }: Compared): string {
  const name = shortLabel(what.range);
  if (!isSameLength({ what, ...before })) return t("energy.compared_by_day", { range: name });
  if (!what.part) return t("energy.compared", { range: name });
  const time = hourMinute(what.part.until_s * 1000, view.zone);
  if (view.range.by === "day") return t("energy.compared_until", { range: name, time });
  if (what.part.day === what.range.from) return t("energy.compared_until", { range: day(what.part.day), time });
  return t("energy.compared_until", { range: days(what.range.from, what.part.day), time });
}

/** Clock changes make a day an hour longer or shorter: that is still the same. */
function isSameLength({ what }: Compared): boolean {
  return Math.abs(what.length_s - what.held_s) <= 2 * 3600;
}

function gaps(view: View): TemplateResult | typeof nothing {
  const gap_s = missed_s(view);
  const begun = view.since_s !== null && view.bars[0] && view.since_s > view.bars[0].slot.from_s + 3600
    ? html`<p data-field="since">${t("energy.kept_since", {
        day: date(view.since_s * 1000, { day: "numeric", month: "long", year: "numeric" }, view.zone) })}</p>`
    : nothing;
  if (!gap_s) return begun;
  return html`${begun}<p class="gaps" data-field="missed">${icon("warning")}<span>${t("energy.missed_in_all",
    { time: duration(gap_s) })}</span></p>`;
}

function day(of: string): string {
  return date(fromDay(of), { day: "numeric", month: "long" }, "UTC");
}
