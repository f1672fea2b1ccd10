/** What ranges and bars are called, in the chosen language and by the house's clock. */

import { date, fromDay, hourMinute, toDay } from "../format.ts";
import { locale, t } from "../words/index.ts";
import { addDays, offset_s, weekday, type Day } from "./days.ts";
import type { Range, Slot, Step } from "./range.ts";

/** `Sunday 22 March 2026`, `Week 12, 16–22 March 2026`, `March 2026`, `2026`, `2024–2026`. */
export function rangeLabel(range: Range): string {
  if (range.by === "day") return wholeDay(range.from);
  if (range.by === "week") {
    return t("energy.week_of", { week: String(week(range.from)), days: days(range.from, range.to) });
  }
  if (range.by === "month") return date(fromDay(range.from), { month: "long", year: "numeric" }, "UTC");
  const [first, last] = [range.from.slice(0, 4), range.to.slice(0, 4)];
  return first === last ? first : `${first}–${last}`;
}

/** What a range is called beside another: `February`, `week 11`, `Saturday 21 March`, `2025`. */
export function shortLabel(range: Range): string {
  if (range.by === "day") return date(fromDay(range.from), { weekday: "long", day: "numeric", month: "long" }, "UTC");
  if (range.by === "week") return t("energy.week", { week: String(week(range.from)) });
  if (range.by === "month") return date(fromDay(range.from), { month: "long" }, "UTC");
  return range.from.slice(0, 4);
}

/** `22 March 2026`, `16–22 March 2026`. */
export function days(from: Day, to: Day): string {
  const format = new Intl.DateTimeFormat(locale(), { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  return from === to ? format.format(fromDay(from)) : format.formatRange(fromDay(from), fromDay(to));
}

/** What a bar is called in full. An hour that the clock shows twice has its zone behind it. */
export function slotLabel(slot: Slot, step: Step, zone: string): string {
  if (step === "day") return wholeDay(slot.from);
  if (step === "month") return date(fromDay(slot.from), { month: "long", year: "numeric" }, "UTC");
  if (step === "year") return slot.from.slice(0, 4);
  // The end by the clock of the begin: that clock is not set until then.
  const end_ms = (slot.to_s + offset_s(slot.from_s, zone)) * 1000;
  const hours = `${hourMinute(slot.from_s * 1000, zone)}–${hourMinute(end_ms, "UTC")}`;
  return isTwice(slot.from_s, zone) ? `${hours} ${zoneName(slot.from_s, zone)}` : hours;
}

/** What a bar is called in the first column of a table. */
export function rowLabel(slot: Slot, step: Step, zone: string): string {
  if (step !== "day") return slotLabel(slot, step, zone);
  return date(fromDay(slot.from), { weekday: "short", day: "numeric", month: "short" }, "UTC");
}

/** What stands below a bar. */
export function axisLabel(slot: Slot, range: Range, zone: string): string {
  if (range.step === "hour") return hourMinute(slot.from_s * 1000, zone).slice(0, 2);
  if (range.by === "week") return date(fromDay(slot.from), { weekday: "short" }, "UTC");
  if (range.step === "day") return String(Number(slot.from.slice(8)));
  if (range.step === "month") return date(fromDay(slot.from), { month: "short" }, "UTC").replace(".", "");
  return slot.from.slice(0, 4);
}

/** `Sun 22 Mar 14:05`; with the year where it is not `today`'s. */
export function moment(at: string, zone: string, today: Day): string {
  const day = toDay(new Date(at), zone), year = day.slice(0, 4) === today.slice(0, 4) ? {}
    : { year: "numeric" as const };
  const words = date(new Date(at), { weekday: "short", day: "numeric", month: "short", ...year }, zone);
  return `${words} ${hourMinute(new Date(at), zone)}`;
}

/** As `moment`, but only the time on the day when it began. */
export function until(from: string, to: string, zone: string, today: Day): string {
  const isSame = toDay(new Date(from), zone) === toDay(new Date(to), zone);
  return isSame ? hourMinute(new Date(to), zone) : moment(to, zone, today);
}

function wholeDay(day: Day): string {
  return date(fromDay(day), { weekday: "long", day: "numeric", month: "long", year: "numeric" }, "UTC");
}

/** Number of a week by ISO 8601: that of its Thursday. */
function week(monday: Day): number {
  const thursday = addDays(monday, 3 - weekday(monday));
  const first = fromDay(`${thursday.slice(0, 4)}-01-01`).getTime();
  return 1 + Math.floor((fromDay(thursday).getTime() - first) / (7 * 86_400_000));
}

function isTwice(at_s: number, zone: string): boolean {
  const here = offset_s(at_s, zone);
  return offset_s(at_s + 3600, zone) < here || offset_s(at_s - 3600, zone) > here;
}

function zoneName(at_s: number, zone: string): string {
  const parts = new Intl.DateTimeFormat(locale(), { timeZone: zone, timeZoneName: "short" }).formatToParts(at_s * 1000);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
}
