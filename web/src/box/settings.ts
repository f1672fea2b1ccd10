/** Each setting with what is in force, what is allowed, and how to change it. */

import { html, nothing, type TemplateResult } from "lit";
import { number } from "../format.ts";
import { type Key, language, t } from "../words/index.ts";
import { MEANINGS } from "./meanings.ts";
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
          ${fact("box.allowed", `${allowed(setting.allowed)}${setting.many ? `; ${t("box.many")}` : ""}`)}
          ${fact("box.by_default", setting.default === "none" ? t("box.default_none") : setting.default)}
          ${setting.flag ? fact("box.flag", `${setting.flag} ${setting.metavar}`, true) : nothing}
          ${fact("box.variable", setting.variable, true)} ${fact("box.file_key", setting.key, true)}
        </dl>
      </details>
    </li>
  `;
}

function fact(key: Key, text: string, mono = false): TemplateResult {
  return html`<div><dt>${t(key)}</dt><dd class=${mono ? "wire mono" : "wire"}>${text}</dd></div>`;
}

/** What is in force, as a word or as one would write it. */
function inForce(setting: Setting): string {
  if (setting.secret) return t(setting.set ? "box.is_set" : "box.not_set");
  return setting.value ?? t("box.not_set");
}

/** The box's own sentence says more; another language has a short one. */
function meaning(setting: Setting): string {
  const chosen = language();
  return (chosen !== "en" && MEANINGS[chosen][setting.key]) || setting.meaning;
}

function allowed(text: string): string {
  const between = /^a (?:whole )?number from (\d+) to (\d+)$/.exec(text);
  if (between) {
    return t("box.allowed_between", { least: number(Number(between[1])), most: number(Number(between[2])) });
  }
  if (text === "32 hex digits") return t("box.allowed_hex");
  return text === "on or off" ? t("box.allowed_switch") : text;
}
