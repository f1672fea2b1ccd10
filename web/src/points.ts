/** The last hour of the house as points in the order of time, each once. */

import type { Point, PowerHistory, SiteDocument } from "./types.ts";

export const KEPT_MS = 3_600_000;
/** Longer than this without a point is a gap, which the history may fill. */
export const GAP_MS = 25_000;
/** A row of the history is the mean of so long, from its time on. */
const ROW_MS = 10_000;

export interface Span {
  readonly from_ms: number;
  readonly to_ms: number;
}

/** Both together in the order of time; of two at the same moment the one of `later`; the last hour of it. */
export function merged(earlier: readonly Point[], later: readonly Point[]): Point[] {
  const first = later[0];
  if (first === undefined) return [...earlier];
  const last = earlier.at(-1);
  const all =
    last === undefined || last[0] < first[0]
      ? [...earlier, ...later]
      : [...new Map([...earlier, ...later].map((point) => [point[0], point])).values()].sort((a, b) => a[0] - b[0]);
  return kept(all);
}

/** With what the history knows of the spans before the last point in which there are none: never beside one. */
export function filled(points: readonly Point[], rows: readonly Point[]): Point[] {
  const holes = gaps(points, Number.NEGATIVE_INFINITY, points.at(-1)?.[0] ?? Number.POSITIVE_INFINITY);
  const fits = (t_ms: number): boolean => holes.some((hole) => hole.from_ms < t_ms && t_ms + ROW_MS <= hole.to_ms);
  const fitting = rows.filter(([t_ms]) => fits(t_ms));
  return merged(fitting, points);
}

/** Where nothing is known between two moments, the spans before the first and after the last point included. */
export function gaps(points: readonly Point[], from_ms: number, to_ms: number): Span[] {
  const found: Span[] = [];
  let before_ms = from_ms;
  for (const [t_ms] of points) {
    if (t_ms < from_ms) continue;
    if (t_ms - before_ms > GAP_MS) found.push({ from_ms: before_ms, to_ms: t_ms });
    before_ms = t_ms;
  }
  if (to_ms - before_ms > GAP_MS) found.push({ from_ms: before_ms, to_ms });
  return found;
}

/** Rows of the history as points. `outlets` are those of each outlet over the same span. */
export function fromHistory(house: PowerHistory, outlets: readonly PowerHistory[]): Point[] {
  const charging = new Map<number, number>();
  for (const outlet of outlets) {
    outlet.t.forEach((t_s, row) => {
      const power_w = outlet.mean["power_w"]?.[row] ?? null;
      if (power_w !== null) charging.set(t_s, (charging.get(t_s) ?? 0) + power_w);
    });
  }
  return house.t.map((t_s, row) => {
    const of = (name: string): number | null => house.mean[name]?.[row] ?? null;
    const currents = [of("current_l1_a"), of("current_l2_a"), of("current_l3_a")] as const;
    return [t_s * 1000, of("power_import_w"), of("power_export_w"), ...currents, charging.get(t_s) ?? null];
  });
}

/** The moment that a document shows; `null` before the first reading. */
export function fromSite(site: SiteDocument): Point | null {
  const { reading, age_s } = site.meter;
  if (reading === null || age_s === null) return null;
  const t_ms = Math.round(Date.parse(site.time) - age_s * 1000);
  const outlets = site.chargers.flatMap((charger) => charger.outlets);
  const charging_w = outlets.length ? outlets.reduce((sum, outlet) => sum + outlet.power_w, 0) : null;
  return [t_ms, reading.power_import_w, reading.power_export_w, ...reading.current_a, charging_w];
}

/** What a `points` event may be; anything else in it is left out. */
export function decoded(value: unknown): Point[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isPoint).sort((a, b) => a[0] - b[0]);
}

function isPoint(value: unknown): value is Point {
  if (!Array.isArray(value) || value.length !== 7 || !Number.isFinite(value[0])) return false;
  return value.every((one) => one === null || Number.isFinite(one));
}

function kept(points: Point[]): Point[] {
  const last = points.at(-1);
  if (last === undefined) return points;
  const from = points.findIndex(([t_ms]) => t_ms >= last[0] - KEPT_MS);
  return from > 0 ? points.slice(from) : points;
}
