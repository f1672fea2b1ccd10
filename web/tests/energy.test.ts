import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bars, change, part, sum } from "../src/energy/books.ts";
import { addDays, addMonths, dayStart, daysBetween, isZone, localDay, readDay, weekday } from "../src/energy/days.ts";
import { address, before, moved, opened, rangeOf, readRange, slots, switched, type By } from "../src/energy/range.ts";
import { scale, tickDigits } from "../src/energy/scale.ts";
import type { EnergyRow } from "../src/types.ts";

const STOCKHOLM = "Europe/Stockholm";
const ZONES = [STOCKHOLM, "UTC", "Europe/Lisbon", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe",
  "Pacific/Auckland"];
const TODAY = "2026-03-22";

function at(text: string): number {
  return Date.parse(text) / 1000;
}

function range(by: By, day: string): readonly [string, string] {
  const { from, to } = rangeOf(by, day, TODAY);
  return [from, to];
}

describe("days", () => {
  it("reads days, and nothing else", () => {
    assert.equal(readDay("2024-02-29"), "2024-02-29");
    for (const text of ["2023-02-29", "2026-13-01", "2026-1-1", "1999-12-31", "2200-01-01", "2026-01-01T00:00", "",
      null]) {
      assert.equal(readDay(text), null, String(text));
    }
  });

  it("counts days and months", () => {
    assert.equal(addDays("2024-02-28", 2), "2024-03-01");
    assert.equal(addMonths("2026-01-01", -1), "2025-12-01");
    assert.equal(daysBetween("2026-03-01", "2026-04-01"), 31);
    assert.equal(weekday("2026-03-22"), 6);
  });

  it("knows when a day begins where the house is", () => {
    assert.equal(dayStart("2026-01-15", STOCKHOLM), at("2026-01-15T00:00:00+01:00"));
    assert.equal(dayStart("2026-07-15", STOCKHOLM), at("2026-07-15T00:00:00+02:00"));
    assert.equal(dayStart("2026-03-29", STOCKHOLM), at("2026-03-29T00:00:00+01:00"));
    assert.equal(dayStart("2026-03-30", STOCKHOLM), at("2026-03-30T00:00:00+02:00"));
  });

  it("finds the begin of every day of a year in any zone, and the last second before it in the day before", () => {
    for (const zone of ZONES) {
      for (let day = "2026-01-01"; day < "2027-01-01"; day = addDays(day, 1)) {
        const start_s = dayStart(day, zone);
        assert.equal(localDay(start_s, zone), day, zone);
        assert.equal(localDay(start_s - 1, zone), addDays(day, -1), zone);
      }
    }
  });

  it("begins a day behind a midnight that the clock jumps over", () => {
    assert.equal(dayStart("2026-04-24", "Africa/Cairo"), at("2026-04-24T01:00:00+03:00"));
  });

  it("knows zones by their names", () => {
    assert.ok(isZone(STOCKHOLM));
    assert.ok(!isZone("Nowhere/Atall"));
  });
});

