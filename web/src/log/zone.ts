/** The box's time zone: its days and clock times are the house's, wherever the page is looked at. */

import { get } from "../api.ts";

interface Told {
  readonly zone: string;
  readonly utc_offset_s: number;
}

let known: Promise<string | undefined> | null = null;

/** By its name; undefined where this browser does not know it, or the box does not tell. */
export function zoned(): Promise<string | undefined> {
  const asked = (known ??= ask());
  asked.catch(() => {
    if (known === asked) known = null;
  });
  return asked.catch(() => undefined);
}

async function ask(): Promise<string | undefined> {
  return zoneOf(await get<Told>("/api/v1/box"));
}

/** Of what the box tells of itself. */
export function zoneOf({ zone, utc_offset_s }: Told): string | undefined {
  return [zone, offset(utc_offset_s)].find(isZone);
}

function offset(seconds: number): string {
  const minutes = Math.round(Math.abs(seconds) / 60);
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${seconds < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function isZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).format(0) !== "";
  } catch {
    return false;
  }
}
