/** Dark or light: as the device, unless chosen; the choice is kept. */

export type Look = "auto" | "light" | "dark";

const KEPT_AS = "ngair.look";
const dark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

let chosen: Look = initial();

export function look(): Look {
  return chosen;
}

/** What is shown, whoever chose it. */
export function scheme(): "light" | "dark" {
  return chosen === "auto" ? (dark.matches ? "dark" : "light") : chosen;
}

export function setLook(next: Look): void {
  chosen = next;
  try {
    localStorage.setItem(KEPT_AS, next);
  } catch {
    // A browser that keeps nothing still shows it.
  }
  show();
}

/** Calls back after each change between dark and light, for what is drawn on canvas; returns what ends that. */
export function onScheme(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The value of a colour of the theme, such as `--in`. */
export function colour(name: `--${string}`): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function show(): void {
  const root = document.documentElement;
  if (root.dataset["theme"] === scheme()) return;
  root.dataset["theme"] = scheme();
  document.querySelector('meta[name="theme-color"]')?.setAttribute("content", colour("--bg"));
  for (const listener of [...listeners]) listener();
}

function initial(): Look {
  try {
    const kept = localStorage.getItem(KEPT_AS);
    if (kept === "light" || kept === "dark") return kept;
  } catch {
    // As if nothing were kept.
  }
  return "auto";
}

dark.addEventListener("change", show);
show();