describe("ranges", () => {
  it("holds the day in its range", () => {
    assert.deepEqual(range("day", TODAY), [TODAY, TODAY]);
    assert.deepEqual(range("week", TODAY), ["2026-03-16", "2026-03-22"]);
    assert.deepEqual(range("month", "2024-02-11"), ["2024-02-01", "2024-02-29"]);
    assert.deepEqual(range("year", "2024-02-11"), ["2024-01-01", "2024-12-31"]);
    assert.deepEqual(range("all", "2024-02-11"), ["2024-01-01", "2026-12-31"]);
  });

  it("goes on by one of its kind", () => {
    const on = (by: By, day: string, step: number): string => moved(rangeOf(by, day, TODAY), step, TODAY).from;
    assert.equal(on("day", "2026-03-01", -1), "2026-02-28");
    assert.equal(on("week", "2026-03-16", 1), "2026-03-23");
    assert.equal(on("month", "2026-01-31", -1), "2025-12-01");
    assert.equal(on("year", "2026-05-05", -1), "2025-01-01");
  });

  it("is what its address says, whatever that is", () => {
    for (const by of ["day", "week", "month", "year"] as const) {
      const one = rangeOf(by, "2025-10-14", TODAY);
      assert.deepEqual(readRange(new URLSearchParams(address(one).split("?")[1]), TODAY, null), one);
    }
    const read = (query: string, since: string | null = null): string => {
      const { by, from } = readRange(new URLSearchParams(query), TODAY, since);
      return `${by} ${from}`;
    };
    assert.equal(read(""), "month 2026-03-01");
    assert.equal(read("by=century&from=x"), "month 2026-03-01");
    assert.equal(read("by=day&from=2026-02-30"), `day ${TODAY}`);
    assert.equal(read("by=all", "2023-05-05"), "all 2023-01-01");
    assert.equal(read("by=all", "2031-05-05"), "all 2026-01-01");
  });

  it("stays at today when it becomes longer or shorter around it", () => {
    assert.equal(switched(rangeOf("year", TODAY, TODAY), "day", TODAY).from, TODAY);
    assert.equal(switched(rangeOf("month", "2025-10-14", TODAY), "day", TODAY).from, "2025-10-01");
  });

  it("has bars as long as the local time makes them", () => {
    const count = (by: By, day: string): number => slots(rangeOf(by, day, TODAY), STOCKHOLM).length;
    assert.equal(count("day", "2026-03-22"), 24);
    assert.equal(count("day", "2026-03-29"), 23);
    assert.equal(count("day", "2026-10-25"), 25);
    assert.equal(count("week", TODAY), 7);
    assert.equal(count("month", "2024-02-01"), 29);
    assert.equal(count("year", TODAY), 12);
    assert.equal(count("all", "2019-07-01"), 8);
  });

  it("has no time between its bars and none twice", () => {
    for (const zone of ZONES) {
      for (const by of ["day", "week", "month", "year"] as const) {
        const one = rangeOf(by, "2026-10-25", TODAY), all = slots(one, zone);
        // Hours are those of UTC, which hold no local midnight where the zone is half an hour off.
        const whole = (at_s: number): number => (by === "day" ? Math.ceil(at_s / 3600) * 3600 : at_s);
        assert.equal(all[0]?.from_s, whole(dayStart(one.from, zone)));
        assert.equal(all[all.length - 1]?.to_s, whole(dayStart(addDays(one.to, 1), zone)));
        all.slice(1).forEach((slot, index) => assert.equal(slot.from_s, all[index]?.to_s));
      }
    }
  });

  it("opens the next finer one at a bar", () => {
    const year = rangeOf("year", "2025-01-01", TODAY), month = slots(year, STOCKHOLM)[9]!;
    assert.deepEqual(opened(year, month, TODAY), rangeOf("month", "2025-10-01", TODAY));
    const day = rangeOf("day", TODAY, TODAY);
    assert.equal(opened(day, slots(day, STOCKHOLM)[3]!, TODAY), null);
  });
});

