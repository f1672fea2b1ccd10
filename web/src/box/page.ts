/** The box itself: who it is, what it runs on, how its links and its memory fare, and every setting. */

import { html, nothing, type TemplateResult } from "lit";
import { address, get, Problem } from "../api.ts";
import { NgPage } from "../element.ts";
import { ago, clock, date, dateTime, day, duration, number, toDay, UNKNOWN } from "../format.ts";
import { live } from "../live.ts";
import { zoneOf } from "../log/zone.ts";
import { isKey, type Key, t } from "../words/index.ts";
import { settingRow } from "./settings.ts";
import type { BoxDocument, BoxLink, Setting, SettingsDocument } from "./types.ts";
import "./firmware.ts";
import "./network.ts";
import "./password.ts";
import "./page.css";

const AGAIN_MS = 10_000;
const TONES: Readonly<Record<string, string>> = {
  up: "calm", lost: "over", failing: "over", silent: "near", ended: "near", connecting: "", starting: "", off: "",
};
/** Rows of the memory that only go when there are too many of them. */
const NEWEST = new Set(["events", "setpoints"]);

class NgBox extends NgPage {
  static override properties = {
    ...NgPage.properties,
    box: { state: true },
    settings: { state: true },
    problem: { state: true },
    changedOnly: { state: true },
  };

  declare box: BoxDocument | null;
  declare settings: readonly Setting[];
  declare problem: string;
  declare changedOnly: boolean;

  #stop: (() => void) | null = null;
  #asking: AbortController | null = null;
  #at_ms = -AGAIN_MS;
  #returns = 0;

