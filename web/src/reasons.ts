/** Why a setpoint is what it is, and what a fail-safe does, in the chosen language. */

import { number } from "./format.ts";
import { en } from "./words/en.ts";
import { type Key, isKey, language, t } from "./words/index.ts";

/** A setpoint with its reason, as an outlet, a log entry, or an answer to "why" has it. */
export interface Reasoned {
  readonly reason?: string | null;
  readonly text?: string | null;
  readonly rule: string | null;
  readonly fuse?: string | null;
  readonly phase?: string | null;
  readonly reason_detail?: { readonly fuse: string | null; readonly phase: string | null } | null;
}

/** The longest text that is looked through; the box's own are far shorter. */
const LONGEST = 400;

/** The box's own sentences: a template of the English catalogue each, read backwards to get at its figures. */
const SENTENCES = Object.entries(en.now)
  .filter((entry): entry is [string, string] => /^(reason|safe)_/.test(entry[0]) && typeof entry[1] === "string")
  .map(([name, template]) => ({ key: `now.${name}` as Key, pattern: pattern(template) }));

/**
 * Why, for a person. The box tells it in English: in another language the same sentence with the same figures, or,
 * where the box says something that this page does not know, what the rule means.
 */
export function reasonText(of: Reasoned): string {
  const told = of.reason ?? of.text ?? "";
  const said = sentence(told);
  if (said !== null) return said;
  const line = lineName(of.fuse ?? of.reason_detail?.fuse ?? null, of.phase ?? of.reason_detail?.phase ?? null);
  const key = `now.rule_${of.rule ?? ""}`;
  if (told && (language() === "en" || !isKey(key))) return told;
  return isKey(key) ? t(key, { line }) : "";
}

/** What a fail-safe is about, what the box does, what to do. */
export function failSafeText(told: string): string {
  return sentence(told) ?? told;
}

/** What a countdown leads to, with the time that is left; by the rule that counts down. */
export function countdownText(rule: string | null, left_s: number): string {
  const key = `now.after_${rule ?? ""}`;
  return t(isKey(key) ? key : "now.after_other", { time: secondsLeft(left_s) });
}

/** Seconds, or minutes from two of them on. */
export function secondsLeft(left_s: number): string {
  const s = Math.max(0, Math.ceil(left_s));
  return s < 120 ? t("now.seconds", { n: s }) : t("now.minutes", { n: Math.ceil(s / 60) });
}

/** What a person calls a limit: a phase, or the power, of a fuse. */
export function lineName(fuse: string | null, phase: string | null): string {
  const main = fuse === null || fuse === "main";
  if (phase !== null) return main ? phase : t("now.line_phase_of", { phase, fuse });
  return main ? t("now.line_power") : t("now.line_power_of", { fuse });
}

/** A known sentence of the box in the chosen language; `null`: not one of them. */
function sentence(told: string): string | null {
  if (!told || told.length > LONGEST) return null;
  for (const { key, pattern } of SENTENCES) {
    const found = pattern.exec(told);
    if (!found) continue;
    const params: Record<string, string> = {};
    for (const [name, value] of Object.entries(found.groups ?? {})) params[name] = said(name, value);
    return t(key, params);
  }
  return null;
}

function pattern(template: string): RegExp {
  const parts = template.split(/\{(\w+)\}/);
  return new RegExp(`^${parts.map((part, index) => (index % 2 ? `(?<${part}>.+?)` : literal(part))).join("")}$`);
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** One figure or name of a sentence in the chosen language. */
function said(name: string, value: string): string {
  if (/^-?\d+(\.\d+)?$/.test(value)) return number(Number(value), 0, 2);
  if (name === "line") return saidLine(value);
  if (name === "beside") return saidCars(value);
  const who = /^charger (.+), outlet (\d+),$/.exec(value);
  return who ? t("now.who", { serial: who[1] ?? "", id: who[2] ?? "" }) : value;
}

function saidLine(value: string): string {
  const phase = /^(L[123])(?: of (.+))?$/.exec(value);
  if (phase) return lineName(phase[2] ?? null, phase[1] ?? null);
  const power = /^Power of (.+)$/.exec(value);
  return power ? lineName(power[1] === "the house" ? null : power[1] ?? null, null) : value;
}

function saidCars(value: string): string {
  const many = /^(\d+) other cars$/.exec(value);
  return t("now.other_cars", { n: many ? Number(many[1]) : 1 });
}
