/** Each setting with what is in force, what is allowed, and how to change it. */

import { html, nothing, type TemplateResult } from "lit";
import { number } from "../format.ts";
import { isKey, language, t } from "../words/index.ts";
import type { Setting } from "./types.ts";

export function settingRow(setting: Setting): TemplateResult {
  return html`
    <li class="box-setting" data-setting=${setting.key} data-set=${setting.set ? "yes" : "no"}>
      <details>
        <summary>
          <span class="mono">${setting.key}</span>
          <span class="box-value wire">${inForce(setting)}</span>
          ${setting.set ? html`<span class="pill" data-tone="in">${t("box.changed")}</span>` : nothing}
        </summary>
        <p>${meaning(setting)}</p>
        <dl class="rows">
          <div><dt>${t("box.allowed")}</dt><dd class="wire">${allowed(setting.allowed)}${setting.many ? html` ${t("box.many")}` : nothing}</dd></div>
          <div><dt>${t("box.by_default")}</dt><dd class="wire">${setting.default === "none" ? t("box.default_none") : setting.default}</dd></div>
          ${setting.flag ? html`<div><dt>${t("box.flag")}</dt><dd class="mono wire">${setting.flag} ${setting.metavar}</dd></div>` : nothing}
          <div><dt>${t("box.variable")}</dt><dd class="mono wire">${setting.variable}</dd></div>
          <div><dt>${t("box.file_key")}</dt><dd class="mono wire">${setting.key}</dd></div>
        </dl>
      </details>
    </li>
  `;
}

/** What is in force, as a word or as one would write it. */
function inForce(setting: Setting): string {
  if (setting.secret) return t(setting.set ? "box.is_set" : "box.not_set");
  return setting.value ?? t("box.not_set");
}

/** The box's own sentence says more; another language has a short one. */
function meaning(setting: Setting): string {
  const key = `box.s_${setting.key}`;
  return language() !== "en" && isKey(key) ? t(key) : setting.meaning;
}

function allowed(text: string): string {
  const between = /^a (?:whole )?number from (\d+) to (\d+)$/.exec(text);
  if (between) {
    return t("box.allowed_between", { least: number(Number(between[1])), most: number(Number(between[2])) });
  }
  if (text === "32 hex digits") return t("box.allowed_hex");
  return text === "on or off" ? t("box.allowed_switch") : text;
}
