/** Where values stand on an axis, and which of them get a line. */

export interface Scale {
  readonly ticks: readonly number[];
  /** Pixels from the top. */
  readonly place: (value: number) => number;
}

const STEPS = [1, 2, 2.5, 5, 10];

/** An axis from the lowest to the highest value, zero included, ending at whole ticks. */
export function scale(lowest: number, highest: number, top_px: number, bottom_px: number, ticks: number): Scale {
  const high = Math.max(highest, 0);
  const low = Math.min(lowest, 0);
  const step = tickStep((high - low || 1) / ticks);
  const last = Math.max(Math.ceil(high / step - 1e-9), low < 0 ? 0 : 1);
  const first = Math.floor(low / step + 1e-9);
  const all = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
  const px = (bottom_px - top_px) / ((last - first) * step);
  return { ticks: all, place: (value) => top_px + (last * step - value) * px };
}

/** As few decimals as ticks need to be told apart. */
export function tickDigits(ticks: readonly number[]): number {
  return [0, 1, 2].find((digits) => ticks.every((one) => Math.abs(one - Number(one.toFixed(digits))) < 1e-9)) ?? 3;
}

function tickStep(rough: number): number {
  const size = 10 ** Math.floor(Math.log10(rough));
  return (STEPS.find((step) => step * size >= rough * (1 - 1e-9)) ?? 10) * size;
}
