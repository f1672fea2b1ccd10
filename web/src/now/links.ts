import { html, nothing, type TemplateResult } from "lit";
import { NgElement } from "../element.ts";
import { ago, capital, number } from "../format.ts";
import { type Icon, icon } from "../icons.ts";
import { live } from "../live.ts";
import type { Tone } from "../summary.ts";
import type { Charger, LinkState, Memory, MeterState, SiteDocument } from "../types.ts";
import { isKey, language, t } from "../words/index.ts";
import { Tick } from "./tick.ts";

interface Told {
  readonly field: string;
  readonly icon: Icon;
  readonly name: string;
  readonly words: string;
  readonly tone: Tone;
  /** Facts, each a few words. */
  readonly facts: readonly string[];
  /** What is wrong and what to do, as the box tells it. */
  readonly help: readonly string[];
}

const REASONS_MAX = 3;

/** Age and health of every link: the meter's, the chargers', the memory's, and this page's own. */
export class Links extends NgElement {
  static override properties = { site: { attribute: false } };

  site: SiteDocument | null = null;

  constructor() {
    super();
    new Tick(this);
  }

  override render(): TemplateResult {
    const { site } = this;
    const links: Told[] = [page()];
    if (site) {
      links.unshift(
        meter("link_meter", t("now.link_meter"), site.meter),
        ...site.fuses.flatMap(({ name, meter: own }) =>
          (own ? [meter("link_sub_meter", t("now.link_sub_meter", { name }), own)] : [])),
        ...site.chargers.map(charger),
        ...site.charger_links.filter(({ link }) => link !== "up").map(({ name, link, detail }): Told => ({
          field: "link_way", icon: "plug", name, words: linkWords(link), tone: linkTone(link), facts: [],
          help: [detail],
        })),
        ...(site.memory ? [memory(site.memory)] : []),
      );
    }
    return html`<ul class="links">${links.map((one) => html`
      <li data-field=${one.field} data-tone=${one.tone}>${icon(one.icon)}
        <div><p class="link-line"><b class="wire">${one.name}</b>
            <span class="pill" data-tone=${one.tone} data-part="words">${one.words}</span></p>
          ${one.facts.length
            ? html`<p class="soft small wire" data-part="facts">${one.facts.join(" · ")}</p>` : nothing}
          ${one.help.filter(Boolean).map((help) => html`<p class="small wire" data-part="help">${help}</p>`)}
        </div></li>`)}
    </ul>`;
  }
}

function meter(field: string, name: string, told: MeterState): Told {
  const found = told.found, fine = told.link === "up" && told.fresh;
  const { vendor, type } = told.info;
  const kind = [vendor, type, found?.type, found?.dialect, found?.framing, found?.line].filter(Boolean);
  const refused = Object.entries(told.rejected).sort((one, other) => other[1] - one[1]);
  const count = refused.reduce((sum, [, n]) => sum + n, 0);
  const age_s = told.age_s === null ? null : told.age_s + live.age_ms / 1000;
  const words = fine ? t("now.link_up") : told.link === "up" ? t("now.link_stale") : linkWords(told.link);
  return {
    field, name, words, icon: "meter", tone: fine ? "calm" : told.link === "up" ? "near" : linkTone(told.link),
    facts: [
      age_s === null ? t("now.no_reading") : t("now.reading_ago", { ago: ago(age_s) }),
      t("now.telegrams", { n: told.telegrams }),
      ...(count ? [t("now.refused", { n: count })] : []),
      [...new Set(kind)].join(" "),
      ...(found?.ciphered ? [t("now.ciphered")] : []),
    ].filter(Boolean),
    help: [
      fine ? "" : told.link_detail,
      ...refused.slice(0, REASONS_MAX).map(([reason, n]) => {
        const remedy = said("remedy", reason, told.remedies[reason] ?? "");
        return `${number(n)} × ${said("reason", reason, capital(reason))}${remedy ? `: ${remedy}` : ""}`;
      }),
    ],
  };
}

/** What the page of the meter says of a reason for refusing input, or of what to do about it. */
function said(what: "reason" | "remedy", reason: string, told: string): string {
  const key = `meter.${what}_${reason.replaceAll(" ", "_")}`;
  return language() !== "en" && isKey(key) ? t(key) : told;
}

function charger(told: Charger): Told {
  const never = !told.connected && told.age_s === null;
  const age_s = told.age_s === null ? null : told.age_s + live.age_ms / 1000;
  const refused = Object.values(told.rejected).reduce((sum, n) => sum + n, 0);
  return {
    field: "link_charger", icon: "car", name: told.serial || t("now.no_serial"),
    words: t(told.connected ? "now.connected" : never ? "now.never_reached" : "now.lost"),
    tone: told.connected ? "calm" : never ? "near" : "over",
    facts: [
      ...(age_s === null ? [] : [t("now.heard", { ago: ago(age_s) })]),
      told.endpoint + (told.port > 0 ? `:${told.port}` : ""),
      ...(refused ? [t("now.refused", { n: refused })] : []),
      ...Object.entries(told.rejected).slice(0, REASONS_MAX).map(([reason, n]) => `${number(n)} × ${reason}`),
    ].filter(Boolean),
    help: [told.connected ? "" : t(never ? "now.never_detail" : "now.lost_help")],
  };
}

function memory({ state, detail }: Memory): Told {
  const tones: Readonly<Record<string, Tone>> = { up: "calm", failing: "over" };
  const key = `now.memory_${state}`;
  return {
    field: "link_memory", icon: "disk", name: t("now.memory"),
    words: isKey(key) ? t(key) : state, tone: tones[state] ?? "", facts: [], help: [detail],
  };
}

/** This page's own link to the box. */
function page(): Told {
  const lost = live.state === "lost";
  return {
    field: "link_page", icon: "again", name: t("now.link_page"),
    words: t(lost ? "now.lost" : live.state === "up" ? "now.link_live" : "now.link_connecting"),
    tone: lost ? "over" : live.state === "up" ? "calm" : "",
    facts: live.site ? [t("now.heard", { ago: ago(live.age_ms / 1000) })] : [], help: [lost ? t("now.page_help") : ""],
  };
}

function linkWords(link: LinkState): string {
  const key = `now.link_${link}`;
  return isKey(key) ? t(key) : link;
}

function linkTone(link: LinkState): Tone {
  return link === "up" ? "calm" : link === "connecting" || link === "ended" ? "in" : "over";
}

customElements.define("ng-links", Links);
