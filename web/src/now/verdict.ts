/** Whether it charges, and if not, why: in a few words, for one outlet and for the house. */

import { amps, power, together } from "../format.ts";
import type { Icon } from "../icons.ts";
import type { LiveState } from "../live.ts";
import { lineName } from "../reasons.ts";
import { CHARGING, FAULTED, type Tone } from "../summary.ts";
import type { Charger, Outlet, SiteDocument } from "../types.ts";
import { t } from "../words/index.ts";

const AVAILABLE = 0, PREPARING = 1, SUSPENDED_BY_CAR = 4, FINISHING = 5, RESERVED = 6, UNAVAILABLE = 7;

/** What matters most comes first where several outlets do not charge. */
const KINDS = ["charging", "fault", "lost", "no_data", "waiting", "paused", "starting", "full", "ended", "reserved",
  "unavailable", "no_car"] as const;
export type Kind = (typeof KINDS)[number];

export interface Verdict {
  readonly kind: Kind;
  readonly tone: Tone;
  readonly icon: Icon;
  readonly title: string;
}

export interface Glance {
  readonly tone: Tone;
  readonly icon: Icon;
  readonly title: string;
  /** The outlet that it speaks of, whose reason stands below; `null` where it is not one alone. */
  readonly outlet: Outlet | null;
  readonly detail: string;
}

/** The house in one line. */
export function glance(site: SiteDocument | null, state: LiveState): Glance {
  const plain = (tone: Tone, icon: Icon, title: string, detail = ""): Glance =>
    ({ tone, icon, title, detail, outlet: null });
  if (state === "lost") return plain("over", "warning", t("now.glance_box_lost"), t("now.glance_box_lost_detail"));
  if (site === null) return plain("", "now", t("now.glance_connecting"));
  const all = site.chargers.flatMap((charger) =>
    charger.outlets.map((outlet) => ({ outlet, verdict: outletVerdict(outlet, charger) })));
  if (!all.length) return withoutChargers(site, plain);
  const charging = all.filter(({ verdict }) => verdict.kind === "charging");
  if (charging.length) {
    const power_w = charging.reduce((sum, { outlet }) => sum + outlet.power_w, 0);
    const blind = charging.find(({ outlet }) => outlet.rule === "fallback");
    const detail = blind ? t("now.no_data_amps", { current: amps(blind.outlet.setpoint_a) })
      : all.length > 1 ? t("now.glance_some", { n: charging.length, all: all.length }) : "";
    const tone = blind ? "near" : "calm", title = t("now.charging", { power: together(power(power_w)) });
    return { tone, icon: "now", title, detail, outlet: charging.length === 1 ? charging[0]?.outlet ?? null : null };
  }
  const [first] = all.sort((one, other) => KINDS.indexOf(one.verdict.kind) - KINDS.indexOf(other.verdict.kind));
  if (!first) return withoutChargers(site, plain);
  const { outlet, verdict: { tone, icon, title } } = first;
  return { tone, icon, title, outlet, detail: "" };
}

/** One outlet in one line. */
export function outletVerdict(outlet: Outlet, charger: Charger): Verdict {
  const { state, setpoint_a } = outlet;
  const verdict = (kind: Kind, tone: Tone, icon: Icon, title: string): Verdict => ({ kind, tone, icon, title });
  if (!charger.connected) {
    const never = charger.age_s === null;
    return verdict("lost", never ? "near" : "over", "warning", t(never ? "now.never_reached" : "now.charger_lost"));
  }
  if (state === FAULTED) return verdict("fault", "over", "warning", t("now.fault"));
  if (state === UNAVAILABLE) return verdict("unavailable", "near", "warning", t("now.unavailable"));
  if (state === CHARGING) {
    const tone = outlet.rule === "fallback" || outlet.rule === "hold" ? "near" : "calm";
    return verdict("charging", tone, "now", t("now.charging", { power: together(power(outlet.power_w)) }));
  }
  if (outlet.wish.paused && state !== AVAILABLE) return verdict("paused", "in", "pause", t("now.paused"));
  if (state === RESERVED) return verdict("reserved", "", "plug", t("now.reserved"));
  if (state === AVAILABLE) return verdict("no_car", "", "plug", t("now.no_car"));
  if (state === SUSPENDED_BY_CAR) return verdict("full", "in", "good", t("now.full"));
  if (state === FINISHING) return verdict("ended", "in", "good", t("now.ended"));
  if (outlet.rule === "fallback") {
    const words = setpoint_a ? t("now.no_data_amps", { current: amps(setpoint_a) }) : t("now.no_data_waits");
    return verdict("no_data", "near", "warning", words);
  }
  if (setpoint_a) {
    return verdict("starting", "in", "plug", t(state === PREPARING ? "now.may_begin" : "now.charger_waits"));
  }
  return verdict("waiting", "near", "clock", waiting(outlet));
}

function waiting({ rule, reason_detail }: Outlet): string {
  const fuse = reason_detail?.fuse ?? null, phase = reason_detail?.phase ?? null;
  switch (rule) {
    case "turn": return t("now.waits_turn");
    case "proving": return t("now.waits_proving");
    case "start": return t("now.waits_start");
    case "hold": return t("now.waits_data");
    case "power": return t("now.waits_power", { line: lineName(fuse, null) });
    case "fuse": case "share": case "ready":
      if (phase === null) return t("now.waits_room");
      return fuse === null || fuse === "main" ? t("now.waits_main", { phase }) : t("now.waits_fuse", { fuse, phase });
    default: return t("now.waits");
  }
}

type Plain = (tone: Tone, icon: Icon, title: string, detail?: string) => Glance;

/** A house that charges nothing: what it takes or gives. */
function withoutChargers(site: SiteDocument, plain: Plain): Glance {
  const { reading, fresh, link } = site.meter;
  if (reading === null) return plain("in", "clock", t("now.waiting_meter"), site.meter.link_detail);
  if (!fresh || link !== "up") return plain("over", "warning", t("now.no_data"), site.meter.link_detail);
  if (site.charger_links.length) return plain("near", "clock", t("now.no_charger_yet"), t("now.no_charger_yet_detail"));
  const taken_w = reading.power_import_w, given_w = reading.power_export_w;
  if (taken_w === null && given_w === null) return plain("", "grid", t("now.grid_unknown"));
  const net_w = (taken_w ?? 0) - (given_w ?? 0), words = { power: together(power(Math.abs(net_w))) };
  if (net_w < 0) return plain("out", "grid", t("now.giving", words), t("now.no_charger"));
  return plain("in", "grid", t("now.taking", words), t("now.no_charger"));
}
