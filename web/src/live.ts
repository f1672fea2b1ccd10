/** What the box says of itself, as it says it: over its event stream, else by asking each second. */

import type { ReactiveController, ReactiveControllerHost } from "lit";
import { get } from "./api.ts";
import { decoded, filled, fromHistory, fromSite, gaps, KEPT_MS, merged, type Span } from "./points.ts";
import type { Point, PowerHistory, SiteDocument } from "./types.ts";

export type LiveState = "connecting" | "up" | "lost";

const STREAM = "/api/v1/stream";
const SITE = "/api/v1/site";
/** The box speaks at least once a second: this is two documents missed. */
const LOST_AFTER_MS = 2500;
const RETRY_FIRST_MS = 300;
const RETRY_MAX_MS = 5000;
const POLL_MS = 1000;
/** So long is asked each second before the stream is tried again. */
const STREAM_AGAIN_MS = 20_000;
/** A page that nobody sees leaves the box alone after this. */
const HIDDEN_MS = 60_000;
const CHECK_MS = 250;
const ANSWER_MS = 4000;
const OUTLETS_MAX = 8;

type Timer = ReturnType<typeof setTimeout>;

class Box {
  /** The last document; null before the first. It is kept while the box does not answer. */
  site: SiteDocument | null = null;
  /** The last hour, oldest first. */
  points: readonly Point[] = [];
  state: LiveState = "connecting";
  /** When the box was last heard (ms since 1970), while it is lost; null where it never was heard. */
  lostSince: number | null = null;
  /** How often the box came back after it was lost. */
  returns = 0;

  readonly #listeners = new Set<() => void>();
  #stream: EventSource | null = null;
  #startedAt = 0;
  #lastId = "";
  #retry: Timer | undefined;
  #retry_ms = RETRY_FIRST_MS;
  /** Ends the asking each second; null while there is none. */
  #asking: AbortController | null = null;
  #poll: Timer | undefined;
  #hide: Timer | undefined;
  #asleep = false;
  #heardAt = performance.now();
  #heardWall: number | null = null;
  #fillDue = false;
  #filledTo_ms = 0;

