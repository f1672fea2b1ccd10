/** Asking the box: documents, and changes with the token that they need. */

const TIMEOUT_MS = 10_000;

export type Value = string | number | boolean | null | undefined;
export type Parameters = Readonly<Record<string, Value>>;

/** What the box answered instead of a document, or that it did not answer: then `status` is 0. */
export class Problem extends Error {
  readonly status: number;
  readonly detail: string;

  constructor(status: number, detail: string) {
    super(detail || `status ${status}`);
    this.status = status;
    this.detail = detail;
  }
}

let token: Promise<string> | null = null;

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
export async function change<T>(method: "PATCH" | "POST" | "PUT" | "DELETE", path: string, body: object): Promise<T> {
  const attempt = async (): Promise<Response> => {
    const headers = { "Content-Type": "application/json", "X-Ngair-Token": await current() };
    return ask(path, { method, headers, body: JSON.stringify(body) });
  };
  let response: Response;
  try {
    response = await attempt();
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 403) throw error;
    token = null; // The box was started again since: it has another one.
    response = await attempt();
  }
  return (await response.json()) as T;
}

function current(): Promise<string> {
  const asked = (token ??= get<{ token: string }>("/api/v1/token").then((answer) => answer.token));
  asked.catch(() => {
    if (token === asked) token = null;
  });
  return asked;
}

async function ask(path: string, how: RequestInit, signal?: AbortSignal): Promise<Response> {
  const limits = [AbortSignal.timeout(TIMEOUT_MS), ...(signal ? [signal] : [])];
  let response: Response;
  try {
    response = await fetch(path, { ...how, signal: AbortSignal.any(limits) });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, "");
  }
  if (!response.ok) throw new Problem(response.status, await detail(response));
  return response;
}

async function detail(response: Response): Promise<string> {
  try {
    const problem: unknown = await response.json();
    if (typeof problem === "object" && problem !== null && "detail" in problem) return String(problem.detail);
  } catch {
    // No problem+json: the status has to do.
  }
  return "";
}
