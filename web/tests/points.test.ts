import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decoded, filled, fromHistory, GAP_MS, gaps, KEPT_MS, merged } from "../src/points.ts";
import type { Point, PowerHistory } from "../src/types.ts";

const T = 1_790_000_000_000;

function at(seconds: number, import_w: number | null = 100): Point {
  return [T + seconds * 1000, import_w, 0, 1, 2, 3, null];
}

function seconds(points: readonly Point[]): number[] {
  return points.map(([t_ms]) => (t_ms - T) / 1000);
}

describe("merging", () => {
  it("puts what came later behind, in order", () => {
    assert.deepEqual(seconds(merged([at(0), at(1)], [at(2), at(3)])), [0, 1, 2, 3]);
    assert.deepEqual(seconds(merged([], [at(2)])), [2]);
    assert.deepEqual(seconds(merged([at(2)], [])), [2]);
  });

  it("has each moment once, as it was told last", () => {
    const points = merged([at(0, 1), at(1, 1), at(2, 1)], [at(1, 2), at(2, 2), at(3, 2)]);
    assert.deepEqual(points.map((point) => point[1]), [1, 2, 2, 2]);
    assert.deepEqual(seconds(points), [0, 1, 2, 3]);
  });

  it("keeps an hour", () => {
    const points = merged([at(0), at(10)], [at(KEPT_MS / 1000 + 5)]);
    assert.deepEqual(seconds(points), [10, 3605]);
  });

  it("comes to the same whatever comes twice, and in whatever parts", () => {
    const all = Array.from({ length: 200 }, (_, index) => at(index));
    let points: Point[] = [];
    for (let from = 0; from < 200; from += 7) points = merged(points, all.slice(Math.max(0, from - 20), from + 7));
    assert.deepEqual(points, all);
  });
});

describe("gaps", () => {
  it("are where nothing is known for longer than a slow meter takes", () => {
    const edge_s = GAP_MS / 1000;
    assert.deepEqual(gaps([at(0), at(edge_s)], T, T + GAP_MS), []);
    assert.deepEqual(gaps([at(0), at(100)], T, T + 100_000), [{ from_ms: T, to_ms: T + 100_000 }]);
    assert.deepEqual(gaps([], T, T + 100_000), [{ from_ms: T, to_ms: T + 100_000 }]);
    assert.deepEqual(gaps([at(90)], T, T + 100_000), [{ from_ms: T, to_ms: T + 90_000 }]);
    assert.deepEqual(gaps([at(-500), at(10)], T, T + 100_000), [{ from_ms: T + 10_000, to_ms: T + 100_000 }]);
  });

  it("are filled from the history, and only they", () => {
    const live = [at(0), at(1), at(2), at(59), at(61)];
    const rows = [0, 10, 20, 30, 40, 50, 60, 70].map((s) => at(s, 7));
    // The row of 50 tells of 59, too.
    assert.deepEqual(seconds(filled(live, rows)), [0, 1, 2, 10, 20, 30, 40, 59, 61]);
    assert.equal(filled(live, rows)[0]?.[1], 100);
  });

  it("before the first point are filled, too", () => {
    assert.deepEqual(seconds(filled([at(60), at(61)], [at(0, 7), at(10, 7)])), [0, 10, 60, 61]);
  });
});

describe("rows of the history", () => {
  const house: PowerHistory = {
    step: "10s", step_s: 10, zone: "UTC", t: [T / 1000, T / 1000 + 10],
    mean: { power_import_w: [1, null], power_export_w: [0, null], current_l1_a: [5, null] }, min: {}, max: {},
  };

  it("become points in which unknown stays unknown", () => {
    const one = { ...house, mean: { power_w: [1000, null] } };
    const other = { ...house, mean: { power_w: [500, 2000] } };
    assert.deepEqual(fromHistory(house, [one, other]), [
      [T, 1, 0, 5, null, null, 1500],
      [T + 10_000, null, null, null, null, null, 2000],
    ]);
    assert.equal(fromHistory(house, [])[0]?.[6], null);
  });
});

describe("what the stream sends", () => {
  it("is taken where it is points, in order", () => {
    const good = [T, 1, null, 1, 2, 3, 0];
    assert.deepEqual(decoded([[T + 1000, 1, null, 1, 2, 3, 0], good]).map((point) => point[0]), [T, T + 1000]);
    for (const bad of [null, 7, {}, "x", [null], [[T]], [[null, 1, 2, 3, 4, 5, 6]], [["x", 1, 2, 3, 4, 5, 6]], [[T, "1", 2, 3, 4, 5, 6]]]) {
      assert.deepEqual(decoded(bad), []);
    }
  });
});
