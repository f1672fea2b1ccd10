/** What flows where in the house, as far as anybody can know it. */

import { outletVerdict } from "./verdict.ts";
import type { SiteDocument } from "../types.ts";

export interface CarFlow {
  readonly name: string;
  /** `null`: its charger has told nothing. */
  readonly power_w: number | null;
  readonly plugged: boolean;
}

export interface Flows {
  /** From the grid; negative: to it. */
  readonly grid_w: number | null;
  /** What the house takes without the cars, after its own sun; negative where the sun covers it and more. */
  readonly house_w: number | null;
  /** What the sun must give at least; `null`: nothing measures it, and nothing follows. */
  readonly sun_w: number | null;
  readonly cars: readonly CarFlow[];
}

/** More outlets than this are shown as one. */
const CARS_MAX = 3;
/** Meters and chargers do not measure at the same moment: so little below zero is nothing. */
const NOISE_W = 60;

export function flows(site: SiteDocument): Flows {
  const reading = site.meter.reading;
  const taken_w = reading?.power_import_w ?? null, given_w = reading?.power_export_w ?? null;
  const grid_w = taken_w === null && given_w === null ? null : (taken_w ?? 0) - (given_w ?? 0);
  const each = site.chargers.flatMap((charger) => charger.outlets.map((outlet): CarFlow => ({
    name: `${charger.serial}/${outlet.id}`,
    power_w: outlet.age_s === null ? null : outlet.power_w,
    plugged: outletVerdict(outlet, charger).kind !== "no_car",
  })));
  const charged_w = sum(each);
  const rest_w = grid_w === null || charged_w === null ? null : grid_w - charged_w;
  const house_w = rest_w !== null && rest_w < 0 && rest_w > -NOISE_W ? 0 : rest_w;
  return { grid_w, house_w, sun_w: house_w !== null && house_w < 0 ? -house_w : null, cars: few(each) };
}

function few(each: readonly CarFlow[]): readonly CarFlow[] {
  if (each.length <= CARS_MAX) return each;
  return [{ name: "", power_w: sum(each), plugged: each.some((one) => one.plugged) }];
}

function sum(each: readonly CarFlow[]): number | null {
  return each.reduce<number | null>((all_w, { power_w }) =>
    (all_w === null || power_w === null ? null : all_w + power_w), 0);
}
