/** What has to be said at once, whatever page is open: most important first. */

import { capital, clock, number } from "./format.ts";
import type { Icon } from "./icons.ts";
import type { LiveState } from "./live.ts";
import { failSafeText } from "./reasons.ts";
import type { Tone } from "./summary.ts";
import type { FailSafe, SiteDocument, Update } from "./types.ts";
import { isKey, t } from "./words/index.ts";

export interface Banner {
  readonly id: string;
  readonly tone: Tone;
  readonly icon: Icon;
  readonly title: string;
  readonly detail: string;
  /** Seconds until its next step, as of the last document. */
  readonly countdown_s: number | null;
}

export function banners(site: SiteDocument | null, state: LiveState, lostSince: number | null): Banner[] {
  if (state === "lost") return [lost(lostSince)];
  if (site === null) return [];
  return [...meter(site), ...failSafes(site), ...memory(site), ...update(site)];
}

function lost(since: number | null): Banner {
  const detail = since === null ? t("shell.box_lost_ever") : t("shell.box_lost_since", { time: clock(since) });
  return banner("box", "over", "warning", t("shell.box_lost"), detail);
}

function meter({ meter: told }: SiteDocument): Banner[] {
  const say = (tone: Tone, title: string, general: string): Banner[] => [
    banner("meter", tone, "warning", title, told.link_detail || general),
  ];
  if (told.link === "lost") return say("over", t("shell.meter_lost"), t("shell.meter_lost_detail"));
  if (told.link === "silent") return say("over", t("shell.meter_silent"), t("shell.meter_silent_detail"));
  if (told.link === "ended") return say("in", t("shell.meter_ended"), "");
  const key = (["key wrong", "key missing"] as const).find((reason) => told.rejected[reason]);
  if (key && !told.fresh) {
    const title = t(key === "key wrong" ? "shell.key_wrong" : "shell.key_missing");
    return [banner("meter", "over", "warning", title, capital(told.remedies[key] ?? ""))];
  }
  if (told.reading === null) {
    const refused = Object.keys(told.rejected).length > 0;
    return say("in", t("shell.meter_waiting"), t(refused ? "shell.meter_refused_detail" : "shell.meter_waiting_detail"));
  }
  return told.fresh ? [] : say("near", t("shell.meter_old"), t("shell.meter_old_detail"));
}

/** Where nothing charges, only a charger that cannot be found matters. */
function failSafes(site: SiteDocument): Banner[] {
  const shown = site.fail_safes.filter(({ kind }) => site.chargers.length > 0 || kind === "charger silent");
  return shown.map((one, index) => ({
    ...banner(`fail-safe ${index}`, /silent|impossible/.test(one.kind) ? "over" : "near", "shield", name(one), failSafeText(one.text)),
    countdown_s: one.countdown_s,
  }));
}

function name({ kind, subject }: FailSafe): string {
  const key = `fail_safe.${kind.replaceAll(" ", "_")}`;
  const words = isKey(key) ? t(key) : capital(kind);
  return subject && subject !== "main" ? `${words}: ${subject}` : words;
}

function memory({ memory: told, clock: shows }: SiteDocument): Banner[] {
  if (shows === "unset") return [banner("clock", "near", "warning", t("shell.clock_unset"), t("shell.clock_unset_detail"))];
  if (told?.state !== "failing") return [];
  return [banner("memory", "near", "disk", t("shell.memory_failing"), told.detail || t("shell.memory_failing_detail"))];
}

/** What failed waits on the place Box: it hurts nobody. */
function update({ update: told }: SiteDocument): Banner[] {
  const words = told && updateState(told);
  return words ? [banner("update", "in", "again", t("update.on_its_way"), words)] : [];
}

/** How far new firmware is; empty where none is on its way. */
export function updateState({ state, progress, holding }: Update): string {
  if (state === "idle" || state === "failed") return "";
  const words = t(`update.now_${state}`);
  if (state === "receiving") return `${words}: ${number(progress)}\u00a0%`;
  return holding ? `${words}. ${t("update.holding")}` : words;
}

/** Why it failed: the box tells it in a word that has a translation, and in a sentence that may have none. */
export function updateFailure(reason: string, told: string): string {
  const key = `update.${reason.replaceAll(" ", "_")}`;
  return isKey(key) ? t(key) : told;
}

function banner(id: string, tone: Tone, icon: Icon, title: string, detail: string): Banner {
  return { id, tone, icon, title, detail, countdown_s: null };
}
