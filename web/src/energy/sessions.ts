/** The charging sessions of a range, the newest first. */

import { html, nothing, type TemplateResult } from "lit";
import { duration, energy, money, number, power, together } from "../format.ts";
import { t } from "../words/index.ts";
import type { Session } from "../types.ts";
import { moment, until } from "./labels.ts";
import { SESSIONS_SHOWN, type View } from "./load.ts";

const CHARGING = 2;

/** So many are shown at first. */
const FIRST = 5;

export function sessions(view: View, today: string, all: boolean, showAll: () => void): TemplateResult {
  const { sessions, currency } = view;
  const shown = all || sessions.length <= FIRST + 1 ? sessions : sessions.slice(0, FIRST);
  const outlets = new Set(sessions.map(({ outlet }) => outlet)),
    chargers = new Set(sessions.map(({ serial }) => serial));
  const name = (one: Session): string => outlets.size < 2 && chargers.size < 2
    ? t("energy.outlet", { id: String(one.id) })
    : t("energy.outlet_of", { id: String(one.id), serial: one.serial });
  return html`
    <div class="head"><h2>${t("energy.sessions")}</h2>
      ${sessions.length ? html`<p class="soft" data-field="sessions_total">${totals(sessions, currency)}</p>`
        : nothing}</div>
    ${sessions.length
      ? html`<ol class="sessions" data-field="sessions">${shown.map((one) => session(one, name(one), view,
        today))}</ol>`
      : html`<p class="soft" data-field="no_sessions">${t("energy.no_sessions")}</p>`}
    ${shown.length < sessions.length ? html`<p><button type="button" data-field="all_sessions" @click=${showAll}>${
      t("energy.sessions_all", { n: sessions.length })}</button></p>` : nothing}
    ${sessions.length < SESSIONS_SHOWN ? nothing : html`<p class="small soft">${t("energy.sessions_more",
      { n: SESSIONS_SHOWN })}</p>`}
    ${sessions.length ? html`<p class="small soft">${t("energy.sessions_whole")}</p>` : nothing}`;
}

function session(one: Session, name: string, { zone, currency }: View, today: string): TemplateResult {
  const open = one.unplugged_at === null;
  const fact = (key: string, words: string, value: string): TemplateResult =>
    html`<div><dt>${words}</dt><dd data-part=${key}>${value}</dd></div>`;
  return html`<li data-open=${open ? "yes" : nothing}>
    <div class="what">
      <p class="span" data-part="span"><time datetime=${one.plugged_at}>${moment(one.plugged_at, zone,
        today)}</time> – ${one.unplugged_at === null
          ? html`<span class="pill" data-tone=${one.state === CHARGING ? "calm" : "in"}>${t("energy.now")}</span>`
          : html`<time datetime=${one.unplugged_at}>${until(one.plugged_at, one.unplugged_at, zone, today)}</time>`}</p>
      <p class="small soft wire" data-part="outlet">${name}${one.plug_unseen ? html` · ${t("energy.plug_unseen")}`
        : nothing}</p>
    </div>
    <p class="much"><b data-part="energy">${together(energy(one.energy_wh))}</b>${
      currency !== null && one.cost !== null ? html`<span data-part="cost">${money(one.cost, currency)}</span>`
        : nothing}</p>
    <dl>
      ${fact("plugged", t("energy.plugged"), duration(one.plugged_s))}
      ${fact("charging", t("energy.charging"), duration(one.charging_s))}
      ${fact("pauses", t("energy.pauses"), one.pauses
        ? t("energy.pauses_longest", { n: one.pauses, time: duration(one.longest_pause_s) }) : number(0))}
      ${fact("most", t("energy.most"), one.most_power_w ? together(power(one.most_power_w)) : "–")}
    </dl>
  </li>`;
}

function totals(all: readonly Session[], currency: string | null): string {
  const wh = all.reduce((sum, one) => sum + one.energy_wh, 0);
  const costs = all.map(({ cost }) => cost).filter((cost) => cost !== null);
  return [
    t("energy.sessions_count", { n: all.length }),
    together(energy(wh)),
    currency !== null && costs.length ? money(costs.reduce((sum, cost) => sum + cost, 0), currency) : "",
  ].filter(Boolean).join(" · ");
}
