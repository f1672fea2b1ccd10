/** The sessions that go on: asked for once a minute, and when an outlet's state changes. */

import type { ReactiveController, ReactiveControllerHost } from "lit";
import { get } from "../api.ts";
import { live } from "../live.ts";
import type { Outlet, Session, Sessions } from "../types.ts";

const PERIOD_MS = 60_000;
/** The box writes a change of state before it tells of it, but not much before. */
const SETTLED_MS = 1500;
const LIMIT = 40;

export class RunningSessions implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  #running: readonly Session[] = [];
  #currency: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
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
    this.#states = "";
  }

  #look(): void {
    const outlets = live.site?.chargers.flatMap((charger) => charger.outlets) ?? [];
    const states = [live.site?.memory?.state, ...outlets.map(({ serial, id, state }) => `${serial}/${id}:${state}`)].join();
    if (states === this.#states) return;
    this.#states = states;
    this.#plan(SETTLED_MS);
  }

  #plan(after_ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), after_ms);
  }

  async #ask(): Promise<void> {
    this.#plan(PERIOD_MS);
    // A box that keeps nothing, or cannot yet, is not asked for it.
    const memory = live.site?.memory?.state;
    if (live.state !== "up" || (memory !== "up" && memory !== "failing")) return;
    try {
      const found = await get<Sessions>("/api/v1/sessions", { limit: LIMIT });
      this.#running = found.sessions.filter((one) => one.unplugged_at === null);
      this.#currency = found.currency;
      this.#asked_ms = performance.now();
      this.#host.requestUpdate();
    } catch {
      // What was known stays; it is asked for again in a minute.
    }
  }
}