  constructor() {
    super();
    this.box = null;
    this.settings = [];
    this.problem = "";
    this.changedOnly = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stop = live.subscribe(() => this.#follow());
    this.#follow();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.();
    this.#asking?.abort();
    this.#asking = null;
  }

  /** Little of it changes: asked for now and then, and when the box is back. */
  #follow(): void {
    const due = performance.now() - this.#at_ms >= AGAIN_MS || live.returns !== this.#returns;
    if (this.#asking !== null || !due) return;
    this.#returns = live.returns;
    this.#at_ms = performance.now();
    void this.#ask();
  }

  async #ask(): Promise<void> {
    const asking = (this.#asking = new AbortController());
    try {
      const [box, { settings }] = await Promise.all([
        get<BoxDocument>("/api/v1/box", {}, asking.signal),
        get<SettingsDocument>("/api/v1/settings", {}, asking.signal),
      ]);
      this.box = box;
      this.settings = settings;
      this.problem = "";
    } catch (error) {
      if (asking.signal.aborted) return;
      this.problem = error instanceof Problem ? error.detail : "";
    }
    this.#asking = null;
  }

  override render(): TemplateResult {
    const box = this.box;
    return html`
      <h1 class="box-title">${t("shell.box")}</h1>
      <p class="problem" role="alert">${this.problem}</p>
      ${box === null ? html`<p class="soft" role="status">${t("shell.loading")}</p>` : html`
        <div class="box-cards">
          <div class="box-side">
            ${this.#identity(box)}
            <ng-network></ng-network>
            <ng-firmware .version=${box.versions.ngair}></ng-firmware>
            <ng-password></ng-password>
          </div>
          <div class="box-side">${this.#links(box)} ${this.#memory(box)} ${this.#versions(box)} ${this.#help(box)}</div>
          ${this.#settings()}
        </div>`}
    `;
  }

  #identity(box: BoxDocument): TemplateResult {
    const at = Date.parse(box.time);
    const zone = zoneOf(box);
    return html`
      <section class="card" aria-labelledby="box-identity">
        <h2 id="box-identity">${t("box.identity")}</h2>
        <dl class="rows">
          ${row("box.serial", "serial", box.serial, true)}
          ${row("box.mac", "mac", box.mac.replace(/(..)(?=.)/g, "$1:"), true)}
          ${row("box.host_name", "host_name", box.host_name ?? t("box.not_announced"))}
          ${box.host_names.length ? row("box.host_names", "host_names", box.host_names.join(", ")) : nothing}
          ${row("box.addresses", "addresses", box.addresses.join(", "))}
          ${row("box.time", "time", `${day(at, zone)}, ${clock(at, zone)}`)}
          ${row("box.zone", "zone", box.zone)}
          ${row("box.uptime", "uptime", duration(box.uptime_s))}
        </dl>
      </section>
    `;
  }

  #links(box: BoxDocument): TemplateResult {
    return html`
      <section class="card" aria-labelledby="box-links">
        <h2 id="box-links">${t("box.links")}</h2>
        <ul class="box-links" data-field="links">${box.links.map(linkRow)}</ul>
      </section>
    `;
  }

  #memory(box: BoxDocument): TemplateResult {
    const { memory, disk } = box;
    const zone = zoneOf(box);
    const share = disk === null ? 0 : 1 - disk.free_bytes / Math.max(1, disk.size_bytes);
    return html`
      <section class="card" aria-labelledby="box-memory">
        <div class="head">
          <h2 id="box-memory">${t("box.memory")}</h2>
          <span class="pill" data-field="memory" data-tone=${TONES[memory.state] ?? ""}>
            ${t(`box.memory_${memory.state}`)}
          </span>
        </div>
        ${memory.detail ? html`<p class="problem wire">${memory.detail}</p>` : nothing}
        <dl class="rows">
          ${row("box.size", "size", bytes(memory.size_bytes))}
          ${memory.created ? row("box.created", "created", dateTime(Date.parse(memory.created), zone)) : nothing}
          ${disk ? html`
            <div><dt>${t("box.disk")}</dt><dd data-field="disk">
              ${t("box.disk_value", { free: bytes(disk.free_bytes), size: bytes(disk.size_bytes) })}
              <meter min="0" max="1" high="0.9" .value=${share} aria-hidden="true"></meter>
            </dd></div>
            ${row("box.folder", "folder", disk.folder, true)}` : nothing}
        </dl>
        ${memory.kept.length ? html`
          <table class="box-kept">
            <caption class="unseen">${t("box.kept")}</caption>
            <thead><tr>
              <th scope="col">${t("box.kept_kind")}</th><th scope="col" class="figure">${t("box.kept_rows")}</th>
              <th scope="col" class="figure">${t("box.kept_oldest")}</th>
              <th scope="col" class="figure">${t("box.kept_for")}</th>
            </tr></thead>
            <tbody data-field="kept">${memory.kept.map(({ kind, rows, oldest }) => html`
              <tr data-kind=${kind}>
                <th scope="row">${named("r", kind)}</th><td class="figure">${number(rows)}</td>
                <td class="figure">${oldest === null ? UNKNOWN : shortDay(oldest, zone)}</td>
                <td class="figure">${this.#keptFor(kind)}</td>
              </tr>`)}</tbody>
          </table>` : nothing}
      </section>
    `;
  }

  #keptFor(kind: string): string {
    const days = { samples: "raw_days", minutes: "minute_days" }[kind];
    if (days === undefined) return t(NEWEST.has(kind) ? "box.kept_newest" : "box.kept_ever");
    const setting = this.settings.find(({ key }) => key === days);
    return setting?.value ? t("box.kept_days", { n: Number(setting.value) }) : UNKNOWN;
  }

