import type { ReactiveController, ReactiveControllerHost } from "lit";

const PERIOD_MS = 500;

/** Renders its host twice a second: ages and countdowns go on between two documents. */
export class Tick implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostConnected(): void {
    this.#timer = setInterval(() => this.#host.requestUpdate(), PERIOD_MS);
  }

  hostDisconnected(): void {
    clearInterval(this.#timer);
  }
}
