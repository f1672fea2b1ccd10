/** The five places and their addresses: `#/`, `#/energy?by=day`. */

import type { Key } from "./words/index.ts";

export const PLACES = ["now", "energy", "log", "meter", "box"] as const;

export type Place = (typeof PLACES)[number];

export interface Route {
  readonly place: Place;
  readonly query: URLSearchParams;
}

/** Where an address leads; to the first place from one that is none. */
export function route(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  return { place: PLACES.find((place) => place === path) ?? "now", query: new URLSearchParams(query) };
}

/** The address of a place. */
export function address(place: Place, parameters: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams(parameters).toString();
  return `#/${place === "now" ? "" : place}${query ? `?${query}` : ""}`;
}

/** Its name in the catalogue. */
export function title(place: Place): Key {
  return `shell.${place}`;
}
