/** What was booked: rows as the box tells them, put into the places of the bars, and their sums. */

import type { EnergyRow, EnergySums } from "../types.ts";
import type { Slot } from "./range.ts";

/** Sums of any number of rows. */
export type Sum = Omit<EnergySums, "coverage">;

/** A bar: its place, what was booked there, and how it stands with what was seen. */
export interface Bar {
  readonly slot: Slot;
  readonly row: EnergyRow | null;
  /** Seconds that are over, in which the box was at work but saw nothing. */
  readonly missed_s: number;
  readonly future: boolean;
}

/** Shorter gaps are not told: a telegram here and there. */
export const GAP_TOLD_S = 60;
/** Nor what is less than the digits that the box tells of a share. */
const GAP_TOLD = 1e-4;
/** Readings are kept once a minute, so that the newest are always on their way. */
const LATE_S = 130;

/** Rows in the places of the bars. Before the hour at `since_s` nothing was kept, and some of it: that is no gap. */
export function bars(slots: readonly Slot[], rows: readonly EnergyRow[], since_s: number | null, now_s: number): Bar[] {
  const left = [...rows].sort((a, b) => a.t - b.t);
  return slots.map((slot) => {
    const own: EnergyRow[] = [];
    while (left.length && left[0]!.t < slot.to_s) own.push(left.shift()!);
    const row = own.length > 1 ? merged(own) : (own[0] ?? null);
    return { slot, row, missed_s: missed_s(slot, row, since_s, now_s), future: slot.from_s > now_s };
  });
}

export function sum(rows: readonly EnergyRow[]): Sum {
  return {
    import_wh: known(rows.map((row) => row.import_wh)),
    export_wh: known(rows.map((row) => row.export_wh)),
    charged_wh: rows.reduce((all, row) => all + row.charged_wh, 0),
    import_cost: known(rows.map((row) => row.import_cost)),
    charged_cost: known(rows.map((row) => row.charged_cost)),
  };
}

/** The first part of a row, for the running hour is held against the same minutes of an earlier one. */
export function part(row: EnergyRow, share: number): EnergyRow {
  const cut = (value: number | null): number | null => (value === null ? null : value * share);
  return {
    ...row,
    import_wh: cut(row.import_wh),
    export_wh: cut(row.export_wh),
    charged_wh: row.charged_wh * share,
    import_cost: cut(row.import_cost),
    charged_cost: cut(row.charged_cost),
  };
}

/** One number to hold another against, as a change of it; `null` where that says nothing. */
export function change(now: number | null, then: number | null): number | null {
  if (now === null || then === null || then <= 0) return null;
  const share = now / then - 1;
  return Math.abs(share) < 10 ? share : null;
}

/** The sum of what is known; null where nothing is. */
function known(all: readonly (number | null)[]): number | null {
  const some = all.filter((one) => one !== null);
  return some.length ? some.reduce((sum, one) => sum + one, 0) : null;
}

function merged(rows: readonly EnergyRow[]): EnergyRow {
  const coverage = rows.reduce((all, row) => all + row.coverage, 0) / rows.length;
  return { ...rows[0]!, ...sum(rows), coverage };
}

function missed_s(slot: Slot, row: EnergyRow | null, since_s: number | null, now_s: number): number {
  if (since_s === null) return 0;
  const from_s = Math.max(slot.from_s, Math.min(since_s + 3600, slot.to_s));
  const over_s = Math.min(slot.to_s, now_s - LATE_S) - from_s;
  const seen_s = (row?.coverage ?? 0) * (Math.min(slot.to_s, now_s) - slot.from_s);
  const gap_s = Math.round(over_s - seen_s);
  return gap_s < GAP_TOLD_S || gap_s < GAP_TOLD * (slot.to_s - slot.from_s) ? 0 : gap_s;
}
