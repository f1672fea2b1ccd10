/** The words of the page in the chosen language. */

import { en } from "./en.ts";
import { sv } from "./sv.ts";

export type Words = typeof en;
export type Language = "en" | "sv";

/** A text, or one for each plural category that its language has; `n` chooses (Intl.PluralRules). */
type Entry = string | { one: string; other: string };
type Group = keyof Words;
/** `group.name` of an entry of the catalogue. */
export type Key = { [G in Group]: `${G}.${Extract<keyof Words[G], string>}` }[Group];
export type Params = Readonly<Record<string, string | number>>;

/** The languages that there are, each by its own name. */
export const LANGUAGES: Readonly<Record<Language, string>> = { en: "English", sv: "Svenska" };

const CATALOGUE: Readonly<Record<Language, Words>> = { en, sv };
const KEPT_AS = "ngair.language";
const listeners = new Set<() => void>();

let chosen: Language = initial();

/** The entry in the chosen language, with `{name}` replaced by the parameters; numbers as that language writes them. */
export function t(key: Key, params: Params = {}): string {
  return text(chosen, key, params);
}

/** As `t`, in a language of choice. */
export function text(language: Language, key: Key, params: Params = {}): string {
  const dot = key.indexOf(".");
  const group: Readonly<Record<string, Entry>> = CATALOGUE[language][key.slice(0, dot) as Group];
  const entry = group[key.slice(dot + 1)];
  if (entry === undefined) return key;
  const template = typeof entry === "string" ? entry : entry[category(language, params["n"])];
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? new Intl.NumberFormat(locale(language)).format(value) : value;
  });
}

/** Whether the catalogue has such an entry: for keys that are made of what the box tells. */
export function isKey(key: string): key is Key {
  const dot = key.indexOf(".");
  const group = key.slice(0, dot);
  return Object.hasOwn(en, group) && Object.hasOwn(en[group as Group], key.slice(dot + 1));
}

export function language(): Language {
  return chosen;
}

/** The chosen language as Intl knows it; English with the order of days and the clock of Europe. */
export function locale(of: Language = chosen): string {
  return of === "en" ? "en-GB" : "sv-SE";
}

/** Show everything in this language from now on, and at the next visit. */
export function setLanguage(next: Language): void {
  chosen = next;
  try {
    localStorage.setItem(KEPT_AS, next);
  } catch {
    // A browser that keeps nothing still shows it.
  }
  for (const listener of [...listeners]) listener();
}

/** Calls back after each change of the language; returns what ends that. */
export function onLanguage(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function category(of: Language, n: string | number | undefined): "one" | "other" {
  return typeof n === "number" && new Intl.PluralRules(locale(of)).select(n) === "one" ? "one" : "other";
}

function initial(): Language {
  try {
    const kept = localStorage.getItem(KEPT_AS);
    if (isLanguage(kept)) return kept;
  } catch {
    // As if nothing were kept.
  }
  const asked = typeof navigator === "undefined" ? [] : navigator.languages;
  return asked.map((tag) => tag.slice(0, 2).toLowerCase()).find(isLanguage) ?? "en";
}

function isLanguage(value: string | null | undefined): value is Language {
  return typeof value === "string" && Object.hasOwn(LANGUAGES, value);
}
