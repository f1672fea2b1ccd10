/** What is around every place: the name, how the house is, what has to be said at once, the ways to the places. */

import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { send } from "./api.ts";
import { type Banner, banners } from "./banners.ts";
import { NgElement } from "./element.ts";
import { icon } from "./icons.ts";
import { Live, live } from "./live.ts";
import { keep, onLock, token, unlock } from "./lock.ts";
import { address, type Place, PLACES, type Route, route, title } from "./routes.ts";
import { summary } from "./summary.ts";
import { type Look, look, setLook } from "./theme.ts";
import { isOutdated } from "./version.ts";
import { language, LANGUAGES, type Language, setLanguage, t } from "./words/index.ts";

const LOADERS: Readonly<Record<Place, () => Promise<unknown>>> = {
  now: () => import("./now/page.ts"),
  energy: () => import("./energy/page.ts"),
  log: () => import("./log/page.ts"),
  meter: () => import("./meter/page.ts"),
  box: () => import("./box/page.ts"),
};
const BACK_SHOWN_MS = 6000;

class NgShell extends NgElement {
  static override properties = {
    route: { state: true },
    loaded: { state: true },
    failed: { state: true },
    back: { state: true },
    outdated: { state: true },
  };

  private route: Route = route(location.hash);
  private loaded: ReadonlySet<Place> = new Set();
  private failed = false;
  private back = false;
  private outdated = false;
  #returns = 0;
  #firmware: string | null = null;
  /** New firmware was on its way while this page looked on: whoever sees that waits for it. */
  #updating = false;
  /** What the box says, for whoever looks at the page from outside: its tests, a console. */
  readonly box = live;
  readonly #live = new Live(this);

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("hashchange", () => this.#go());
    onLock(() => this.requestUpdate());
    // Countdowns go on between two documents.
    setInterval(() => live.site?.fail_safes.length && this.requestUpdate(), 1000);
    void this.#load();
    live.start();
  }

  override render(): TemplateResult {
    const { place } = this.route;
    const { words, tone } = summary(this.#live.site, this.#live.state);
    return html`
      <header class="top">
        <a class="skip" href=${location.hash || "#/"} @click=${this.#skip}>${t("shell.skip")}</a>
        <a class="brand" href="#/">${icon("brand")}<span>ngair</span></a>
        <span class="pill" data-field="state" data-tone=${tone}>${words}</span>
        ${this.#choices()}
      </header>
      <nav class="places" aria-label=${t("shell.places")}>
        ${PLACES.map((one) => this.#link(one, one === place))}
      </nav>
      <div class="notices">
        <div role="status" aria-live="polite" aria-label=${t("shell.notices")} data-field="banners">
          ${repeat(banners(this.#live.site, this.#live.state, live.lostSince), ({ id }) => id, shown)}
          ${this.back ? html`<p class="banner" data-tone="calm">${icon("good")}<strong>${t("shell.box_back")}</strong></p>` : nothing}
          ${this.outdated ? this.#newVersion() : nothing}
        </div>
      </div>
      <main id="content" tabindex="-1" aria-label=${t(title(place))} class=${this.#staleness()}>${this.#page()}</main>
    `;
  }

  override updated(): void {
    document.documentElement.lang = language();
    const { words } = summary(this.#live.site, this.#live.state);
    document.title = `${words} · ${t(title(this.route.place))} · ngair`;
    this.#notice();
  }

  #link(place: Place, current: boolean): TemplateResult {
    return html`<a href=${address(place)} aria-current=${current ? "page" : nothing}>
      ${icon(place)}<span>${t(title(place))}</span>
    </a>`;
  }

  #choices(): TemplateResult {
    const looks = { auto: t("shell.look_auto"), light: t("shell.look_light"), dark: t("shell.look_dark") };
    return html`<details class="choices" @focusout=${closeWhenLeft} @keydown=${closeOnEscape}>
      <summary aria-label=${t("shell.choices")} title=${t("shell.choices")}>${icon("choices")}</summary>
      <div class="card">
        <label><span>${t("shell.look")}</span>
          <select data-field="look" @change=${(event: Event) => this.#look(event)}>
            ${Object.entries(looks).map(([value, words]) => option(value, words, look()))}
          </select>
        </label>
        <label><span>${t("shell.language")}</span>
          <select data-field="language" @change=${chooseLanguage}>
            ${Object.entries(LANGUAGES).map(([value, words]) => option(value, words, language()))}
          </select>
        </label>
        <button type="button" data-field="sign" @click=${sign}>
          ${t(token() === null ? "lock.sign_in" : "lock.sign_out")}</button>
      </div>
    </details>`;
  }

