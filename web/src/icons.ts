/** The page's own pictures: 24 x 24, drawn in lines of the text's colour. Never alone: a word stands beside each. */

import { svg, type SVGTemplateResult, type TemplateResult, html } from "lit";

const ICONS = {
  brand: svg`<rect class="plate" x="1" y="1" width="22" height="22" rx="6"/><path class="bolt" d="M13.4 4.4 6 14h5.1l-.7 6.4L18 10.8h-5.2z"/>`,
  now: svg`<path d="M13 3 5 13.5h6L10 21l8-10.5h-6z"/>`,
  energy: svg`<path d="M4 20V11M9.3 20V6M14.7 20v-6M20 20V9"/>`,
  log: svg`<path d="M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01"/>`,
  meter: svg`<path d="M4.6 18a9 9 0 1 1 14.8 0M12 14l3.5-5"/><circle cx="12" cy="14" r="1.4"/>`,
  box: svg`<rect x="4" y="4.5" width="16" height="15" rx="3"/><path d="M8 15.5h3M8 9h8M8 12h8M16 15.5h.01"/>`,
  warning: svg`<circle cx="12" cy="12" r="9"/><path d="M12 7.2v6M12 16.6v.1"/>`,
  shield: svg`<path d="M12 3 4.5 6v6c0 4.5 3 7.5 7.5 9 4.5-1.5 7.5-4.5 7.5-9V6z"/>`,
  good: svg`<circle cx="12" cy="12" r="9"/><path d="m8 12.2 2.8 2.8L16 9.6"/>`,
  disk: svg`<ellipse cx="12" cy="6" rx="7.5" ry="3"/><path d="M4.5 6v12c0 1.7 3.4 3 7.5 3s7.5-1.3 7.5-3V6M4.5 12c0 1.7 3.4 3 7.5 3s7.5-1.3 7.5-3"/>`,
  choices: svg`<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/><circle cx="9" cy="17" r="2"/>`,
  again: svg`<path d="M19.5 12a7.5 7.5 0 1 1-2.2-5.3M19.5 3.5v4h-4"/>`,
  grid: svg`<path d="M9 3h6l1.2 6M7.8 9 9 3M4 9h16M4 9v2M20 9v2M7.8 9h8.4L18 21M7.8 9 6 21M7.4 13.5h9.2M6.6 17.5l10.2-4M17.4 17.5l-10.2-4"/>`,
  house: svg`<path d="M3.5 11 12 4l8.5 7M5.8 9.5V20h12.4V9.5M10 20v-5.5h4V20"/>`,
  sun: svg`<circle cx="12" cy="12" r="4"/><path d="M12 2.5v2.5M12 19v2.5M2.5 12H5M19 12h2.5M5.3 5.3 7 7M17 17l1.7 1.7M5.3 18.7 7 17M17 7l1.7-1.7"/>`,
  car: svg`<path d="M4 16v-3.2l2-5.3A2 2 0 0 1 7.9 6h8.2A2 2 0 0 1 18 7.5l2 5.3V16M3.5 13h17M5 16v2.5M19 16v2.5M3.8 16h16.4"/>`,
  plug: svg`<path d="M9 3v5M15 3v5M6.5 8h11v3.5a5.5 5.5 0 0 1-11 0zM12 17v4"/>`,
  pause: svg`<circle cx="12" cy="12" r="9"/><path d="M9.8 8.8v6.4M14.2 8.8v6.4"/>`,
  clock: svg`<circle cx="12" cy="12" r="9"/><path d="M12 7v5.2l3.4 2"/>`,
} as const satisfies Record<string, SVGTemplateResult>;

export type Icon = keyof typeof ICONS;

export function icon(name: Icon): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${ICONS[name]}</svg>`;
}
