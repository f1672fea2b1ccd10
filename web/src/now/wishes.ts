/** Asking for changes: what was asked, what the box answered, and what went wrong, by the path that it was asked of. */

import { change, Problem } from "../api.ts";
import { live } from "../live.ts";
import { t } from "../words/index.ts";

type Body = Readonly<Record<string, number | boolean | null>>;

export interface Asked {
  /** Whether an answer is due. */
  readonly busy: boolean;
  /** What is asked for until it is answered, so that a choice stays where it was put. */
  readonly wanted: Body;
  readonly problem: string;
}

interface Entry extends Asked {
  readonly answer?: object;
  readonly answered_ms?: number;
  /** Asked for while an answer was due, in that order. */
  readonly next?: readonly Change[];
}

type Change = readonly [way: string, body: Body];

/** A document that was on its way while a change was answered comes within this. */
const OVERTAKEN_MS = 3000;
const NOTHING: Asked = { busy: false, wanted: {}, problem: "" };

export class Wishes {
  readonly #entries = new Map<string, Entry>();
  readonly #show: () => void;

  /** `show` is called after each step. */
  constructor(show: () => void) {
    this.#show = show;
  }

  of(path: string): Asked {
    return this.#entries.get(path) ?? NOTHING;
  }

  /** The document, or what the box answered to a change where the document cannot know of it yet. */
  newest<T extends object>(path: string, document: T, same: (answer: T, document: T) => boolean): T {
    const entry = this.#entries.get(path);
    if (!entry?.answer || entry.answered_ms === undefined) return document;
    const { answer: answered, answered_ms, ...rest } = entry, answer = answered as T;
    if (!same(answer, document) && performance.now() - answered_ms < OVERTAKEN_MS) return answer;
    // What is still asked for stays so.
    if (rest.problem || rest.busy) this.#entries.set(path, rest);
    else this.#entries.delete(path);
    return document;
  }

  /** Ask for one change. `way` is what stands behind the path: empty for PATCH, else a verb for POST. */
  async ask(path: string, way: string, body: Body): Promise<void> {
    const before = this.#entries.get(path);
    if (before?.busy) {
      const next = [...(before.next ?? []), [way, body] as const];
      this.#entries.set(path, { ...before, wanted: { ...before.wanted, ...body }, next });
      return;
    }
    this.#set(path, { ...before, busy: true, wanted: body, problem: "" });
    let entry: Entry = { ...NOTHING };
    try {
      const answer = await change<object>(way ? "POST" : "PATCH", path + way, body);
      entry = { ...NOTHING, answer, answered_ms: performance.now() };
    } catch (error) {
      entry = { ...NOTHING, problem: problem(error) };
    }
    const due = this.#entries.get(path)?.next ?? [];
    this.#set(path, entry);
    await Promise.all(due.map((one) => this.ask(path, ...one)));
  }

  #set(path: string, entry: Entry): void {
    this.#entries.set(path, entry);
    this.#show();
  }
}

function problem(error: unknown): string {
  if (!(error instanceof Problem)) return String(error);
  if (error.status === 0) return t("now.unanswered");
  return error.detail || t("now.refused_change", { status: String(error.status) });
}

/** Seconds that are left of what the last document counted down. */
export function leftOf(countdown_s: number | null | undefined): number | null {
  return countdown_s === null || countdown_s === undefined ? null : Math.max(0, countdown_s - live.age_ms / 1000);
}