  #newVersion(): TemplateResult {
    return html`<p class="banner" data-tone="in" data-field="new_version">
      ${icon("again")}<strong>${t("shell.new_version")}</strong>
      <button type="button" @click=${() => location.reload()}>${t("shell.reload")}</button>
    </p>`;
  }

  #page(): TemplateResult {
    const { place, query } = this.route;
    if (this.failed) {
      return html`<section class="card"><p>${t("shell.load_failed")}</p>
        <button type="button" @click=${() => void this.#load()}>${t("shell.retry")}</button></section>`;
    }
    if (!this.loaded.has(place)) return html`<p class="soft">${t("shell.loading")}</p>`;
    switch (place) {
      case "now":
        return html`<ng-now .query=${query}></ng-now>`;
      case "energy":
        return html`<ng-energy .query=${query}></ng-energy>`;
      case "log":
        return html`<ng-log .query=${query}></ng-log>`;
      case "meter":
        return html`<ng-meter .query=${query}></ng-meter>`;
      case "box":
        return html`<ng-box .query=${query}></ng-box>`;
    }
  }

  /** Values that are not live stay readable but look it. */
  #staleness(): string {
    const { site, state } = this.#live;
    if (state === "lost") return "stale lost";
    return site !== null && !(site.meter.fresh && site.meter.link === "up") ? "stale" : "";
  }

  #go(): void {
    const before = this.route.place;
    this.route = route(location.hash);
    if (this.route.place === before) return;
    void this.#load();
    scrollTo(0, 0);
    this.querySelector("main")?.focus({ preventScroll: true });
  }

  async #load(): Promise<void> {
    const { place } = this.route;
    this.failed = false;
    if (this.loaded.has(place)) return;
    try {
      await LOADERS[place]();
      this.loaded = new Set([...this.loaded, place]);
    } catch {
      // No contact, or the box has other files by now than this page knows of.
      if (this.route.place === place) this.failed = true;
      this.#lookForNew();
    }
  }

  #skip(event: Event): void {
    event.preventDefault();
    this.querySelector("main")?.focus();
  }

  #look(event: Event): void {
    setLook((event.target as HTMLSelectElement).value as Look);
    this.requestUpdate();
  }

  /** What is noticed between two documents: the box is back, or it is another one by now. */
  #notice(): void {
    const firmware = this.#live.site?.box.firmware ?? null;
    this.#updating ||= !["idle", "failed", undefined].includes(this.#live.site?.update?.state);
    const returned = live.returns !== this.#returns;
    if (returned) {
      this.#returns = live.returns;
      this.back = true;
      setTimeout(() => (this.back = false), BACK_SHOWN_MS);
    }
    const changed = this.#firmware !== null && firmware !== this.#firmware;
    this.#firmware = firmware;
    if (changed && this.#updating) location.reload();
    else if (returned || changed) this.#lookForNew();
  }

  #lookForNew(): void {
    void isOutdated().then((outdated) => (this.outdated ||= outdated));
  }
}

/** In, or out. */
function sign(event: Event): void {
  (event.target as HTMLElement).closest("details")?.removeAttribute("open");
  const proof = token();
  if (proof === null) {
    void unlock().catch(() => undefined);
    return;
  }
  keep(null);
  // Should the box not hear it, nobody here has the proof any more.
  void send("POST", "/api/v1/logout", {}, proof).catch(() => undefined);
}

function shown({ tone, icon: name, title: words, detail, countdown_s }: Banner): TemplateResult {
  return html`<div class="banner" data-tone=${tone}>
    ${icon(name)}<strong class="wire">${words}</strong>
    <p class="wire">${detail} ${countdown_s === null ? nothing : timer(countdown_s)}</p>
  </div>`;
}

/** Seconds of the last document, counted on by our own clock until the next one. Not read out each second. */
function timer(countdown_s: number): TemplateResult {
  const left_s = Math.max(0, Math.ceil(countdown_s - live.age_ms / 1000));
  const words = left_s < 120 ? t("shell.next_step", { n: left_s }) : minutes(left_s);
  return html`<span class="timer" role="timer" aria-live="off">${words}</span>`;
}

function minutes(left_s: number): string {
  return t("shell.next_step_minutes", { n: Math.ceil(left_s / 60) });
}

function option(value: string, words: string, chosen: string): TemplateResult {
  return html`<option value=${value} ?selected=${value === chosen}>${words}</option>`;
}

function chooseLanguage(event: Event): void {
  setLanguage((event.target as HTMLSelectElement).value as Language);
}

function closeWhenLeft(event: FocusEvent): void {
  const details = event.currentTarget as HTMLDetailsElement;
  if (event.relatedTarget instanceof Node && !details.contains(event.relatedTarget)) details.open = false;
}

function closeOnEscape(event: KeyboardEvent): void {
  const details = event.currentTarget as HTMLDetailsElement;
  if (event.key !== "Escape" || !details.open) return;
  details.open = false;
  details.querySelector("summary")?.focus();
}

customElements.define("ng-shell", NgShell);
