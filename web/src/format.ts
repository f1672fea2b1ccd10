/** Figures, times and dates as the chosen language writes them. Unknown (null) is a dash, never zero. */

import { locale } from "./words/index.ts";

export const UNKNOWN = "–";

/** A figure and its unit, apart, so that a page can show them in two sizes. */
export type Figure = readonly [figure: string, unit: string];

const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

/** A number with `digits` decimals, or with as many as it has up to `most`. */
export function number(value: number | null, digits = 0, most = digits): string {
  if (value === null || !Number.isFinite(value)) return UNKNOWN;
  const options = { minimumFractionDigits: digits, maximumFractionDigits: Math.max(digits, most) };
  // No "-0": what rounds to nothing has no sign.
  return numbers(options).format(value).replace(/^[-−](?=[0.,\s]*$)/, "");
}

/** Power: W below 1 kW, then kW with three digits that count. */
export function power(value_w: number | null): Figure {
  if (value_w === null) return [UNKNOWN, "W"];
  const size_w = Math.abs(Math.round(value_w));
  if (size_w < 1000) return [number(Math.round(value_w)), "W"];
  return [number(value_w / 1000, size_w < 9995 ? 2 : size_w < 99950 ? 1 : 0), "kW"];
}

/** Energy: Wh below 1 kWh, then kWh, or MWh from 10 000 kWh. */
export function energy(value_wh: number | null): Figure {
  if (value_wh === null) return [UNKNOWN, "kWh"];
  const size_wh = Math.abs(value_wh);
  if (size_wh < 1000) return [number(Math.round(value_wh)), "Wh"];
  if (size_wh < 1e7) return [number(value_wh / 1000, size_wh < 99950 ? 2 : size_wh < 999500 ? 1 : 0), "kWh"];
  return [number(value_wh / 1e6, 2), "MWh"];
}

/** Energy in kWh, whatever its size, with so many decimals. */
export function kwh(value_wh: number | null, digits = 1): string {
  return number(value_wh === null ? null : value_wh / 1000, digits);
}

/** A figure with its unit as one text; they never part at the end of a line. */
export function together([figure, unit]: Figure): string {
  return `${figure}\u00a0${unit}`;
}

export function amps(value_a: number | null, digits = 0, most = 2): string {
  return together([number(value_a, digits, most), "A"]);
}

export function volts(value_v: number | null): string {
  return together([number(value_v, 0, 1), "V"]);
}

/** Money in a currency of ISO 4217; any other name stands behind the amount. */
export function money(value: number | null, currency: string): string {
  if (value === null) return UNKNOWN;
  if (!/^[A-Z]{3}$/.test(currency)) return together([number(value, 2), currency]);
  return numbers({ style: "currency", currency }).format(value);
}

/** A share from 0 to 1. */
export function percent(share: number | null): string {
  return share === null ? UNKNOWN : numbers({ style: "percent", maximumFractionDigits: 0 }).format(share);
}

/** How long: `40 s`, `12 min`, `3 h 5 min`, `2 d 4 h`. */
export function duration(seconds: number | null): string {
  if (seconds === null) return UNKNOWN;
  const s = Math.max(0, Math.floor(seconds));
  const m = Math.floor(s / 60);
  const h = Math.floor(m / 60);
  if (s < 60) return together([number(s), "s"]);
  if (m < 60) return together([number(m), "min"]);
  const [first, rest] = h < 48 ? [together([number(h), "h"]), m % 60] : [together([number(h / 24 | 0), "d"]), h % 24];
  return rest === 0 ? first : `${first} ${together([number(rest), h < 48 ? "min" : "h"])}`;
}

/** How long ago, in words: `now`, `3 seconds ago`, `yesterday`. */
export function ago(seconds: number | null): string {
  if (seconds === null) return UNKNOWN;
  const s = Math.max(0, Math.floor(seconds));
  const relative = new Intl.RelativeTimeFormat(locale(), { numeric: "auto" });
  if (s < 60) return relative.format(-s, "second");
  if (s < 3600) return relative.format(-Math.floor(s / 60), "minute");
  if (s < 48 * 3600) return relative.format(-Math.floor(s / 3600), "hour");
  return relative.format(-Math.floor(s / 86400), "day");
}

/** Time of day with seconds. `zone`: the house's (IANA), else that of the device. */
export function clock(at: Date | number, zone?: string): string {
  return written(at, { hour: "2-digit", minute: "2-digit", second: "2-digit" }, zone);
}

/** Time of day without seconds. */
export function hourMinute(at: Date | number, zone?: string): string {
  return written(at, { hour: "2-digit", minute: "2-digit" }, zone);
}

/** `22 Nov 2026, 14:05`. */
export function dateTime(at: Date | number, zone?: string): string {
  return written(at, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" }, zone);
}

/** `Sun 22 Nov`. */
export function day(at: Date | number, zone?: string): string {
  return written(at, { weekday: "short", day: "numeric", month: "short" }, zone);
}

/** `22 November 2026`. */
export function longDay(at: Date | number, zone?: string): string {
  return written(at, { day: "numeric", month: "long", year: "numeric" }, zone);
}

/** `November 2026`. */
export function month(at: Date | number, zone?: string): string {
  return written(at, { month: "long", year: "numeric" }, zone);
}

/** Anything else of a date by Intl's own options. */
export function date(at: Date | number, options: Intl.DateTimeFormatOptions, zone?: string): string {
  return written(at, options, zone);
}

/** A local date without a time (`2026-11-22`), as a moment to be formatted in the zone `UTC`. */
export function fromDay(text: string): Date {
  return new Date(`${text.length === 4 ? `${text}-01` : text}${text.length < 8 ? "-01" : ""}T00:00:00Z`);
}

/** The local date of a moment: `2026-11-22`. */
export function toDay(at: Date | number, zone?: string): string {
  const parts = dates({ year: "numeric", month: "2-digit", day: "2-digit" }, zone).formatToParts(at);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}`;
}

function numbers(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `n ${locale()} ${JSON.stringify(options)}`;
  const known = made.get(key);
  if (known instanceof Intl.NumberFormat) return known;
  const format = new Intl.NumberFormat(locale(), options);
  made.set(key, format);
  return format;
}

function written(at: Date | number, options: Intl.DateTimeFormatOptions, zone: string | undefined): string {
  return Number.isNaN(Number(at)) ? UNKNOWN : dates(options, zone).format(at);
}

function dates(options: Intl.DateTimeFormatOptions, zone: string | undefined): Intl.DateTimeFormat {
  const key = `d ${locale()} ${zone ?? ""} ${JSON.stringify(options)}`;
  const known = made.get(key);
  if (known instanceof Intl.DateTimeFormat) return known;
  const hours = "hour" in options ? { hourCycle: "h23" as const } : {};
  const format = zoned({ ...options, ...hours }, zone);
  made.set(key, format);
  return format;
}

/** A box may know zones that are too new for this device: then its times are shown as those of the device. */
function zoned(options: Intl.DateTimeFormatOptions, zone: string | undefined): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat(locale(), zone ? { ...options, timeZone: zone } : options);
  } catch {
    return new Intl.DateTimeFormat(locale(), options);
  }
}

/** The first letter large. */
export function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
