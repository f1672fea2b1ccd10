/** What a person types to join a network. */

import { html, nothing, type TemplateResult } from "lit";
import type { JoinBody, SetupDocument } from "./box.ts";
import { isKey, isName, isPassword, type Network, typed, visible } from "./networks.ts";
import { type SetupKey, t } from "./words.ts";

type Field = "name" | "wifi" | "own" | "again";
type Kind = "text" | "password" | "new-password";
type Values = Record<Field, string>;

const EMPTY: Values = { name: "", wifi: "", own: "", again: "" };

export class Form {
  /** The one that was chosen; null for one that is typed. */
  #network: Network | null = null;
  #values: Values = { ...EMPTY };
  #seen = false;
  /** Whether a new password is given to a box that has one. */
  #renew = false;
  /** Problems are told once somebody asked to join, not while they type. */
  #asked = false;
  readonly #show: () => void;

  /** `show` is called after each change. */
  constructor(show: () => void) {
    this.#show = show;
  }

  /** The name of the network, for people. */
  get title(): string {
    return visible(this.#network?.ssid ?? this.#values.name);
  }

  /** Another network, or one whose name is to be typed. */
  choose(network: Network | null, name = ""): void {
    this.#network = network;
    this.#values = { ...EMPTY, name };
    this.#asked = false;
  }

  /** Passwords are typed anew each time. */
  forget(): void {
    this.#values = { ...EMPTY, name: this.#values.name };
    this.#asked = false;
  }

  /** What to send; null where something is wrong, which then is told. */
  body(box: SetupDocument | null): JoinBody | null {
    this.#asked = true;
    this.#show();
    if ((Object.keys(EMPTY) as Field[]).some((field) => this.#wrong(field, box))) return null;
    const { wifi, own } = this.#values;
    return {
      ssid: this.#network?.ssid ?? typed(this.#values.name),
      wifi_password: this.#security === "open" || wifi === "" ? null : wifi,
      password: this.#asksOwn(box) ? own : null,
    };
  }

  shown(box: SetupDocument | null, problem: string, join: () => void, back: () => void): TemplateResult {
    const network = this.#network;
    const security = this.#security;
    const may = box !== null && box.password_may_be_set && !box.password_needed;
    return html`
      ${heading(network === null ? t("join_other") : t("join_title", { ssid: visible(network.ssid) }))}
      <p class="problem wire" role="alert" data-field="problem">${problem}</p>
      <form class="card setup-form" novalidate @submit=${(event: Event) => (event.preventDefault(), join())}>
        ${network === null ? this.#input("name", "name", "text", box) : nothing}
        ${security === "enterprise" ? html`<p class="problem">${t("enterprise")}</p>` : nothing}
        ${security === "open" ? html`<p class="setup-note">${t("wifi_open")}</p>` : nothing}
        ${security === "open" || security === "enterprise" ? nothing
          : this.#input("wifi", network === null ? "wifi_password_hand" : "wifi_password", "password", box)}
        ${may ? html`<label class="setup-check"><input type="checkbox" data-field="renew" .checked=${this.#renew}
          @change=${(event: Event) => this.#set(() => (this.#renew = (event.target as HTMLInputElement).checked))}
        ><span>${t("own_password_change")}</span></label>` : nothing}
        ${this.#asksOwn(box) ? html`
          <input type="text" autocomplete="username" value="ctek" hidden>
          <p class="soft small" id="setup-why">${t("own_password_why")}</p>
          ${this.#input("own", "own_password", "new-password", box)}
          ${this.#input("again", "own_password_again", "new-password", box)}` : nothing}
        <div class="setup-acts">
          <button type="submit" class="main" data-field="join" ?disabled=${security === "enterprise"}>
            ${t("join")}</button>
          <button type="button" data-field="back" @click=${back}>${t("back")}</button>
          <button type="button" data-field="show" aria-pressed=${this.#seen}
            @click=${() => this.#set(() => (this.#seen = !this.#seen))}>${t(this.#seen ? "hide" : "show")}</button>
        </div>
      </form>
    `;
  }

  #input(field: Field, label: SetupKey, kind: Kind, box: SetupDocument | null): TemplateResult {
    const wrong = this.#asked ? this.#wrong(field, box) : null;
    const told = [wrong && `setup-${field}-wrong`, field === "own" && "setup-why"].filter(Boolean).join(" ");
    return html`
      <label><span>${t(label)}</span>
        <input data-field=${field} type=${kind === "text" || this.#seen ? "text" : "password"}
          autocomplete=${kind === "new-password" ? kind : "off"} autocapitalize="none" autocorrect="off"
          spellcheck="false" maxlength="128" aria-invalid=${wrong ? "true" : "false"} aria-describedby=${told || nothing}
          .value=${this.#values[field]}
          @input=${(event: Event) => this.#set(() => (this.#values[field] = (event.target as HTMLInputElement).value))}>
      </label>
      ${wrong ? html`<p class="problem" role="alert" id="setup-${field}-wrong">${t(wrong)}</p>` : nothing}
    `;
  }

  #wrong(field: Field, box: SetupDocument | null): SetupKey | null {
    const { name, wifi, own, again } = this.#values;
    switch (field) {
      case "name":
        return this.#network !== null || isName(name) ? null : "name_wrong";
      case "wifi":
        return isKey(wifi, this.#security) ? null : "wifi_password_wrong";
      case "own":
        return !this.#asksOwn(box) || isPassword(own) ? null : "own_password_short";
      case "again":
        return !this.#asksOwn(box) || own === again ? null : "own_passwords_differ";
    }
  }

  #asksOwn(box: SetupDocument | null): boolean {
    return box !== null && (box.password_needed || (box.password_may_be_set && this.#renew));
  }

  get #security(): Network["security"] | null {
    return this.#network?.security ?? null;
  }

  #set(change: () => void): void {
    change();
    this.#show();
  }
}

export function heading(words: string): TemplateResult {
  return html`<h1 class="wire" tabindex="-1">${words}</h1>`;
}
