/** The setup page: choose a network, join it, see where the box is found from then on. */

import { html, nothing, type TemplateResult } from "lit";
import { NgElement } from "../element.ts";
import { language, type Language, LANGUAGES, setLanguage } from "../words/language.ts";
import { ask, done, join, type JoinBody, Refusal, scan, type SetupDocument } from "./box.ts";
import { Form, heading } from "./form.ts";
import { networkList } from "./list.ts";
import { type Network, visible } from "./networks.ts";
import { failureText, t } from "./words.ts";
import "./page.css";

/** How soon is asked again: while something happens, and while a person reads and types. */
const SOON_MS = 1000;
const LATER_MS = 5000;
/** An answer may be late without anybody having gone. */
const AWAY_AFTER = 2;
const DONE_TRIES = 5;

/** Failures after which the same network may be tried once more. */
const AGAIN: ReadonlySet<string> = new Set(["wrong password", "no address", "failed"]);

type View = "loading" | "off" | "no radio" | "opening" | "networks" | "form" | "joining" | "joined" | "finished";

class NgSetup extends NgElement {
  static override properties = {
    box: { state: true },
    view: { state: true },
    scanning: { state: true },
    problem: { state: true },
    misses: { state: true },
  };

  declare box: SetupDocument | null;
  declare view: View;
  declare scanning: boolean;
  declare problem: string;
  /** Questions in turn that were not answered. */
  declare misses: number;
  /** What was typed; kept while a network is tried. */
  readonly form = new Form(() => this.requestUpdate());
  #ssid = "";
  #scanned = false;
  /** Number of the newest question: what an earlier one brings is out of date. */
  #question = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.box = null;
    this.view = "loading";
    this.scanning = false;
    this.problem = "";
    this.misses = 0;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#ask();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  override render(): TemplateResult {
    return html`
      <header class="setup-top">
        <strong>ngair</strong>
        <label><span class="unseen">${t("language")}</span>
          <select data-field="language" @change=${chooseLanguage}>
            ${Object.entries(LANGUAGES).map(([value, words]) =>
              html`<option value=${value} ?selected=${value === language()}>${words}</option>`)}
          </select>
        </label>
      </header>
      <main data-view=${this.view}>
        ${this.#isAway ? this.#away() : nothing}
        ${this.#shown()}
      </main>
    `;
  }

  override updated(changed: Map<PropertyKey, unknown>): void {
    document.documentElement.lang = language();
    document.title = `${t("title")} · ngair`;
    // Whoever cannot see that the page shows something else is taken there.
    const before = changed.get("view");
    if (before !== undefined && before !== "loading") this.querySelector("h1")?.focus();
  }

  #shown(): TemplateResult {
    switch (this.view) {
      case "loading":
        return this.#plain("title", html`<p role="status">${t("loading")}</p>`);
      case "opening":
        return this.#plain("title", html`<p role="status">${t("opening")}</p>${this.#detail()}`);
      case "no radio":
        return this.#plain("title", html`<p>${t("no_radio")}</p>${this.#detail()}`);
      case "off":
        return this.#plain("off", html`<p>${t("off_hint")}</p><p><a href="/">${t("to_page")}</a></p>`);
      case "networks":
        return this.#networks();
      case "form":
        return this.form.shown(this.box, this.problem, () => void this.#join(), () => this.#back());
      case "joining":
        return html`
          ${heading(t("joining", { ssid: this.#ssid }))}
          <div role="status"><p class="setup-busy">${t("joining_hint")}</p></div>`;
      case "joined":
        return this.#joined();
      case "finished":
        return this.#finished();
    }
  }

  #plain(key: "title" | "off", inside: TemplateResult): TemplateResult {
    return html`${heading(t(key))}${inside}`;
  }

  #detail(): TemplateResult | typeof nothing {
    return this.box?.detail ? html`<p class="soft wire">${this.box.detail}</p>` : nothing;
  }

  #away(): TemplateResult {
    const name = this.box?.access_point || "ngair";
    return html`<div class="setup-away" role="status" data-field="away">
      <strong>${t("away")}</strong><p class="wire">${t("away_hint", { name })}</p>
    </div>`;
  }

  #networks(): TemplateResult {
    return html`
      ${heading(t("title"))}
      <p>${t("lead")}</p>
      <p class="problem wire" role="alert" data-field="problem">${this.problem}</p>
      <section class="card" aria-labelledby="setup-networks" aria-busy=${this.scanning ? "true" : "false"}>
        <div class="head">
          <h2 id="setup-networks">${t("networks")}</h2>
          <button type="button" data-field="refresh" ?disabled=${this.scanning} @click=${() => void this.#scan()}>
            ${t("refresh")}</button>
        </div>
        <p class="soft small" role="status" data-field="scanning">${this.#found()}</p>
        ${networkList(this.box?.networks ?? [], (network) => this.#choose(network))}
      </section>
    `;
  }

  #found(): string {
    if (this.scanning) return t("scanning");
    return this.#scanned && this.box?.networks.length === 0 ? t("no_networks") : "";
  }

  #joined(): TemplateResult {
    return html`
      ${heading(t("joined"))}
      <p>${t("joined_hint")}</p>
      ${this.#addresses()}
      <p class="wire">${t("joined_next", { ssid: visible(this.box?.joined?.ssid ?? "") })}</p>
      <p><button type="button" class="main" data-field="done" @click=${() => this.#done()}>${t("done")}</button></p>
    `;
  }

  #finished(): TemplateResult {
    return html`
      ${heading(t("finished"))}
      <p class="wire">${t("finished_hint", { ssid: visible(this.box?.joined?.ssid ?? "") })}</p>
      ${this.#addresses()}
    `;
  }

  #addresses(): TemplateResult {
    const { host_name = "", addresses = [] } = this.box?.joined ?? {};
    return html`<ul class="card setup-addresses" data-field="addresses">
      ${[host_name, ...addresses].filter(Boolean).map((host) => {
        const url = `http://${host.includes(":") ? `[${host}]` : host}${location.port ? `:${location.port}` : ""}/`;
        return html`<li><a class="wire" href=${url}>${url}</a></li>`;
      })}
    </ul>`;
  }

  /** While a radio tries a network, its access point may be gone: nothing is wrong then. */
  get #isAway(): boolean {
    return this.misses >= AWAY_AFTER && this.view !== "joined" && this.view !== "finished";
  }

  #choose(network: Network | null): void {
    this.problem = "";
    this.form.choose(network);
    this.view = "form";
  }

  #back(): void {
    this.problem = "";
    this.view = "networks";
  }

  /** Nothing is asked from now on, and what was asked does not count. */
  #hush(): number {
    clearTimeout(this.#timer);
    return (this.#question += 1);
  }

  async #ask(): Promise<void> {
    const question = this.#hush();
    try {
      const box = await ask();
      if (question !== this.#question) return;
      this.misses = 0;
      this.#take(box);
    } catch (error) {
      if (question !== this.#question) return;
      // Who does not answer to us at all has no setup mode; later, a phone may have gone to another network meanwhile.
      if (this.view === "loading" && error instanceof Refusal && error.status !== 0) this.view = "off";
      else this.misses += 1;
    }
    const calm = (this.view === "networks" || this.view === "form") && this.misses === 0;
    this.#timer = setTimeout(() => void this.#ask(), calm ? LATER_MS : SOON_MS);
  }

  #take(box: SetupDocument): void {
    this.box = box;
    if (box.state === "telling" && box.joined !== null) this.view = "joined";
    else if (box.state === "joining") this.view = "joining";
    else if (box.state === "off") this.view = this.view === "joined" ? "joined" : "off";
    else if (box.state === "opening") this.view = this.view === "joining" ? "joining" : "opening";
    else if (!box.radio) this.view = "no radio";
    else this.#open(box);
  }

  /** The access point is up, and no network is tried: nobody chose one yet, or it could not be joined. */
  #open({ error, networks }: SetupDocument): void {
    if (this.view === "networks" || this.view === "form") return;
    const tried = this.view === "joining";
    this.view = "networks";
    this.form.forget();
    if (error !== null) {
      this.problem = failureText(error.failure, error.ssid);
      // The page may have been closed meanwhile: then the box knows what was chosen, but not what was typed.
      if (!tried) this.form.choose(networks.find(({ ssid }) => ssid === error.ssid) ?? null, error.ssid);
      if (AGAIN.has(error.failure)) this.view = "form";
    } else if (tried) {
      this.problem = t("unanswered");
      this.view = "form";
    }
    if (networks.length === 0) void this.#scan();
  }

  async #scan(): Promise<void> {
    this.scanning = true;
    try {
      await scan();
      const box = await ask();
      // Whoever chose a network meanwhile is asked for by other questions.
      if (this.view === "networks") this.box = box;
      this.#scanned = true;
    } catch {
      if (this.view === "networks") this.problem = t("scan_failed");
    }
    this.scanning = false;
  }

  async #join(): Promise<void> {
    const body = this.form.body(this.box);
    if (body === null) return;
    this.problem = "";
    this.#ssid = this.form.title;
    this.view = "joining";
    // Until the box has heard of it, what it says is of the time before.
    this.#hush();
    await this.#try(body);
    await this.#ask();
  }

  async #try(body: JoinBody): Promise<void> {
    try {
      this.box = await join(body);
    } catch (error) {
      // Without an answer it may be on its way: what the box says next tells.
      if (!(error instanceof Refusal) || error.status === 0) return;
      this.problem = `${t("refused")} ${error.message}`;
      this.view = "form";
    }
  }

  #done(): void {
    this.view = "finished";
    this.#hush();
    void this.#close(DONE_TRIES);
  }

  /** Whether or not the box hears it: it closes by itself, too, only later. */
  async #close(tries: number): Promise<void> {
    try {
      await done();
    } catch {
      if (tries > 1) this.#timer = setTimeout(() => void this.#close(tries - 1), SOON_MS);
    }
  }
}

function chooseLanguage(event: Event): void {
  setLanguage((event.target as HTMLSelectElement).value as Language);
}

customElements.define("ng-setup", NgSetup);
