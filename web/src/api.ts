/** Asking the box: documents, and changes with the token that they need. */

import { forget, token, unlock } from "./lock.ts";
import { t } from "./words/index.ts";

const TIMEOUT_MS = 10_000;
export const TOKEN = "X-Ngair-Token";
/** Tells the box that it is its own page that asks: no refusal then makes a browser ask for a password by itself. */
export const OURS = { "X-Ngair-Page": "1" };

export type Value = string | number | boolean | null | undefined;
export type Parameters = Readonly<Record<string, Value>>;

type Asked = RequestInit & { readonly headers?: Readonly<Record<string, string>> };

/** What the box answered instead of a document, or that it did not answer: then `status` is 0. */
export class Problem extends Error {
  readonly status: number;
  readonly detail: string;
  /** Seconds after which it may be asked again, where the box tells. */
  readonly wait_s: number | null;

  constructor(status: number, detail: string, wait_s: number | null = null) {
    super(detail || `status ${status}`);
    this.status = status;
    this.detail = detail;
    this.wait_s = wait_s;
  }
}

/** A document. Parameters that are null or undefined are left out. Throws `Problem`. */
export async function get<T>(path: string, parameters: Parameters = {}, signal?: AbortSignal): Promise<T> {
  // "no-cache" asks with the last ETag: an unchanged document costs the box no body.
  const response = await ask(address(path, parameters), { cache: "no-cache" }, signal);
  try {
    return (await response.json()) as T;
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, ""); // It went away in the middle of its answer.
  }
}

/** The address of a document with its parameters, for links. */
export function address(path: string, parameters: Parameters = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null && value !== undefined) query.set(name, String(value));
  }
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

/** Ask for a change, and what became of it. Throws `Problem`; with status 0 nobody knows whether it was done. */
export function change<T>(method: "PATCH" | "POST" | "PUT" | "DELETE", path: string, body: object): Promise<T> {
  return proven((proof) => send<T>(method, path, body, proof));
}

/** Do something with the proof that the password is known, which is asked for where it is missing or no longer good. */
export async function proven<T>(attempt: (proof: string) => Promise<T>): Promise<T> {
  const kept = token();
  if (kept !== null) {
    try {
      return await attempt(kept);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      forget(kept);
    }
  }
  const proof = await unlock();
  if (proof === null) throw new Problem(401, t("lock.needed"));
  return attempt(proof);
}

/** Send a document, with a proof or without one. Throws `Problem`. */
export async function send<T>(method: string, path: string, body: object, proof: string | null): Promise<T> {
  const headers = { "Content-Type": "application/json", ...(proof === null ? {} : { [TOKEN]: proof }) };
  const response = await ask(path, { method, headers, body: JSON.stringify(body) });
  try {
    return (await response.json()) as T;
  } catch {
    throw new Problem(0, ""); // It went away in the middle of its answer.
  }
}

async function ask(path: string, how: Asked, signal?: AbortSignal): Promise<Response> {
  const limits = [AbortSignal.timeout(TIMEOUT_MS), ...(signal ? [signal] : [])];
  let response: Response;
  try {
    response = await fetch(path, { ...how, headers: { ...OURS, ...how.headers }, signal: AbortSignal.any(limits) });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, "");
  }
  if (response.ok) return response;
  throw problemOf(response.status, await response.text().catch(() => ""), response.headers.get("Retry-After"));
}

/** What a refusal says. */
export function problemOf(status: number, body: string, retryAfter: string | null): Problem {
  const wait_s = retryAfter === null ? null : Number(retryAfter) || null;
  try {
    const problem: unknown = JSON.parse(body);
    const told = typeof problem === "object" && problem !== null && "detail" in problem;
    return new Problem(status, told ? String(problem.detail) : "", wait_s);
  } catch {
    return new Problem(status, "", wait_s); // No problem+json: the status has to do.
  }
}
