/** The chosen language, and how a text of it gets its parameters. It knows no catalogue: each page has its own. */

export type Language = "en" | "sv";

/** A text, or one for each plural category that its language has; `n` chooses (Intl.PluralRules). */
export type Entry = string | { readonly one: string; readonly other: string };
export type Params = Readonly<Record<string, string | number>>;

/** The languages that there are, each by its own name. */
export const LANGUAGES: Readonly<Record<Language, string>> = { en: "English", sv: "Svenska" };

const KEPT_AS = "ngair.language";
const listeners = new Set<() => void>();

let chosen: Language = initial();

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

/** An entry with `{name}` replaced by the parameters; numbers as that language writes them. */
export function put(entry: Entry, params: Params, of: Language): string {
  const template = typeof entry === "string" ? entry : entry[category(of, params["n"])];
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? new Intl.NumberFormat(locale(of)).format(value) : value;
  });
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
  return typeof value === "string" && Object.prototype.hasOwnProperty.call(LANGUAGES, value);
}