  #versions({ versions, firmware, profile }: BoxDocument): TemplateResult {
    return html`
      <section class="card" aria-labelledby="box-versions">
        <h2 id="box-versions">${t("box.versions")}</h2>
        <dl class="rows">
          ${row("box.version_ngair", "ngair", versions.ngair)}
          ${row("box.firmware", "firmware", firmware, true)}
          ${row("box.profile", "profile", t("box.profile_value", { profile }))}
          ${row("box.version_python", "python", versions.python)}
          ${row("box.version_sqlite", "sqlite", versions.sqlite)}
          ${row("box.system", "system", [versions.system, versions.kernel].filter(Boolean).join(", "))}
          ${row("box.machine", "machine", versions.machine)}
        </dl>
      </section>
    `;
  }

  #help(box: BoxDocument): TemplateResult {
    const to = toDay(Date.parse(box.time), zoneOf(box));
    const all = address("/api/v1/export", { what: "all", format: "json", from: first(box), to });
    return html`
      <section class="card box-help" aria-labelledby="box-help">
        <h2 id="box-help">${t("box.diagnostics")}</h2>
        <p>${t("box.diagnostics_hint")}</p>
        <p class="soft small">${t("box.diagnostics_private")}</p>
        <p><a class="box-button" data-field="diagnostics" href="/api/v1/diagnostics" download>
          ${t("box.download")}
        </a></p>
        ${box.memory.state === "off" ? nothing : html`
          <h3>${t("box.exports")}</h3>
          <p class="small">${t("box.exports_hint", { command: "ngair history import" })}</p>
          <p><a class="box-button" data-field="export" href=${all} download>${t("box.export")}</a></p>`}
        <h3>${t("box.programs")}</h3>
        <ul class="box-programs">
          <li><a href="/docs">${t("box.docs")}</a></li>
          <li><a href="/openapi.json">${t("box.openapi")}</a></li>
        </ul>
      </section>
    `;
  }

  #settings(): TemplateResult {
    const shown = this.settings.filter(({ set }) => set || !this.changedOnly);
    return html`
      <section class="card box-all-settings" aria-labelledby="box-settings">
        <div class="head">
          <h2 id="box-settings">${t("box.settings")}</h2>
          <button type="button" data-field="changed_only" aria-pressed=${this.changedOnly}
            @click=${() => (this.changedOnly = !this.changedOnly)}>${t("box.only_changed")}</button>
        </div>
        <p class="soft small">${t("box.settings_hint")}</p>
        <ul class="box-settings" data-field="settings">${shown.map(settingRow)}</ul>
      </section>
    `;
  }
}

function row(key: Key, field: string, text: string, mono = false): TemplateResult {
  const look = mono ? "wire mono" : "wire";
  return html`<div><dt>${t(key)}</dt><dd class=${look} data-field=${field}>${text || UNKNOWN}</dd></div>`;
}

function linkRow(link: BoxLink): TemplateResult {
  const meter = link.name === "main" ? t("box.meter") : t("box.meter_of", { fuse: link.name });
  const charger = link.name.includes("://") ? link.name : t("box.charger", { serial: link.name });
  const name = link.kind === "meter" ? meter : charger;
  const key = `meter.link_${link.link}`;
  return html`
    <li data-link=${link.name}>
      <div><strong class="wire">${name}</strong>
        <span class="pill" data-tone=${TONES[link.link] ?? ""}>${isKey(key) ? t(key) : link.link}</span></div>
      ${link.detail ? html`<p class="small wire">${link.detail}</p>` : nothing}
      <p class="soft small">
        ${link.age_s === null ? t("box.never_heard") : t("box.heard", { age: ago(link.age_s) })}${
          link.rejected ? ` · ${t("box.link_refused", { n: link.rejected })}` : ""}
      </p>
    </li>
  `;
}

function named(prefix: string, name: string): string {
  const key = `box.${prefix}_${name}`;
  return isKey(key) ? t(key) : name;
}

/** Bytes as people say them. */
function bytes(size: number | null): string {
  if (size === null) return UNKNOWN;
  const steps = ["B", "kB", "MB", "GB", "TB"];
  const step = Math.min(steps.length - 1, size < 1000 ? 0 : Math.floor(Math.log10(size) / 3));
  const shown = size / 1000 ** step;
  return `${number(shown, step && shown < 10 ? 1 : 0)}\u00a0${steps[step] ?? ""}`;
}

function shortDay(at: string, zone: string | undefined): string {
  return date(Date.parse(at), { year: "numeric", month: "short", day: "numeric" }, zone);
}

/** The first local day of which anything is kept. */
function first(box: BoxDocument): string {
  const oldest = box.memory.kept.flatMap(({ oldest: at }) => (at === null ? [] : [Date.parse(at)]));
  return toDay(Math.min(Date.parse(box.time), ...oldest), zoneOf(box));
}

customElements.define("ng-box", NgBox);
