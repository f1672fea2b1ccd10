/** Asks for the box's password, or says why nobody can know it. */

import { html, nothing, type TemplateResult } from "lit";
import { get, Problem, send } from "../api.ts";
import { NgElement } from "../element.ts";
import { keep } from "../lock.ts";
import { t } from "../words/index.ts";
import "./dialog.css";

/** GET /api/v1/lock. */
interface LockDocument {
  readonly password_set: boolean;
  readonly read_lock: boolean;
  /** Its port, where the same is served by TLS. */
  readonly https: number | null;
  readonly setup: boolean;
}

/** The proof that the box gave for the password; null where the person would not tell it. */
export function askPassword(): Promise<string | null> {
  const dialog = document.createElement("ng-lock") as NgLock;
  document.body.append(dialog);
  return dialog.answer;
}

class NgLock extends NgElement {
  static override properties = {
    lock: { state: true },
    problem: { state: true },
    seen: { state: true },
    busy: { state: true },
    wait_s: { state: true },
  };

  declare lock: LockDocument | null;
  declare problem: string;
  declare seen: boolean;
  declare busy: boolean;
  /** Seconds until the next try is taken. */
  declare wait_s: number;
  readonly answer: Promise<string | null>;
  #tell!: (proof: string | null) => void;
  #proof: string | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.lock = null;
    this.problem = "";
    this.seen = this.busy = false;
    this.wait_s = 0;
    this.answer = new Promise((tell) => (this.#tell = tell));
  }

  override firstUpdated(): void {
    this.querySelector("dialog")?.showModal();
    void this.#look();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  override render(): TemplateResult {
    return html`<dialog class="card lock" aria-labelledby="lock-title" data-field="lock" @close=${this.#closed}>
      <form class="lock-form" novalidate @submit=${this.#submit}>
        <h2 id="lock-title">${t("lock.title")}</h2>
        ${this.lock === null ? html`<p class="soft" role="status">${t("shell.loading")}</p>` : this.#inside(this.lock)}
        <p class="problem" role="alert" data-part="problem">${
          this.wait_s > 0 ? t("lock.wait", { n: this.wait_s }) : this.problem}</p>
        <div class="lock-acts">
          ${this.lock?.password_set && !this.#secure() ? html`
            <button type="submit" class="main" data-field="sign_in" ?disabled=${this.busy || this.wait_s > 0}>
              ${t("lock.sign_in")}</button>` : nothing}
          <button type="button" data-field="cancel" @click=${() => this.querySelector("dialog")?.close()}>
            ${t(this.lock?.password_set ? "lock.cancel" : "lock.close")}</button>
        </div>
      </form>
    </dialog>`;
  }

  #inside({ password_set }: LockDocument): TemplateResult {
    const secure = this.#secure();
    if (!password_set) {
      return html`<p>${t("lock.none")}</p><p>${t("lock.none_how", { command: "ngair password" })}</p>`;
    }
    if (secure) {
      return html`<p>${t("lock.secure")}</p><p><a data-field="secure" href=${secure}>${t("lock.secure_go")}</a></p>`;
    }
    return html`
      <p class="soft small">${t("lock.why")}</p>
      <input type="text" autocomplete="username" value="ctek" hidden>
      <label><span>${t("lock.password")}</span>
        <input data-field="password" type=${this.seen ? "text" : "password"} autocomplete="current-password"
          autocapitalize="none" spellcheck="false" maxlength="128" autofocus></label>
      <button type="button" aria-pressed=${this.seen} @click=${() => (this.seen = !this.seen)}>
        ${t(this.seen ? "lock.hide" : "lock.show")}</button>
    `;
  }

  /** The same page by TLS, where the box has it and this is not it. */
  #secure(): string {
    const port = this.lock?.https ?? null;
    if (port === null || location.protocol !== "http:") return "";
    return `https://${location.hostname}${port === 443 ? "" : `:${port}`}/${location.hash}`;
  }

  async #look(): Promise<void> {
    try {
      this.lock = await get<LockDocument>("/api/v1/lock");
      await this.updateComplete;
      this.querySelector<HTMLInputElement>('[data-field="password"]')?.focus();
    } catch {
      this.problem = t("lock.unanswered");
    }
  }

  async #submit(event: Event): Promise<void> {
    event.preventDefault();
    const field = this.querySelector<HTMLInputElement>('[data-field="password"]');
    if (field === null || this.busy || this.wait_s > 0) return;
    this.busy = true;
    this.problem = "";
    try {
      const { token } = await send<{ token: string }>("POST", "/api/v1/login", { password: field.value }, null);
      this.#proof = token;
      keep(token);
      this.querySelector("dialog")?.close();
    } catch (error) {
      this.#refused(error instanceof Problem ? error : new Problem(0, ""));
      field.select();
    }
    this.busy = false;
  }

  #refused({ status, detail, wait_s }: Problem): void {
    if (status === 429 && wait_s !== null) {
      this.wait_s = Math.ceil(wait_s);
      clearInterval(this.#timer);
      this.#timer = setInterval(() => (this.wait_s > 0 ? (this.wait_s -= 1) : clearInterval(this.#timer)), 1000);
    } else if (status === 401) this.problem = t("lock.wrong");
    else this.problem = status === 0 ? t("lock.unanswered") : detail;
  }

  #closed(): void {
    this.#tell(this.#proof);
    this.remove();
  }
}

customElements.define("ng-lock", NgLock);
