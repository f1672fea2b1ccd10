/** Talking to a box in setup mode. With nothing that the small browsers of sign-in windows may lack. */

import type { Network } from "./networks.ts";

export type SetupState = "off" | "opening" | "open" | "joining" | "telling";

/** GET /api/v1/setup. */
export interface SetupDocument {
  readonly state: SetupState;
  /** What keeps the radio or the access point from working. */
  readonly detail: string;
  readonly error: { readonly failure: string; readonly text: string; readonly ssid: string } | null;
  readonly joined: Joined | null;
  readonly password_set: boolean;
  /** Whether joining has to bring a new password for the box, or may. */
  readonly password_needed: boolean;
  readonly password_may_be_set: boolean;
  readonly access_point: string;
  readonly serial: string;
  readonly radio: boolean;
  /** Strongest first, as they were found last. */
  readonly networks: readonly Network[];
}

export interface Joined {
  readonly ssid: string;
  readonly addresses: readonly string[];
  readonly host_name: string;
}

export interface JoinBody {
  readonly ssid: string;
  readonly wifi_password: string | null;
  readonly password: string | null;
}

/** It was refused; with status 0 no answer came, and nobody knows whether anything was done. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

const SETUP = "/api/v1/setup";
const ANSWER_MS = 5000;
/** A radio goes through all channels before it knows who is in reach. */
const SCAN_MS = 20_000;

/** Where setup mode stands. Throws `Refusal`. */
export async function ask(): Promise<SetupDocument> {
  return (await send("GET", SETUP, null, ANSWER_MS)) as SetupDocument;
}

/** Have the box look for networks anew. Throws `Refusal`. */
export async function scan(): Promise<void> {
  await send("GET", "/ssid/", null, SCAN_MS);
}

/** Have a network tried. Throws `Refusal`. */
export async function join(body: JoinBody): Promise<SetupDocument> {
  return (await send("POST", `${SETUP}/join`, body, ANSWER_MS)) as SetupDocument;
}

/** The address was seen: the access point may close. Throws `Refusal`. */
export async function done(): Promise<void> {
  await send("POST", `${SETUP}/done`, {}, ANSWER_MS);
}

async function send(method: string, path: string, body: object | null, limit_ms: number): Promise<unknown> {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), limit_ms);
  try {
    const headers = { "X-Ngair-Page": "1", ...(body && { "Content-Type": "application/json" }) };
    const how = { method, headers, body: body && JSON.stringify(body), signal: patience.signal };
    const response = await fetch(path, { ...how, cache: "no-store" });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Refusal(response.status, (answer as { detail?: string } | null)?.detail ?? "");
    return answer;
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(0, "");
  } finally {
    clearTimeout(timer);
  }
}
