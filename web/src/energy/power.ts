/** The power of a span of time: what the meter saw, and what the cars drew. */

import { get } from "../api.ts";
import type { PowerHistory } from "../types.ts";

/** Columns of one length; null is a gap. */
export interface Power {
  readonly step_s: number;
  readonly t: readonly number[];
  readonly import: Lines;
  readonly export: Lines;
  /** Null where the day had no outlet. */
  readonly cars: readonly (number | null)[] | null;
}

/** Mean of each row, and between what it moved; the same where the rows are too short to tell. */
export interface Lines {
  readonly mean: readonly (number | null)[];
  readonly min: readonly (number | null)[];
  readonly max: readonly (number | null)[];
}

/** More outlets than this are not asked for. */
const OUTLETS_MAX = 8;

/** Throws `Problem`. */
export async function power(
  from_s: number, to_s: number, outlets: readonly string[], signal: AbortSignal,
): Promise<Power> {
  const span = { from: Math.floor(from_s), to: Math.ceil(to_s) };
  const house = await get<PowerHistory>("/api/v1/history/power", { ...span, step: "auto" }, signal);
  // Outlets by the same step, or their rows would not stand on the house's.
  const each = await Promise.all(outlets.slice(0, OUTLETS_MAX).map((outlet) =>
    get<PowerHistory>("/api/v1/history/power", { ...span, step: house.step, outlet }, signal)));
  return {
    step_s: house.step_s,
    t: house.t,
    import: lines(house, "power_import_w"),
    export: lines(house, "power_export_w"),
    cars: each.length ? together(house.t, each) : null,
  };
}

/** Index of the row in which a moment is, or of the nearest. */
export function nearest(t: readonly number[], at_s: number): number {
  let low = 0, high = t.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (t[middle]! <= at_s) low = middle;
    else high = middle - 1;
  }
  return low;
}

function lines(of: PowerHistory, name: string): Lines {
  const mean = of.mean[name] ?? [];
  return { mean, min: of.min[name] ?? mean, max: of.max[name] ?? mean };
}

/** What all outlets drew: unknown only where nobody told. */
function together(t: readonly number[], each: readonly PowerHistory[]): (number | null)[] {
  const sums = new Map<number, number>();
  for (const one of each) {
    const column = one.mean["power_w"] ?? [];
    one.t.forEach((at_s, index) => {
      const value = column[index] ?? null;
      if (value !== null) sums.set(at_s, (sums.get(at_s) ?? 0) + value);
    });
  }
  return t.map((at_s) => sums.get(at_s) ?? null);
}
