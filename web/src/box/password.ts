/** Another password for the box. */

import { html, nothing, type TemplateResult } from "lit";
import { Problem, send } from "../api.ts";
import { NgElement } from "../element.ts";
import { keep } from "../lock.ts";
import { type Key, t } from "../words/index.ts";

type Field = "old" | "next" | "again";

class NgPassword extends NgElement {
  static override properties = { problem: { state: true }, done: { state: true }, busy: { state: true } };

  private problem = "";
  private done = false;
  private busy = false;

  override render(): TemplateResult {
    return html`
      <section class="card" aria-labelledby="box-password">
        <h2 id="box-password">${t("lock.title")}</h2>
        <details class="box-more">
          <summary>${t("lock.change")}</summary>
          <form class="box-form" novalidate @submit=${(event: Event) => void this.#change(event)}>
            <input type="text" autocomplete="username" value="ctek" hidden>
            ${input("old", "lock.old", "current-password")}
            <p class="soft small">${t("lock.rule")}</p>
            ${input("next", "lock.next", "new-password")}
            ${input("again", "lock.again", "new-password")}
            <button type="submit" data-field="change" ?disabled=${this.busy}>${t("lock.change")}</button>
            <p class="problem" role="alert" data-field="password_problem">${this.problem}</p>
          </form>
        </details>
        <p role="status" data-field="password_done">${this.done ? t("lock.changed") : nothing}</p>
      </section>
    `;
  }

  async #change(event: Event): Promise<void> {
    event.preventDefault();
    const typed = (field: Field): string =>
      this.querySelector<HTMLInputElement>(`[data-field="${field}"]`)?.value ?? "";
    const next = typed("next");
    const { length } = [...next.normalize("NFC")];
    if (length < 8 || length > 128) this.problem = t("lock.short");
    else if (next !== typed("again")) this.problem = t("lock.differ");
    else await this.#send(typed("old"), next);
  }

  async #send(old: string, next: string): Promise<void> {
    this.problem = "";
    this.done = false;
    this.busy = true;
    try {
      // Every token goes with the old password, also this browser's: it gets another one.
      keep((await send<{ token: string }>("POST", "/api/v1/password", { old, new: next }, null)).token);
      this.done = true;
      this.querySelector("form")?.reset();
    } catch (error) {
      this.problem = error instanceof Problem ? told(error) : String(error);
    }
    this.busy = false;
  }
}

function told({ status, detail, wait_s }: Problem): string {
  if (status === 401) return t("lock.wrong");
  if (status === 429 && wait_s !== null) return t("lock.wait", { n: wait_s });
  return detail || t("lock.unanswered");
}

function input(field: Field, label: Key, complete: "current-password" | "new-password"): TemplateResult {
  return html`<label><span>${t(label)}</span><input type="password" data-field=${field} autocomplete=${complete}
    maxlength="128" required></label>`;
}

customElements.define("ng-password", NgPassword);