  /** Begin to listen, for as long as the page is open. */
  start(): void {
    document.addEventListener("visibilitychange", () => this.#seen());
    addEventListener("online", () => this.#asking || this.#asleep || this.#connect());
    setInterval(() => this.#check(), CHECK_MS);
    this.#connect();
  }

  /** Calls back whenever anything here has changed; returns what ends that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ms since the last document came: what the box counts in seconds goes on by this. */
  get age_ms(): number {
    // The wall clock steps, and the page's own one may stop while a device sleeps: the later of both is true.
    return Math.max(performance.now() - this.#heardAt, this.#heardWall === null ? 0 : Date.now() - this.#heardWall);
  }

  #connect(): void {
    this.#disconnect();
    this.#startedAt = performance.now();
    const stream = new EventSource(this.#lastId ? `${STREAM}?last=${encodeURIComponent(this.#lastId)}` : STREAM);
    this.#stream = stream;
    stream.addEventListener("open", () => (this.#fillDue = true));
    stream.addEventListener("points", (event) => {
      this.points = merged(this.points, decoded(parsed<unknown>(event.data)));
    });
    stream.addEventListener("site", (event) => {
      this.#stopAsking();
      this.#retry_ms = RETRY_FIRST_MS;
      if (event.lastEventId) this.#lastId = event.lastEventId;
      const site = parsed<SiteDocument>(event.data);
      if (site !== null) this.#take(site);
    });
    stream.addEventListener("error", () => {
      // Refused by the box (503: it has no room for another), or nobody there. Its own way to retry is too slow.
      const refused = stream.readyState === EventSource.CLOSED;
      this.#disconnect();
      if (refused) this.#ask();
      this.#retry = setTimeout(() => this.#connect(), refused ? STREAM_AGAIN_MS : this.#retry_ms);
      this.#retry_ms = Math.min(this.#retry_ms * 2, RETRY_MAX_MS);
    });
  }

  #disconnect(): void {
    clearTimeout(this.#retry);
    this.#stream?.close();
    this.#stream = null;
  }

  /** Without the stream: ask, each second from start to start. */
  #ask(): void {
    if (this.#asking !== null) return;
    const { signal } = (this.#asking = new AbortController());
    this.#fillDue = true;
    const again = async (): Promise<void> => {
      const started = performance.now();
      await this.#askOnce(signal);
      if (signal.aborted) return;
      this.#poll = setTimeout(() => void again(), Math.max(0, POLL_MS - (performance.now() - started)));
    };
    void again();
  }

  /** What was asked for before is not waited for: the stream has told newer by then, or nobody looks. */
  #stopAsking(): void {
    this.#asking?.abort();
    this.#asking = null;
    clearTimeout(this.#poll);
  }

  async #askOnce(signal: AbortSignal): Promise<void> {
    try {
      const site = await get<SiteDocument>(SITE, {}, AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]));
      const point = fromSite(site);
      if (point !== null) this.points = merged(this.points, [point]);
      this.#take(site);
    } catch {
      // It shows as lost soon enough.
    }
  }

  #take(site: SiteDocument): void {
    if (this.state === "lost") this.returns += 1;
    this.site = site;
    this.#heard();
    this.state = "up";
    this.lostSince = null;
    this.#tell();
    if (this.#fillDue) void this.#fill(site);
  }

  #heard(): void {
    this.#heardAt = performance.now();
    this.#heardWall = Date.now();
  }

  /** What was missed and is not in the stream any more comes from the history, which not every box has. */
  async #fill(site: SiteDocument): Promise<void> {
    const now_ms = Date.parse(site.time);
    if (site.memory?.state === "starting" || Number.isNaN(now_ms)) return;
    this.#fillDue = false;
    const from_ms = Math.max(now_ms - KEPT_MS, this.#filledTo_ms);
    if (site.memory === undefined || site.memory.state === "off") return;
    try {
      for (const gap of gaps(this.points, from_ms, now_ms)) {
        const rows = await history(site, gap);
        // Only now: while the history was asked, the stream went on.
        this.points = filled(this.points, rows);
      }
      this.#filledTo_ms = Math.max(this.#filledTo_ms, now_ms);
      this.#tell();
    } catch {
      // Then the gap stays until the box comes back: a gap is true.
    }
  }

  #check(): void {
    // Timers of a page that nobody sees are late.
    if (this.#asleep || document.hidden || this.age_ms < LOST_AFTER_MS) return;
    const news = this.state !== "lost";
    if (news) {
      this.lostSince = this.#heardWall;
      this.state = "lost";
      this.#tell();
    }
    // A connection may be dead, or never come about, without a word of it: begin anew.
    if (this.#asking === null && (news || performance.now() - this.#startedAt > RETRY_MAX_MS)) this.#connect();
  }

  #seen(): void {
    clearTimeout(this.#hide);
    if (document.hidden) {
      this.#hide = setTimeout(() => {
        this.#asleep = true;
        this.#disconnect();
        this.#stopAsking();
      }, HIDDEN_MS);
    } else if (this.#asleep) {
      this.#asleep = false;
      // Whether it answers shows soon: until then nothing is lost.
      this.#heard();
      this.#connect();
    }
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

export const live = new Box();

/** Renders its host whenever the box has said something, or has fallen silent. */
export class Live implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  #stop: (() => void) | null = null;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  get site(): SiteDocument | null {
    return live.site;
  }

  get points(): readonly Point[] {
    return live.points;
  }

  get state(): LiveState {
    return live.state;
  }

  hostConnected(): void {
    this.#stop = live.subscribe(() => this.#host.requestUpdate());
  }

  hostDisconnected(): void {
    this.#stop?.();
    this.#stop = null;
  }
}

/** What the history knows of a span, of the house and its outlets. */
async function history(site: SiteDocument, { from_ms, to_ms }: Span): Promise<Point[]> {
  const span = { from: Math.floor(from_ms / 1000), to: Math.ceil(to_ms / 1000), step: "10s" };
  const ask = (outlet?: string): Promise<PowerHistory> => get("/api/v1/history/power", { ...span, outlet });
  const outlets = site.chargers.flatMap((charger) => charger.outlets).slice(0, OUTLETS_MAX);
  // A sum that lacks one of them would be wrong: then what the cars took is unknown, but the house is not.
  const charging = Promise.all(outlets.map(({ serial, id }) => ask(`${serial}/${id}`))).catch(() => []);
  return fromHistory(await ask(), await charging);
}

function parsed<T>(text: string): T | null {
  try {
    return JSON.parse(text) as T;
  } catch {
    return null;
  }
}
