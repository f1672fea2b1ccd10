/** Figures that keep their decimals: as many as this meter has shown. So they neither jump nor promise too much. */

import { number, UNKNOWN } from "../format.ts";

const shown = new Map<string, number>();

/** `value` with as many decimals as the field has had so far, up to `most`. */
export function steady(field: string, value: number | null, most: number): string {
  if (value === null) return UNKNOWN;
  const digits = (String(Math.round(Math.abs(value) * 100) / 100).split(".")[1] ?? "").length;
  const kept = Math.min(most, Math.max(shown.get(field) ?? 0, digits));
  shown.set(field, kept);
  return number(value, kept);
}
