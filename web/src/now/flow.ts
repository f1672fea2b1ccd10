import { type PropertyValues, html, nothing, svg, type SVGTemplateResult, type TemplateResult } from "lit";
import { NgElement } from "../element.ts";
import { power, together } from "../format.ts";
import type { SiteDocument } from "../types.ts";
import { t } from "../words/index.ts";
import { type CarFlow, type Flows, flows } from "./flows.ts";

const WIDTH = 320, HEIGHT = 272, HEIGHT_OF_ONE_CAR = 222;
const SUN = { x: 160, y: 34 }, GRID = { x: 44, y: 146 }, HOUSE = { x: 160, y: 146 }, CARS_X = 274;
const RADIUS = 27;
/** Distance between two dashes: the animation goes by it, so that its end is its beginning. */
const DASH = 18;
const SLOWEST = 0.5, FASTEST = 3.2;
/** Below this nothing is drawn as flowing. */
const STILL_W = 20;

interface Place { readonly x: number; readonly y: number }

/** The flow between grid, sun, house and cars, drawn; its words say the same. */
export class Flow extends NgElement {
  static override properties = { site: { attribute: false }, still: { attribute: false } };

  site: SiteDocument | null = null;
  /** Whether the figures are old: then nothing moves. */
  still = false;

  readonly #calm = matchMedia("(prefers-reduced-motion: reduce)");
  readonly #moving = new Map<Element, Animation>();

  override connectedCallback(): void {
    super.connectedCallback();
    this.#calm.addEventListener("change", this.#move);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#calm.removeEventListener("change", this.#move);
    for (const animation of this.#moving.values()) animation.cancel();
    this.#moving.clear();
  }

  override render(): TemplateResult {
    const now: Flows = this.site ? flows(this.site) : { grid_w: null, house_w: null, sun_w: null, cars: [] };
    const cars = now.cars.map((car, index) => ({ car, place: carPlace(index, now.cars.length) }));
    return html`
      <svg class="flow-drawing" role="img" aria-label=${spoken(now)}
        viewBox="0 0 ${WIDTH} ${cars.length > 1 ? HEIGHT : HEIGHT_OF_ONE_CAR}">
        ${wire("sun", `M${SUN.x} ${SUN.y + RADIUS}V${HOUSE.y - RADIUS}`, now.sun_w)}
        ${wire("grid", `M${GRID.x + RADIUS} ${GRID.y}H${HOUSE.x - RADIUS}`, now.grid_w)}
        ${cars.map(({ car, place }) => wire("car", bend(place), car.power_w))}
        ${node("sun", SUN, SUN_ICON, now.sun_w !== null)}
        ${node("grid", GRID, GRID_ICON, now.grid_w !== null, (now.grid_w ?? 0) < 0 ? "out" : "in")}
        ${node("house", HOUSE, HOUSE_ICON, now.house_w !== null)}
        ${cars.map(({ car, place }) => node("car", place, CAR_ICON, (car.power_w ?? 0) > STILL_W))}
        ${sunFigure(now.sun_w)}
        ${figure(GRID, "flow_grid", now.grid_w === null ? null : Math.abs(now.grid_w), gridWords(now.grid_w))}
        ${(now.house_w ?? 0) < 0 ? covered() : figure(HOUSE, "flow_house", now.house_w, t("now.house"))}
        ${cars.map(({ car, place }, index) =>
          figure(place, "flow_car", car.power_w, carWords(car, index, now.cars.length), car.plugged))}
        ${now.cars.length ? nothing : noCharger()}
      </svg>`;
  }

  override updated(_changed: PropertyValues): void {
    this.#move();
  }

  /** Each wire's dashes go on at the speed of its power, without a jump. */
  #move = (): void => {
    const wires = new Set(this.querySelectorAll<SVGElement>(".flow-dash"));
    for (const [element, animation] of this.#moving) {
      if (wires.has(element as SVGElement)) continue;
      animation.cancel();
      this.#moving.delete(element);
    }
    for (const element of wires) {
      const power_w = Number(element.dataset["power"]), moves = Math.abs(power_w) >= STILL_W;
      element.toggleAttribute("data-idle", !moves);
      if (this.#calm.matches || this.still || !moves) {
        this.#moving.get(element)?.cancel();
        this.#moving.delete(element);
        continue;
      }
      let animation = this.#moving.get(element);
      if (!animation) {
        const steps = [{ strokeDashoffset: DASH }, { strokeDashoffset: 0 }];
        animation = element.animate(steps, { duration: 1000, iterations: Infinity });
        this.#moving.set(element, animation);
        animation.currentTime = 1e11; // Backwards it would end at its beginning.
      }
      animation.playbackRate = Math.sign(power_w) * speed(power_w);
    }
  };
}

function speed(power_w: number): number {
  const share = Math.log10(Math.max(1, Math.abs(power_w) / STILL_W)) / 3;
  return SLOWEST + (FASTEST - SLOWEST) * Math.min(1, share);
}

function carPlace(index: number, count: number): Place {
  if (count <= 1) return { x: CARS_X, y: HOUSE.y };
  const from = count === 2 ? 82 : 32, apart = count === 2 ? 118 : 86;
  return { x: CARS_X, y: from + index * apart };
}

