/** What one phase of a fuse carries, and what it has left. */

import type { Fuse, SiteDocument } from "../types.ts";
import type { Tone } from "../summary.ts";
import { t } from "../words/index.ts";
import { steady } from "./steady.ts";

export interface PhaseFacts {
  /** As the meter tells it, without a direction. */
  readonly current_a: number | null;
  readonly rating_a: number | null;
  /** What the bar's end stands for. */
  readonly scale_a: number;
  /** Of the current, the house's part and the cars'; all is the house's where nobody knows. */
  readonly house_a: number;
  readonly cars_a: number;
  /** From here on the bar is the margin that is kept free; `null` while unknown. */
  readonly margin_from_a: number | null;
  readonly tone: Tone | "unknown";
  readonly words: string;
}

const NEAR_SHARE = 0.9;
const SCALE_WITHOUT_FUSE_A = 20;

/** `charging`: whether there is any charger, whose room would be worth a word. */
export function phaseFacts(fuse: Fuse, phase: number, cars_a: number | null, charging: boolean): PhaseFacts {
  const current_a = fuse.current_a[phase] ?? null, other_a = fuse.other_a[phase] ?? null;
  const left_a = fuse.left_a[phase] ?? null, rating_a = fuse.rating_a[phase] ?? null;
  const drawn_a = current_a === null ? 0 : Math.min(cars_a ?? 0, current_a);
  const giving = other_a !== null && other_a + (cars_a ?? 0) < 0;
  const facts = {
    current_a, rating_a,
    scale_a: rating_a ?? Math.max(SCALE_WITHOUT_FUSE_A, current_a ?? 0),
    house_a: giving ? 0 : (current_a ?? 0) - drawn_a,
    cars_a: giving ? 0 : drawn_a,
    margin_from_a: other_a === null || left_a === null ? null : other_a + left_a,
  };
  if (current_a === null) {
    return { ...facts, tone: "unknown", words: t(charging ? "now.phase_unknown_full" : "now.phase_unknown") };
  }
  if (rating_a === null) return { ...facts, tone: "", words: giving ? t("now.phase_giving") : "" };
  if (current_a > rating_a) {
    return { ...facts, tone: "over", words: t("now.phase_over", { current: steady("room", current_a - rating_a, 1) }) };
  }
  const tone = current_a >= rating_a * NEAR_SHARE ? "near" : giving ? "out" : "calm";
  return { ...facts, tone, words: room(charging, left_a, cars_a, current_a, rating_a, giving) };
}

function room(
  charging: boolean, left_a: number | null, cars_a: number | null, current_a: number, rating_a: number, giving: boolean,
): string {
  if (!charging) {
    return giving ? t("now.phase_giving") : t("now.phase_free", { current: steady("room", rating_a - current_a, 1) });
  }
  if (left_a === null) return t("now.phase_room_unknown");
  if (left_a < 0) return t("now.phase_too_much", { current: steady("room", -left_a, 1) });
  const free_a = left_a - (cars_a ?? 0);
  return free_a < 1 ? t("now.phase_full") : t("now.phase_left", { current: steady("room", free_a, 1) });
}

/** What the cars below a fuse draw on each phase; `null` where nobody knows. */
export function carsBelow(site: SiteDocument, fuse: Fuse): (number | null)[] {
  return [0, 1, 2].map((phase) => {
    if (fuse.under === null) {
      const outlets = site.chargers.flatMap((charger) => charger.outlets);
      return outlets.reduce<number | null>((sum_a, { current_a }) => {
        const one_a = current_a[phase] ?? null;
        return sum_a === null || one_a === null ? null : sum_a + one_a;
      }, 0);
    }
    // Which outlets stand below a smaller fuse is not told: what is not the rest's is theirs.
    const current_a = fuse.current_a[phase] ?? null, other_a = fuse.other_a[phase] ?? null;
    return current_a === null || other_a === null ? null : Math.max(0, current_a - other_a);
  });
}
