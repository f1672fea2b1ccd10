/** The sessions that go on: asked for once a minute, and more often after an outlet's state has changed. */

import type { ReactiveController, ReactiveControllerHost } from "lit";
import { get } from "../api.ts";
import { live } from "../live.ts";
import type { Outlet, Session, Sessions } from "../types.ts";

const PERIOD_MS = 60_000;
/** The box writes a change of state about when it tells of it: so long after it is looked, then after twice as long. */
const SETTLED_MS = 1500;
const LIMIT = 40;

export class RunningSessions implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  #running: readonly Session[] = [];
  #currency: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #next_ms = PERIOD_MS;
  #asking: AbortController | null = null;
  #states = "";
  #asked_ms = 0;
  #stop: (() => void) | null = null;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  get currency(): string | null {
    return this.#currency;
  }

  /** The session at an outlet; `null` where there is none, or none is remembered. */
  at({ serial, id }: Outlet): Session | null {
    return this.#running.find((one) => one.serial === serial && one.id === id) ?? null;
  }

  /** Seconds since the sessions were asked for. */
  get age_s(): number {
    return (performance.now() - this.#asked_ms) / 1000;
  }

  hostConnected(): void {
    this.#stop = live.subscribe(() => this.#look());
    this.#plan(0);
  }

  hostDisconnected(): void {
    this.#stop?.();
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#states = "";
  }

  #look(): void {
    const outlets = live.site?.chargers.flatMap((charger) => charger.outlets) ?? [];
    const each = outlets.map(({ serial, id, state }) => `${serial}/${id}:${state}`);
    const states = [live.returns, live.site?.memory?.state, ...each].join();
    if (states === this.#states) return;
    this.#states = states;
    this.#next_ms = SETTLED_MS;
    this.#plan(SETTLED_MS);
  }

  #plan(after_ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), after_ms);
  }

  async #ask(): Promise<void> {
    this.#next_ms = Math.min(this.#next_ms * 2, PERIOD_MS);
    this.#plan(this.#next_ms);
    // A box that keeps nothing, or cannot yet, is not asked for it.
    const memory = live.site?.memory?.state;
    if (live.state !== "up" || (memory !== "up" && memory !== "failing")) return;
    // An older answer must not come behind a newer one.
    this.#asking?.abort();
    this.#asking = new AbortController();
    try {
      const found = await get<Sessions>("/api/v1/sessions", { limit: LIMIT }, this.#asking.signal);
      this.#running = found.sessions.filter((one) => one.unplugged_at === null);
      this.#currency = found.currency;
      this.#asked_ms = performance.now();
      this.#host.requestUpdate();
    } catch {
      // What was known stays; it is asked for again within a minute.
    }
  }
}
