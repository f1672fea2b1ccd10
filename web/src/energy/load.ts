/** Asking the box for what a range shows. */

import { get } from "../api.ts";
import type { EnergyHistory, Session, Sessions } from "../types.ts";
import { dayStart } from "./days.ts";
import { bars, part, sum, type Bar, type Sum } from "./books.ts";
import { before, slots, type Before, type Range, type Step } from "./range.ts";

/** More sessions than this are only in the file. */
export const SESSIONS_SHOWN = 100;

/** Everything about a range at one moment. */
export interface View {
  readonly range: Range;
  /** The box's. */
  readonly zone: string;
  readonly currency: string | null;
  readonly now_s: number;
  readonly since_s: number | null;
  readonly bars: readonly Bar[];
  readonly total: Sum;
  readonly before: Compared | null;
  readonly sessions: readonly Session[];
}

/** The range before, as far as this one has come. */
export interface Compared {
  readonly what: Before;
  readonly total: Sum;
  /** Share of its time that was seen. */
  readonly coverage: number;
}

/** What the box knows of a range. Throws `Problem`. */
export async function load(
  range: Range, zone: string, now_s: number, today: string, signal: AbortSignal,
): Promise<View> {
  const earlier = before(range, zone, now_s, today);
  const [energy, sessions, compared] = await Promise.all([
    ask(range.from, range.to, range.step, signal),
    get<Sessions>("/api/v1/sessions", { from: range.from, to: range.to, limit: SESSIONS_SHOWN }, signal),
    earlier ? compare(earlier, signal) : null,
  ]);
  const since_s = energy.since === null ? null : Date.parse(energy.since) / 1000;
  return {
    range,
    zone: energy.zone,
    currency: energy.currency,
    now_s,
    since_s,
    bars: bars(slots(range, zone), energy.rows, since_s, now_s),
    total: sum(energy.rows),
    before: compared,
    // One that goes on has no part in what has not begun.
    sessions: sessions.sessions.filter((one) => one.unplugged_at !== null || dayStart(range.from, zone) <= now_s),
  };
}

async function compare(what: Before, signal: AbortSignal): Promise<Compared> {
  const whole = what.whole ? (await ask(what.whole.from, what.whole.to, "day", signal)).rows : [];
  const hours = what.part ? (await ask(what.part.day, what.part.day, "hour", signal)).rows : [];
  const until_s = what.part?.until_s ?? 0;
  const begun = hours.filter((row) => row.t < until_s).map((row) => part(row, Math.min(1, (until_s - row.t) / 3600)));
  const seen_s = [...whole.map((row) => row.coverage * 86_400), ...begun.map((row) => row.coverage * 3600)];
  const coverage = seen_s.reduce((all, one) => all + one, 0) / what.length_s;
  return { what, total: sum([...whole, ...begun]), coverage: Math.min(1, coverage) };
}

function ask(from: string, to: string, by: Step, signal: AbortSignal): Promise<EnergyHistory> {
  return get<EnergyHistory>("/api/v1/history/energy", { from, to, by }, signal);
}
