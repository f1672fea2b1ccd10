/** The words of the page in the chosen language. */

import { en } from "./en.ts";
import { type Entry, type Language, language, type Params, put } from "./language.ts";
import { sv } from "./sv.ts";

export { type Language, language, LANGUAGES, locale, onLanguage, type Params, setLanguage } from "./language.ts";

export type Words = typeof en;

type Group = keyof Words;
/** `group.name` of an entry of the catalogue. */
export type Key = { [G in Group]: `${G}.${Extract<keyof Words[G], string>}` }[Group];

const CATALOGUE: Readonly<Record<Language, Words>> = { en, sv };

/** The entry in the chosen language, with `{name}` replaced by the parameters; numbers as that language writes them. */
export function t(key: Key, params: Params = {}): string {
  return text(language(), key, params);
}

/** As `t`, in a language of choice. */
export function text(language: Language, key: Key, params: Params = {}): string {
  const dot = key.indexOf(".");
  const group: Readonly<Record<string, Entry>> = CATALOGUE[language][key.slice(0, dot) as Group];
  const entry = group[key.slice(dot + 1)];
  return entry === undefined ? key : put(entry, params, language);
}

/** Whether the catalogue has such an entry: for keys that are made of what the box tells. */
export function isKey(key: string): key is Key {
  const dot = key.indexOf(".");
  const group = key.slice(0, dot);
  return Object.hasOwn(en, group) && Object.hasOwn(en[group as Group], key.slice(dot + 1));
}
