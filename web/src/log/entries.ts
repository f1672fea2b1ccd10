/** What an entry of the log says, in the chosen language. A kind that is not known here says what the box says. */

import { amps, duration, energy, number, together } from "../format.ts";
import type { Icon } from "../icons.ts";
import { reasonName } from "../meter/words.ts";
import { failSafeText, reasonText } from "../reasons.ts";
import type { Charger, Entry } from "../types.ts";
import { updateFailure } from "../banners.ts";
import { isKey, type Key, t } from "../words/index.ts";

export type Tone = "" | "calm" | "in" | "near" | "over";

export interface Said {
  readonly icon: Icon;
  readonly tone: Tone;
  readonly title: string;
  /** More of it; empty where the title says all. */
  readonly detail: string;
  /** What it concerns; empty: the box. */
  readonly subject: string;
}

/** The filters and the kinds that each lets through. */
export const GROUPS = {
  charging: ["setpoint", "plugged", "unplugged", "wish"],
  limits: ["limit", "limit over", "over fuse", "over fuse over"],
  faults: ["fault", "fault over", "fail-safe", "fail-safe over", "refused", "memory lost"],
  links: ["meter up", "meter lost", "charger up", "charger lost", "network up", "network lost"],
  box: [
    "started", "stopped", "meter changed", "counter jumped", "clock stepped", "updated", "update failed", "setup",
    "password set",
  ],
} as const;

export type Group = keyof typeof GROUPS;
export const GROUP_NAMES = Object.keys(GROUPS) as readonly Group[];

const LOOKS: Readonly<Record<string, readonly [Icon, Tone]>> = {
  setpoint: ["now", "in"],
  plugged: ["car", "calm"],
  unplugged: ["car", ""],
  wish: ["choices", "in"],
  limit: ["shield", "near"],
  "limit over": ["shield", "calm"],
  "over fuse": ["warning", "over"],
  "over fuse over": ["good", "calm"],
  fault: ["warning", "over"],
  "fault over": ["good", "calm"],
  "fail-safe": ["shield", "near"],
  "fail-safe over": ["good", "calm"],
  refused: ["meter", "near"],
  "memory lost": ["disk", "over"],
  "meter up": ["meter", "calm"],
  "meter lost": ["meter", "over"],
  "charger up": ["good", "calm"],
  "charger lost": ["warning", "over"],
  "meter changed": ["meter", "near"],
  "counter jumped": ["energy", "near"],
  "clock stepped": ["again", "near"],
  started: ["box", "in"],
  stopped: ["box", ""],
  updated: ["again", "calm"],
  "update failed": ["again", "near"],
  setup: ["box", "in"],
  "network up": ["good", "calm"],
  "network lost": ["warning", "near"],
  "password set": ["shield", "in"],
};

export function say(entry: Entry, chargers: readonly Charger[]): Said {
  const [icon, tone] = LOOKS[entry.kind] ?? ["log", ""];
  const [title, detail] = words(entry);
  return { icon, tone, title, detail, subject: subjectName(entry, chargers) };
}

/** What a person calls an outlet: its number, with the charger's where there are several; alone, or in a sentence. */
export function outletName(series: string, chargers: readonly Charger[], inside = false): string {
  const cut = series.lastIndexOf("/");
  const [serial, id] = [series.slice(0, cut), series.slice(cut + 1)];
  const alone = chargers.length === 1 && chargers[0]?.serial === serial;
  if (inside) return alone ? t("log.the_outlet", { id }) : t("log.the_outlet_of", { id, serial });
  return alone ? t("log.outlet", { id }) : t("log.outlet_of", { id, serial });
}

function subjectName({ kind, subject }: Entry, chargers: readonly Charger[]): string {
  if (!subject) return "";
  if (/\/\d{1,3}$/.test(subject)) return outletName(subject, chargers);
  if (subject === "main") return kind.startsWith("over fuse") ? t("log.main_fuse") : "";
  if (chargers.some(({ serial }) => serial === subject) || kind.startsWith("charger")) {
    return t("log.charger", { serial: subject });
  }
  return t("log.fuse", { fuse: subject });
}

