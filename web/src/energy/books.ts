/** What was booked: rows as the box tells them, put into the places of the bars, and their sums. */

import type { Slot } from "./range.ts";

export interface EnergyRow {
  readonly start: string;
  readonly t: number;
  readonly import_wh: number;
  readonly export_wh: number;
  readonly charged_wh: number;
  readonly import_cost: number | null;
  readonly charged_cost: number | null;
  /** Share of its time that was seen. */
  readonly coverage: number;
}

export interface EnergyAnswer {
  readonly by: string;
  readonly zone: string;
  readonly currency: string | null;
  readonly rows: readonly EnergyRow[];
  readonly total: Omit<EnergyRow, "start" | "t">;
  readonly since: string | null;
}

export interface SessionRow {
  readonly outlet: string;
  readonly serial: string;
  readonly id: string;
  readonly plugged_at: string;
  readonly unplugged_at: string | null;
  readonly plugged_s: number;
  readonly charging_s: number;
  readonly pauses: number;
  readonly longest_pause_s: number;
  readonly energy_wh: number;
  readonly cost: number | null;
  readonly most_power_w: number;
  readonly state: number;
  readonly plug_unseen: boolean;
}

export interface SessionsAnswer {
  readonly currency: string | null;
  readonly sessions: readonly SessionRow[];
}

/** Sums of any number of rows. */
export interface Sum {
  readonly import_wh: number;
  readonly export_wh: number;
  readonly charged_wh: number;
  readonly import_cost: number | null;
  readonly charged_cost: number | null;
}

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
/** Readings are kept once a minute, so that the newest are always on their way. */
const LATE_S = 130;

/** Rows in the places of the bars. Before `since_s` nothing was kept, which is no gap. */
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
    import_wh: rows.reduce((all, row) => all + row.import_wh, 0),
    export_wh: rows.reduce((all, row) => all + row.export_wh, 0),
    charged_wh: rows.reduce((all, row) => all + row.charged_wh, 0),
    import_cost: costs(rows.map((row) => row.import_cost)),
    charged_cost: costs(rows.map((row) => row.charged_cost)),
  };
}

/** A row and a part of another, where a running hour is held against the same minutes of an earlier one. */
export function part(row: EnergyRow, share: number): EnergyRow {
  const cut = (value: number | null): number | null => (value === null ? null : value * share);
  return {
    ...row,
    import_wh: row.import_wh * share,
    export_wh: row.export_wh * share,
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

function costs(all: readonly (number | null)[]): number | null {
  const known = all.filter((one) => one !== null);
  return known.length ? known.reduce((sum, one) => sum + one, 0) : null;
}

function merged(rows: readonly EnergyRow[]): EnergyRow {
  const coverage = rows.reduce((all, row) => all + row.coverage, 0) / rows.length;
  return { ...rows[0]!, ...sum(rows), coverage };
}

function missed_s(slot: Slot, row: EnergyRow | null, since_s: number | null, now_s: number): number {
  if (since_s === null) return 0;
  const from_s = Math.max(slot.from_s, Math.min(since_s, slot.to_s));
  const over_s = Math.min(slot.to_s, now_s - LATE_S) - from_s;
  const seen_s = (row?.coverage ?? 0) * (slot.to_s - slot.from_s);
  return Math.max(0, Math.round(over_s - seen_s));
}
