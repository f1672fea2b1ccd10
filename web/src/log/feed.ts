/** The entries that a filter lets through: page by page downwards, and what happens since. */

import { get, Problem } from "../api.ts";
import { live } from "../live.ts";
import type { Entries, Entry } from "../types.ts";
import { t } from "../words/index.ts";

export type Filters = Readonly<Record<"kinds" | "subject" | "from" | "to", string | null>>;

const EVENTS = "/api/v1/events";
/** Of a page; and of what is new, more than happens between two looks. */
const ROWS = 60;
const NEWS_MS = 3000;
/** So many are held: a page of a phone must not grow without end. */
const ROWS_MAX = 3000;

export class Feed {
  /** The newest first; null before the first answer. */
  entries: readonly Entry[] | null = null;
  /** Whether older ones can be asked for. */
  more = false;
  /** Why there is nothing, or no more; empty while all is well. */
  problem = "";
  loading = false;

  readonly #changed: () => void;
  #filters: Filters = { kinds: null, subject: null, from: null, to: null };
  #asking: AbortController | null = null;
  #looked_ms = 0;
  #returns = 0;

  /** `changed` is called back whenever anything here has. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** Begin anew with other filters. */
  begin(filters: Filters): void {
    this.#filters = filters;
    this.entries = null;
    void this.#load();
  }

  stop(): void {
    this.#asking?.abort();
  }

  get isFull(): boolean {
    return (this.entries?.length ?? 0) >= ROWS_MAX;
  }

  /** The next page downwards. */
  async older(): Promise<void> {
    const last = this.entries?.at(-1);
    if (this.loading || !this.more || last === undefined || this.isFull) return;
    const asking = this.#asking;
    this.loading = true;
    try {
      const found = await this.#ask(asking?.signal, last.seq);
      if (asking !== this.#asking) return;
      // So much may have happened meanwhile that the list is another one: these do not follow on it.
      if (this.entries?.at(-1)?.seq === last.seq) {
        this.entries = [...this.entries, ...without(found.entries, this.entries)];
        this.more = found.more;
      }
      this.problem = "";
    } catch (error) {
      if (asking?.signal.aborted) return;
      this.more = false;
      this.problem = told(error);
    }
    this.loading = false;
    this.#changed();
  }

  /** Whenever the box has spoken: every few seconds there is a look at what has happened since. */
  follow(): void {
    if (this.loading || this.entries === null || live.state !== "up") return;
    if (performance.now() - this.#looked_ms < NEWS_MS) return;
    this.#looked_ms = performance.now();
    void (this.problem || live.returns !== this.#returns ? this.#load() : this.#news());
  }

  async #load(): Promise<void> {
    this.#asking?.abort();
    const asking = (this.#asking = new AbortController());
    this.#returns = live.returns;
    this.loading = true;
    try {
      const found = await this.#ask(asking.signal);
      this.entries = found.entries;
      this.more = found.more;
      this.problem = "";
    } catch (error) {
      if (asking.signal.aborted) return;
      this.entries ??= [];
      this.problem = told(error);
    }
    this.#looked_ms = performance.now();
    this.loading = false;
    this.#changed();
  }

  async #news(): Promise<void> {
    const asking = this.#asking;
    try {
      const found = await this.#ask(asking?.signal);
      if (asking !== this.#asking || this.entries === null) return;
      const fresh = without(found.entries, this.entries);
      if (!fresh.length) return;
      // More than a page has happened since the last look: what is between is asked for on the way down.
      const meets = found.entries.length > fresh.length || !found.more;
      this.entries = meets ? [...found.entries, ...without(this.entries, found.entries)] : found.entries;
      if (!meets) this.more = found.more;
      this.#changed();
    } catch {
      // The shell says when the box does not answer; the next look is soon.
    }
  }

  #ask(signal: AbortSignal | undefined, before: number | null = null): Promise<Entries> {
    return get<Entries>(EVENTS, { ...this.#filters, before, limit: ROWS }, signal);
  }
}

/** Those that are not among others. They stand by their time: what is written together may have its numbers otherwise. */
function without(entries: readonly Entry[], others: readonly Entry[]): Entry[] {
  const known = new Set(others.map(({ seq }) => seq));
  return entries.filter(({ seq }) => !known.has(seq));
}

/** Why there is no answer. */
export function told(error: unknown): string {
  return error instanceof Problem && error.status ? error.detail : t("log.no_answer");
}