describe("the range before", () => {
  const now_s = at("2026-03-22T14:30:00+01:00");

  it("is whole where the range is over", () => {
    const found = before(rangeOf("month", "2026-02-01", TODAY), STOCKHOLM, now_s, TODAY);
    assert.deepEqual(found?.whole, { from: "2026-01-01", to: "2026-01-31" });
    assert.equal(found?.part, null);
  });

  it("ends where the running one has come to", () => {
    const found = before(rangeOf("month", TODAY, TODAY), STOCKHOLM, now_s, TODAY);
    assert.deepEqual(found?.whole, { from: "2026-02-01", to: "2026-02-21" });
    assert.deepEqual(found?.part, { day: "2026-02-22", until_s: at("2026-02-22T14:30:00+01:00") });
    assert.equal(found?.length_s, found?.held_s);
  });

  it("is the first hours of the day before, for a day", () => {
    const found = before(rangeOf("day", TODAY, TODAY), STOCKHOLM, now_s, TODAY);
    assert.equal(found?.whole, null);
    assert.deepEqual(found?.part, { day: "2026-03-21", until_s: at("2026-03-21T14:30:00+01:00") });
  });

  it("is whole where the running one has come farther than it was long", () => {
    const late_s = at("2026-03-30T14:30:00+02:00");
    const found = before(rangeOf("month", "2026-03-30", "2026-03-30"), STOCKHOLM, late_s, "2026-03-30");
    assert.deepEqual(found?.whole, { from: "2026-02-01", to: "2026-02-28" });
    assert.ok(found!.held_s > found!.length_s);
  });

  it("is none for what has not begun, and for all", () => {
    assert.equal(before(rangeOf("month", "2026-04-01", TODAY), STOCKHOLM, now_s, TODAY), null);
    assert.equal(before(rangeOf("all", "2024-01-01", TODAY), STOCKHOLM, now_s, TODAY), null);
  });
});

describe("books", () => {
  const day = rangeOf("day", "2026-03-20", TODAY), places = slots(day, STOCKHOLM), start_s = places[0]!.from_s;
  const row = (hour: number, more: Partial<EnergyRow> = {}): EnergyRow => ({
    start: "", t: start_s + hour * 3600, import_wh: 100, export_wh: 5, charged_wh: 40, import_cost: 1,
      charged_cost: null,
    coverage: 1, ...more,
  });

  it("puts rows into their places and leaves others empty", () => {
    const found = bars(places, [row(3), row(1)], start_s - 86_400, start_s + 86_400);
    assert.deepEqual(found.map((one) => (one.row === null ? 0 : 1)).join(""), "010100000000000000000000");
    assert.equal(found[0]?.missed_s, 3600);
    assert.equal(found[1]?.missed_s, 0);
  });

  it("has no gap before the memory began, nor in what is still to come", () => {
    const found = bars(places, [row(10, { coverage: 0.1 })], start_s + 10 * 3600, start_s + 11 * 3600);
    assert.equal(found.reduce((all, one) => all + one.missed_s, 0), 0);
    assert.deepEqual(found.map((one) => one.future).indexOf(true), 12);
  });

  it("tells a part of an hour, but no telegram here and there", () => {
    const missed = (coverage: number): number => bars(places, [row(0, { coverage })], start_s - 86_400,
      start_s + 3600 * 20)[0]!.missed_s;
    assert.equal(missed(0.5), 1800);
    assert.equal(missed(0.99), 0);
  });

  it("adds up what is known", () => {
    const found = sum([row(0), row(1, { import_wh: null, import_cost: null }), row(2)]);
    assert.deepEqual(found, { import_wh: 200, export_wh: 15, charged_wh: 120, import_cost: 2, charged_cost: null });
    assert.equal(sum([]).import_wh, null);
  });

  it("cuts a row", () => {
    assert.equal(part(row(0), 0.25).import_wh, 25);
    assert.equal(part(row(0, { import_wh: null }), 0.25).import_wh, null);
  });

  it("tells a change only where there is something to hold it against", () => {
    assert.equal(change(150, 100), 0.5);
    assert.equal(change(5, 0), null);
    assert.equal(change(null, 5), null);
    assert.equal(change(5000, 1), null);
  });
});

describe("an axis", () => {
  it("holds zero and all values between whole ticks", () => {
    for (const [low, high] of [[0, 0], [0, 0.3], [-2.6, 4.9], [-10, 0], [0, 971.4], [0, 1e6]] as const) {
      const { ticks, place } = scale(low, high, 10, 210, 4);
      assert.ok(ticks.length >= 2 && ticks.length <= 8, `${ticks}`);
      assert.ok(ticks.includes(0));
      assert.ok(place(high) >= 10 - 1e-9 && place(low) <= 210 + 1e-9);
      assert.equal(new Set(ticks.map((one) => one.toFixed(tickDigits(ticks)))).size, ticks.length);
    }
  });
});