function words(entry: Entry): readonly [string, string] {
  const { kind, detail } = entry;
  switch (kind) {
    case "setpoint":
      return [setpoint(figure(detail, "before_a"), figure(detail, "setpoint_a")), reasonText(reasoned(entry))];
    case "limit":
      return [t("log.k_limit"), reasonText(reasoned(entry))];
    case "over fuse":
      return [t("log.k_over_fuse", { phase: text(detail, "phase") }), t("log.d_over_fuse", {
        current: amps(figure(detail, "current_a"), 0, 1), rating: amps(figure(detail, "rating_a")),
      })];
    case "over fuse over":
      return [t("log.k_over_fuse_over", { phase: text(detail, "phase") }), t("log.d_over_fuse_over", {
        time: duration(figure(detail, "seconds")), most: amps(figure(detail, "most_a"), 0, 1),
      })];
    case "fail-safe":
      return [failSafe(detail), failSafeText(entry.text)];
    case "fail-safe over":
      return [t("log.k_over", { what: failSafe(detail) }), ""];
    case "unplugged":
      return [t("log.k_unplugged"), t("log.d_unplugged", { energy: together(energy(figure(detail, "energy_wh"))) })];
    case "started":
      return started(detail);
    case "clock stepped":
      return [t("log.k_clock_stepped"), stepped(figure(detail, "by_s"))];
    case "refused":
      return [t("log.k_refused"), `${reasonName(text(detail, "reason"))} (${number(figure(detail, "count"))})`];
    case "meter changed":
    case "counter jumped":
      return [known(kind, entry.text), t("log.d_counter", {
        from: together(energy(figure(detail, "from_wh"))), to: together(energy(figure(detail, "to_wh"))),
      })];
    case "memory lost":
      return [t("log.k_memory_lost"), t("log.d_memory_lost", { n: figure(detail, "samples") ?? 0 })];
    case "wish":
      return [t("log.k_wish"), Object.entries(detail).map(([name, value]) => wish(name, value)).join(", ")];
    case "meter lost":
      return [t("log.k_meter_lost"), entry.text.split(": ").slice(1).join(": ")];
    case "updated":
      return [t("log.k_updated", { version: text(detail, "version") }), ""];
    case "update failed":
      return [t("log.k_update_failed"), updateFailure(text(detail, "reason"), entry.text)];
    case "network up":
      return [t("log.k_network_up"), text(detail, "ssid")];
    case "plugged":
      return [t(entry.text.endsWith("already") ? "log.k_plugged_already" : "log.k_plugged"), ""];
    default:
      return [known(kind, entry.text), ""];
  }
}

function reasoned({ text: told, detail }: Entry): Parameters<typeof reasonText>[0] {
  const part = (name: string): string | null => text(detail, name) || null;
  return { text: told, rule: part("rule"), fuse: part("fuse"), phase: part("phase") };
}

function setpoint(before_a: number | null, setpoint_a: number | null): string {
  if (before_a === null) return t("log.k_setpoint_first", { amps: amps(setpoint_a) });
  if (before_a === setpoint_a) return t("log.k_setpoint_same", { amps: amps(setpoint_a) });
  return t("log.k_setpoint", { before: amps(before_a), amps: amps(setpoint_a) });
}

function started(detail: Entry["detail"]): readonly [string, string] {
  const down_s = figure(detail, "down_s");
  const title = t("log.k_started", { version: text(detail, "version") });
  if (detail["clean"] === false) return [title, t("log.d_cut_off", { time: duration(down_s) })];
  return [title, down_s === null ? t("log.d_first_start") : t("log.d_was_off", { time: duration(down_s) })];
}

function stepped(by_s: number | null): string {
  if (by_s === null) return "";
  return t(by_s < 0 ? "log.d_back" : "log.d_forward", { time: duration(Math.abs(by_s)) });
}

function failSafe(detail: Entry["detail"]): string {
  const kind = text(detail, "kind");
  const key = `fail_safe.${kind.replace(/ /g, "_")}`;
  return isKey(key) ? t(key) : kind;
}

function wish(name: string, value: unknown): string {
  if (name === "paused") return t(value === true ? "log.w_paused" : "log.w_resumed");
  const key = `log.w_${name}`;
  if (!isKey(key)) return `${name} ${String(value)}`;
  const said = typeof value !== "number" ? t("log.w_none") : name === "priority" ? number(value) : amps(value);
  return t(key, { value: said });
}

function known(kind: string, told: string): string {
  const key = `log.k_${kind.replace(/[ -]/g, "_")}`;
  return isKey(key) ? t(key as Key) : told;
}

function figure(detail: Entry["detail"], name: string): number | null {
  const value = detail[name];
  return typeof value === "number" ? value : null;
}

function text(detail: Entry["detail"], name: string): string {
  const value = detail[name];
  return typeof value === "string" ? value : "";
}
