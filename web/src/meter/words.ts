/** What the box says of a telegram, in the chosen language; as it says it where the catalogue has no word for it. */

import { number } from "../format.ts";
import { isKey, t } from "../words/index.ts";
import type { TelegramLine } from "./types.ts";

/** What a value is. */
export function meaning(text: string): string {
  const phase = /^(L[123]) (.+)$/.exec(text);
  if (phase) return t("meter.of_phase", { phase: phase[1] ?? "", what: named("m", phase[2] ?? "") });
  const tariff = /^(import|export) tariff (\d)$/.exec(text);
  if (!tariff) return named("m", text);
  return t("meter.of_tariff", { what: named("m", `energy ${tariff[1]}`), n: tariff[2] ?? "" });
}

/** What was read, with its unit. */
export function value(line: TelegramLine): string {
  if (!line.unit) return line.meaning === "clock" ? line.value.replace("T", " ") : line.value;
  const read = Number(line.value);
  return `${Number.isFinite(read) ? number(read, 0, 3) : line.value}\u00a0${line.unit}`;
}

/** A field of the reading. */
export function fieldName(field: string): string {
  return named("f", field);
}

/** How a link fares. */
export function linkName(link: string): string {
  return named("link", link);
}

/** Why input was refused. */
export function reasonName(reason: string): string {
  return named("reason", reason);
}

/** What to do about a reason; the box's own English text where the catalogue has none of its own. */
export function remedy(reason: string, told: string): string {
  const key = `meter.remedy_${reason.replace(/ /g, "_")}`;
  return isKey(key) ? t(key) : told;
}

/** What the box calls a thing, in the chosen language where the catalogue has it. */
function named(prefix: string, name: string): string {
  const key = `meter.${prefix}_${name.toLowerCase().replace(/[^a-z0-9]+/g, "_")}`;
  return isKey(key) ? t(key) : name;
}
