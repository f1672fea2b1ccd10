/** What the page looks at: a day, a week, a month, a year or all; and the bars that it consists of. */

import { addDays, addMonths, dayStart, daysBetween, localDay, readDay, weekday, type Day } from "./days.ts";

export const BYS = ["day", "week", "month", "year", "all"] as const;
export type By = (typeof BYS)[number];
export type Step = "hour" | "day" | "month" | "year";

export interface Range {
  readonly by: By;
  /** Its first day. Of `all` the first day that anything is known of, once that is known. */
  readonly from: Day;
  /** Its last day. */
  readonly to: Day;
  readonly step: Step;
}

/** Place of one bar. */
export interface Slot {
  readonly from_s: number;
  readonly to_s: number;
  readonly from: Day;
  readonly to: Day;
}

const STEPS: Record<By, Step> = { day: "hour", week: "day", month: "day", year: "month", all: "year" };
const YEARS_MAX = 200;
const HOUR_S = 3600;

export function isBy(text: string | null | undefined): text is By {
  return (BYS as readonly string[]).includes(text ?? "");
}

/** The range that a day is in. For `all`: from that day's year to today's. */
export function rangeOf(by: By, day: Day, today: Day): Range {
  const from = startOf(by, day);
  return { by, from, to: by === "all" ? endOf("year", today) : endOf(by, from), step: STEPS[by] };
}

/** What an address asks for; what cannot be is this month. */
export function readRange(params: URLSearchParams, today: Day, since: Day | null): Range {
  const asked = params.get("by");
  const by = isBy(asked) ? asked : "month";
  if (by === "all") return rangeOf(by, since !== null && since < today ? since : today, today);
  return rangeOf(by, readDay(params.get("from")) ?? today, today);
}

/** Its place in the address bar. */
export function address(range: Range, asTable = false): string {
  const from = range.by === "all" ? "" : `&from=${range.from}`;
  return `#/energy?by=${range.by}${from}${asTable ? "&table=yes" : ""}`;
}

/** The range of another length at the same place: at today where that is in it. */
export function switched(range: Range, by: By, today: Day): Range {
  return rangeOf(by, range.from <= today && today <= range.to ? today : range.from, today);
}

/** The range before or behind, of the same kind. */
export function moved(range: Range, by: number, today: Day): Range {
  if (range.by === "day") return rangeOf("day", addDays(range.from, by), today);
  if (range.by === "week") return rangeOf("week", addDays(range.from, by * 7), today);
  if (range.by === "month") return rangeOf("month", addMonths(range.from, by), today);
  if (range.by === "year") return rangeOf("year", addMonths(range.from, by * 12), today);
  return range;
}

/** What a bar of a range opens; `null` where there is nothing finer. */
export function opened(range: Range, slot: Slot, today: Day): Range | null {
  if (range.step === "hour") return null;
  return rangeOf(range.step, slot.from, today);
}

/** The places of the bars, each as long as the local time makes it: an hour may be there twice or not at all. */
export function slots(range: Range, zone: string): Slot[] {
  const found: Slot[] = [];
  if (range.step === "hour") {
    const end_s = dayStart(addDays(range.to, 1), zone);
    // The box keeps hours of UTC: where the local ones begin at half past, these do.
    for (let at_s = Math.ceil(dayStart(range.from, zone) / HOUR_S) * HOUR_S; at_s < end_s; at_s += HOUR_S) {
      found.push({ from_s: at_s, to_s: at_s + HOUR_S, from: range.from, to: range.to });
    }
    return found;
  }
  for (let day = range.from; day <= range.to && found.length < YEARS_MAX; ) {
    const next = range.step === "day" ? addDays(day, 1) : addMonths(day, range.step === "month" ? 1 : 12);
    found.push({ from_s: dayStart(day, zone), to_s: dayStart(next, zone), from: day, to: addDays(next, -1) });
    day = next;
  }
  return found;
}

/** Days of the range before, cut off where the running one has come to: whole days, and the first hours of one more. */
export interface Before {
  readonly range: Range;
  readonly whole: { from: Day; to: Day } | null;
  readonly part: { day: Day; until_s: number } | null;
  readonly length_s: number;
  /** How much of the range itself it is held against. */
  readonly held_s: number;
}

/** What a range is compared with; `null` for all, and for what has not begun. */
export function before(range: Range, zone: string, now_s: number, today: Day): Before | null {
  const start_s = dayStart(range.from, zone);
  if (range.by === "all" || now_s <= start_s) return null;
  const earlier = moved(range, -1, today);
  const begin_s = dayStart(earlier.from, zone);
  const end_s = dayStart(range.from, zone);
  const whole = { from: earlier.from, to: earlier.to };
  const over_s = dayStart(addDays(range.to, 1), zone);
  if (now_s >= over_s) return { range: earlier, whole, part: null, length_s: end_s - begin_s,
    held_s: over_s - start_s };
  const day = localDay(now_s, zone);
  const same = addDays(earlier.from, daysBetween(range.from, day));
  const held_s = now_s - start_s;
  if (same > earlier.to) return { range: earlier, whole, part: null, length_s: end_s - begin_s, held_s };
  const until_s = Math.min(dayStart(same, zone) + now_s - dayStart(day, zone), dayStart(addDays(same, 1), zone));
  return {
    range: earlier,
    whole: same > earlier.from ? { from: earlier.from, to: addDays(same, -1) } : null,
    part: { day: same, until_s },
    length_s: until_s - begin_s,
    held_s,
  };
}

function startOf(by: By, day: Day): Day {
  if (by === "week") return addDays(day, -weekday(day));
  if (by === "month") return `${day.slice(0, 7)}-01`;
  if (by === "year" || by === "all") return `${day.slice(0, 4)}-01-01`;
  return day;
}

function endOf(by: By, from: Day): Day {
  if (by === "week") return addDays(from, 6);
  if (by === "month") return addDays(addMonths(from, 1), -1);
  if (by === "year") return `${from.slice(0, 4)}-12-31`;
  return from;
}
