/** The proof that whoever sits here knows the box's password: a token of the box, kept in this browser. */

const KEPT_AS = "ngair.token";
const listeners = new Set<() => void>();

let held: string | null = initial();
let asking: Promise<string | null> | null = null;

/** The proof, if there is one. Whether it is still good only the box knows. */
export function token(): string | null {
  return held;
}

/** Keep a proof, or none. */
export function keep(next: string | null): void {
  held = next;
  try {
    if (next === null) localStorage.removeItem(KEPT_AS);
    else localStorage.setItem(KEPT_AS, next);
  } catch {
    // A browser that keeps nothing asks again at the next visit.
  }
  for (const listener of [...listeners]) listener();
}

/** This one is no longer good. */
export function forget(bad: string): void {
  if (held === bad) keep(null);
}

/** Ask the person for the password, and keep the proof; null where they would not. */
export function unlock(): Promise<string | null> {
  // Several changes may wait for one answer.
  return (asking ??= import("./lock/dialog.ts")
    .then(({ askPassword }) => askPassword())
    .finally(() => (asking = null)));
}

/** Calls back after each signing in and out; returns what ends that. */
export function onLock(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function initial(): string | null {
  try {
    return localStorage.getItem(KEPT_AS);
  } catch {
    return null;
  }
}