function bend({ x, y }: Place): string {
  const from = HOUSE.x + RADIUS, to = x - (RADIUS - 4), middle = (from + to) / 2;
  return `M${from} ${HOUSE.y}C${middle} ${HOUSE.y} ${middle} ${y} ${to} ${y}`;
}

function wire(kind: string, path: string, power_w: number | null): SVGTemplateResult {
  const way = kind === "grid" && (power_w ?? 0) < 0 ? "out" : "in";
  return svg`<g class="flow-wire" data-kind=${kind} data-way=${way}><path class="flow-track" d=${path}/>
    <path class="flow-dash" d=${path} data-power=${power_w ?? 0}/></g>`;
}

function node(kind: string, { x, y }: Place, icon: SVGTemplateResult, lit: boolean, way = "in"): SVGTemplateResult {
  const small = kind === "car" ? RADIUS - 4 : RADIUS;
  return svg`<g class="flow-node" data-kind=${kind} data-lit=${lit ? "yes" : "no"} data-way=${way}>
    <circle cx=${x} cy=${y} r=${small}/><g transform="translate(${x - 12} ${y - 12})">${icon}</g></g>`;
}

function figure(place: Place, field: string, power_w: number | null, words: string, strong = true): SVGTemplateResult {
  const small = field === "flow_car" ? 4 : 0, { x, y } = place;
  const told = power_w === null ? "–" : together(power(power_w));
  return svg`<text class="flow-figure flow-mid" data-strong=${strong ? "yes" : "no"} x=${x} y=${y + RADIUS + 20 - small}
      data-field=${field}>${told}</text>
    <text class="flow-label flow-mid" x=${x} y=${y + RADIUS + 36 - small}>${words}</text>`;
}

function sunFigure(sun_w: number | null): SVGTemplateResult {
  const x = SUN.x - 38, { y } = SUN;
  if (sun_w === null) {
    return svg`<text class="flow-label flow-end" x=${x} y=${y + 4}
      data-field="flow_sun">${t("now.sun_unknown")}</text>`;
  }
  return svg`<text class="flow-figure flow-end" x=${x} y=${y} data-field="flow_sun">≥ ${together(power(sun_w))}</text>
    <text class="flow-label flow-end" x=${x} y=${y + 17}>${t("now.sun_surplus")}</text>`;
}

function covered(): SVGTemplateResult {
  return svg`<text class="flow-label flow-mid" x=${HOUSE.x} y=${HOUSE.y + 46}
    data-field="flow_house">${t("now.house_covered")}</text>`;
}

function noCharger(): SVGTemplateResult {
  return svg`<text class="flow-label flow-mid" x=${CARS_X} y=${HOUSE.y + 4}>${t("now.no_charger")}</text>`;
}

function gridWords(grid_w: number | null): string {
  if (grid_w === null || Math.round(grid_w) === 0) return t("now.grid");
  return t(grid_w < 0 ? "now.grid_out" : "now.grid_in");
}

function carWords(car: CarFlow, index: number, count: number): string {
  if (!car.plugged) return t("now.no_car");
  return count > 1 ? t("now.car_n", { n: index + 1 }) : t("now.car");
}

function spoken(now: Flows): string {
  const told = (power_w: number | null): string =>
    (power_w === null ? t("now.unknown") : together(power(Math.abs(power_w))));
  return [
    `${gridWords(now.grid_w)}: ${told(now.grid_w)}`,
    (now.house_w ?? 0) < 0 ? t("now.house_covered") : `${t("now.house")}: ${told(now.house_w)}`,
    now.sun_w === null ? `${t("now.sun")}: ${t("now.sun_unknown")}` : `${t("now.sun")}: ≥ ${told(now.sun_w)}`,
    ...now.cars.map((car, index) => `${carWords(car, index, now.cars.length)}: ${told(car.power_w)}`),
  ].join(". ");
}

// Drawn inside the drawing, at its own scale.
const SUN_ICON = svg`<circle cx="12" cy="12" r="4.4"/>
  <path d="M12 2v2.6M12 19.4V22M2 12h2.6M19.4 12H22M4.9 4.9l1.9 1.9M17.2 17.2l1.9 1.9"/>
  <path d="M4.9 19.1l1.9-1.9M17.2 6.8l1.9-1.9"/>`;
const GRID_ICON = svg`<path d="M10 2.5h4L16.5 21M10 2.5 7.5 21M5 7.5h14M6 12h12M5 7.5V10M19 7.5V10"/>
  <path d="M9.4 7.5 16 16.5M14.6 7.5 8 16.5"/>`;
const HOUSE_ICON = svg`<path d="M3 11.2 12 3.5l9 7.7M5.4 9.4V20.5h13.2V9.4M9.8 20.5v-6h4.4v6"/>`;
const CAR_ICON = svg`<path d="M4.2 16.2v-3.4l1.9-4.9a2.1 2.1 0 0 1 2-1.4h7.8a2.1 2.1 0 0 1 2 1.4l1.9 4.9v3.4z"/>
  <path d="M4.6 12.6h14.8M6 16.2v2.3M18 16.2v2.3M7.4 14.5h.1M16.5 14.5h.1"/>`;

customElements.define("ng-flow", Flow);
