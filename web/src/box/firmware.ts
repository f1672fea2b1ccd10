/** New firmware: choose it, send it, see what becomes of it. */

import { html, nothing, type TemplateResult } from "lit";
import { OURS, Problem, problemOf, proven, TOKEN } from "../api.ts";
import { updateFailure, updateState } from "../banners.ts";
import { NgElement } from "../element.ts";
import { Live } from "../live.ts";
import type { Update } from "../types.ts";
import { t } from "../words/index.ts";

class NgFirmware extends NgElement {
  static override properties = {
    version: {}, sent: { state: true }, problem: { state: true }, broken: { state: true },
  };

  /** What runs. */
  version = "";
  /** How much of the image was sent, of 1; null while none is. */
  private sent: number | null = null;
  private problem = "";
  /** It ended without an answer: who refuses an image early reads no more of it, and some browsers tell no more. */
  private broken = false;
  #request: XMLHttpRequest | null = null;
  readonly #live = new Live(this);

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#request?.abort();
  }

  override render(): TemplateResult {
    const update = this.#live.site?.update;
    return html`
      <section class="card" aria-labelledby="box-firmware" data-field="update" data-state=${update?.state ?? "idle"}>
        <h2 id="box-firmware">${t("update.title")}</h2>
        <dl class="rows"><div><dt>${t("update.running")}</dt><dd class="wire">${this.version}</dd></div></dl>
        <div role="status">${update ? state(update) : nothing}</div>
        <form class="box-form" @submit=${(event: Event) => void this.#send(event)}>
          <p class="soft small">${t("update.hint")}</p>
          <label><span>${t("update.file")}</span>
            <input type="file" accept=".ngfw" data-field="image" required ?disabled=${this.sent !== null}></label>
          ${this.sent === null ? html`<button type="submit" class="main" data-field="send">${t("update.send")}</button>`
            : this.#sending(this.sent)}
          <p class="problem" role="alert" data-field="update_problem">${this.#told(update)}</p>
        </form>
      </section>
    `;
  }

  #sending(sent: number): TemplateResult {
    return html`
      <p data-field="sending">${t("update.sending", { n: Math.floor(sent * 100) })}</p>
      <progress max="1" .value=${sent} aria-label=${t("update.progress")}></progress>
      <button type="button" @click=${() => this.#request?.abort()}>${t("update.stop")}</button>
    `;
  }

  async #send(event: Event): Promise<void> {
    event.preventDefault();
    const file = this.querySelector<HTMLInputElement>('[data-field="image"]')?.files?.[0];
    if (!file || this.sent !== null) return;
    this.problem = "";
    this.broken = false;
    if (!file.name.endsWith(".ngfw")) {
      this.problem = t("update.not_image");
      return;
    }
    try {
      await proven((proof) => this.#upload(file, proof));
      this.querySelector("form")?.reset();
    } catch (error) {
      this.broken = error instanceof Problem && error.status === 0;
      this.problem = error instanceof Problem ? error.detail : "";
    }
    this.sent = null;
  }

  /** Why nothing came of it; empty where what is told of the update says it, in a word that has a translation. */
  #told(update: Update | undefined): string {
    const isTold = update?.state === "failed" && (this.broken || update.detail === this.problem);
    return isTold ? "" : this.broken ? t("update.broken") : this.problem;
  }

  /** By a request of the old kind: only it tells how much was sent. */
  #upload(file: File, proof: string): Promise<void> {
    return new Promise((done, failed) => {
      // Whoever went to another place while the password was asked for would not see it, nor could stop it.
      if (!this.isConnected) throw new DOMException("", "AbortError");
      const request = (this.#request = new XMLHttpRequest());
      // What the file is called here is no matter to the box, which takes few names.
      request.open("POST", "/upload/image.ngfw");
      for (const [name, value] of Object.entries({ ...OURS, [TOKEN]: proof })) request.setRequestHeader(name, value);
      request.upload.onprogress = ({ loaded, total }) => (this.sent = loaded / Math.max(1, total));
      request.onload = () => {
        if (request.status < 300) done();
        else failed(problemOf(request.status, request.responseText, request.getResponseHeader("Retry-After")));
      };
      request.onerror = () => failed(new Problem(0, ""));
      request.onabort = () => failed(new DOMException("", "AbortError"));
      this.sent = 0;
      request.send(file);
    });
  }
}

function state(update: Update): TemplateResult | typeof nothing {
  if (update.state === "idle") return nothing;
  const version = update.version ? t("update.version", { version: update.version }) : "";
  if (update.state === "failed") {
    return html`<p class="problem wire" data-field="update_state">
      <strong>${t("update.now_failed")}</strong> ${version}<br>${updateFailure(update.reason, update.detail)}</p>`;
  }
  return html`<div class="box-note" data-field="update_state">
    <strong class="wire">${updateState(update)}</strong> <span class="wire">${version}</span>
    ${update.state === "receiving" ? nothing
      : html`<p class="small wire">${update.detail} ${t("update.comes_back")}</p>`}
    ${update.progress > 0
      ? html`<progress max="100" .value=${update.progress} aria-label=${t("update.progress")}></progress>` : nothing}
  </div>`;
}

customElements.define("ng-firmware", NgFirmware);
