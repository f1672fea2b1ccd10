/** What every element of the page is: in the light DOM, in the chosen language. */

import { LitElement } from "lit";
import { onLanguage } from "./words/language.ts";

export class NgElement extends LitElement {
  #stop: (() => void) | null = null;

  override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stop = onLanguage(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.();
    this.#stop = null;
  }
}

/** One of the five places. The shell hands it the parameters behind the `?` of its address. */
export class NgPage extends NgElement {
  static override properties = { query: { attribute: false } };

  query: URLSearchParams = new URLSearchParams();

  /** Note parameters in the address, so that it can be kept and shared; without an entry in the history. */
  protected remember(changes: Record<string, string | null>): void {
    const before = new URLSearchParams(this.query);
    // In place: it is the shell's, too, which hands it over again whenever it renders.
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) this.query.delete(name);
      else this.query.set(name, value);
    }
    const place = location.hash.split("?", 1)[0] || "#/";
    const text = this.query.toString();
    history.replaceState(null, "", text ? `${place}?${text}` : place);
    this.requestUpdate("query", before);
  }
}
