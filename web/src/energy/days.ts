/** Local calendar days as `YYYY-MM-DD`, which compare and sort as text, and what they are in a time zone. */

export type Day = string;

export const FIRST_DAY: Day = "2000-01-01";
export const LAST_DAY: Day = "2199-12-31";

/** A day as it stands in an address; `null` for what is none. */
export function readDay(text: string | null | undefined): Day | null {
  if (!text || !/^\d{4}-\d{2}-\d{2}$/.test(text) || text < FIRST_DAY || text > LAST_DAY) return null;
  const date = new Date(`${text}T00:00:00Z`);
  return Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== text ? null : text;
}

export function addDays(day: Day, days: number): Day {
  const date = asDate(day);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

/** Only for the first of a month: no other day is in every month. */
export function addMonths(first: Day, months: number): Day {
  const date = asDate(first);
  date.setUTCMonth(date.getUTCMonth() + months);
  return date.toISOString().slice(0, 10);
}

/** Whole days from one to another. */
export function daysBetween(from: Day, to: Day): number {
  return Math.round((asDate(to).getTime() - asDate(from).getTime()) / 86_400_000);
}

/** 0 is Monday. */
export function weekday(day: Day): number {
  return (asDate(day).getUTCDay() + 6) % 7;
}

/** A day as a moment of UTC, for formats that are told to use UTC. */
export function asDate(day: Day): Date {
  return new Date(`${day}T00:00:00Z`);
}

/** When a local day begins, in seconds since 1970. Where the clock jumps over midnight, the day begins behind it. */
export function dayStart(day: Day, zone: string): number {
  const utc_s = asDate(day).getTime() / 1000;
  const first = utc_s - offset_s(utc_s, zone);
  const second = utc_s - offset_s(first, zone);
  return localDay(second, zone) < day ? Math.max(first, second) : second;
}

/** The local day of a moment. */
export function localDay(at_s: number, zone: string): Day {
  return new Date((at_s + offset_s(at_s, zone)) * 1000).toISOString().slice(0, 10);
}

/** How far a zone is ahead of UTC at a moment. */
export function offset_s(at_s: number, zone: string): number {
  const parts: Record<string, number> = {};
  for (const { type, value } of clock(zone).formatToParts(at_s * 1000)) parts[type] = Number(value);
  const local = Date.UTC(parts.year!, parts.month! - 1, parts.day!, parts.hour!, parts.minute!, parts.second!);
  return local / 1000 - Math.floor(at_s);
}

/** Whether this browser knows a zone by its name. */
export function isZone(zone: string): boolean {
  try {
    return Boolean(clock(zone));
  } catch {
    return false;
  }
}

const clocks = new Map<string, Intl.DateTimeFormat>();

function clock(zone: string): Intl.DateTimeFormat {
  let found = clocks.get(zone);
  if (!found) {
    found = new Intl.DateTimeFormat("en", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric",
      hour: "numeric", minute: "numeric", second: "numeric",
    });
    clocks.set(zone, found);
  }
  return found;
}
