/** Networks in reach, and what their names and passwords may be. */

export type Security = "open" | "wep" | "psk" | "sae" | "enterprise";

export interface Network {
  /** Its name as text: bytes that are no UTF-8 as `\xNN`. */
  readonly ssid: string;
  /** 0 to 100. */
  readonly strength: number;
  readonly security: Security;
}

const SSID_MAX_BYTES = 32;
export const PASSWORD_MIN = 8;
const PASSWORD_MAX = 128;

/** How many of four bars. */
export function bars(strength: number): number {
  return Math.min(4, Math.max(1, Math.ceil(strength / 25)));
}

/** A name to be looked at: what nobody would see of it has a picture. It is never sent. */
export function visible(name: string): string {
  const seen = name.replace(/[\0-\x1f]/g, (one) => String.fromCharCode(0x2400 + one.charCodeAt(0)));
  return seen.trim() === "" ? seen.replace(/\s/g, "\u2423") : seen.replace(/\x7f/g, "\u2421");
}

/** A name that somebody typed, as the box takes it: there, `\xNN` stands for a byte. */
export function typed(name: string): string {
  return name.replace(/\\(?=x[0-9a-f]{2})/gi, "\\x5c");
}

/** Whether a network can be called so. */
export function isName(name: string): boolean {
  const { length } = new TextEncoder().encode(name);
  return length > 0 && length <= SSID_MAX_BYTES;
}

/** Whether it can be the password of such a network: 8 to 63 characters or 64 hex digits (IEEE 802.11, J.4.1). */
export function isKey(password: string, security: Security | null): boolean {
  if (security === "open") return true;
  if (security === "sae") return password.length > 0;
  if (security === "wep") return [5, 10, 13, 26].includes(password.length);
  if (security === null && password === "") return true; // By hand: it may be an open one.
  const { length } = new TextEncoder().encode(password);
  return (length >= 8 && length <= 63) || /^[0-9a-f]{64}$/i.test(password);
}

/** Whether it can be the box's own password. */
export function isPassword(password: string): boolean {
  const { length } = [...password.normalize("NFC")];
  return length >= PASSWORD_MIN && length <= PASSWORD_MAX;
}
