/** The house in a few words: for the pill beside the name and for the title of the window. */

import { together, power } from "./format.ts";
import type { LiveState } from "./live.ts";
import type { Outlet, SiteDocument } from "./types.ts";
import { t } from "./words/index.ts";

export type Tone = "" | "calm" | "in" | "out" | "near" | "over";

export interface Summary {
  readonly words: string;
  readonly tone: Tone;
}

export const CHARGING = 2;
export const FAULTED = 8;
/** A car is plugged in and would charge, but does not. */
const WAITING: ReadonlySet<number> = new Set([1, 3]);

export function summary(site: SiteDocument | null, state: LiveState): Summary {
  if (state === "lost") return { words: t("shell.state_lost"), tone: "over" };
  if (site === null) return { words: t("shell.state_connecting"), tone: "" };
  const outlets = site.chargers.flatMap((charger) => (charger.connected ? charger.outlets : []));
  const charging = outlets.filter((outlet) => outlet.state === CHARGING);
  if (charging.length) {
    const words = t("shell.state_charging", { power: together(power(charged_w(charging))) });
    return { words, tone: site.fail_safes.length ? "near" : "calm" };
  }
  if (outlets.some((outlet) => outlet.state === FAULTED)) return { words: t("shell.state_fault"), tone: "over" };
  if (site.meter.reading === null || !site.meter.fresh) return { words: t("shell.state_no_meter"), tone: "near" };
  if (site.chargers.length && site.fail_safes.length) return { words: t("shell.state_fail_safe"), tone: "near" };
  if (outlets.some(({ state: one, setpoint_a }) => WAITING.has(one) && setpoint_a === 0)) {
    return { words: t("shell.state_paused"), tone: "near" };
  }
  return site.chargers.length ? { words: t("shell.state_idle"), tone: "" } : grid(site);
}

function grid({ meter }: SiteDocument): Summary {
  const taken_w = meter.reading?.power_import_w ?? null;
  const given_w = meter.reading?.power_export_w ?? null;
  if (taken_w === null && given_w === null) return { words: t("shell.state_unknown"), tone: "" };
  const net_w = (taken_w ?? 0) - (given_w ?? 0);
  const words = together(power(Math.abs(net_w)));
  return net_w < 0
    ? { words: t("shell.state_out", { power: words }), tone: "out" }
    : { words: t("shell.state_in", { power: words }), tone: "in" };
}

function charged_w(outlets: readonly Outlet[]): number {
  return Math.round(outlets.reduce((sum, outlet) => sum + outlet.power_w, 0));
}
