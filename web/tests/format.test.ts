import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import {
  ago, amps, clock, date, duration, energy, fromDay, kwh, money, number, percent, power, toDay, together, volts,
} from "../src/format.ts";
import { setLanguage } from "../src/words/index.ts";

/** With plain spaces, whichever kinds of them a language has between figures. */
function plain(text: string): string {
  return text.replace(/[\u00a0\u202f]/g, " ").replace("−", "-");
}

describe("figures in English", () => {
  beforeEach(() => setLanguage("en"));

  it("shows unknown as a dash, never as zero", () => {
    assert.equal(number(null), "–");
    assert.equal(number(Number.NaN), "–");
    assert.deepEqual(power(null), ["–", "W"]);
    assert.deepEqual(energy(null), ["–", "kWh"]);
    assert.equal(amps(null), "–\u00a0A");
    assert.equal(duration(null), "–");
    assert.equal(ago(null), "–");
    assert.equal(money(null, "SEK"), "–");
    assert.equal(percent(null), "–");
  });

  it("chooses the unit of power by its size", () => {
    const shown = [0, 999, 999.6, 1000, 9994, 9996, 99_940, 99_960, -1500].map((w) => power(w).join(" "));
    assert.deepEqual(
      shown,
      ["0 W", "999 W", "1.00 kW", "1.00 kW", "9.99 kW", "10.0 kW", "99.9 kW", "100 kW", "-1.50 kW"].map((one) => one),
    );
  });

  it("chooses the unit of energy by its size", () => {
    const shown = [0, 999, 1000, 99_949, 99_951, 999_600, 12_345_678].map((wh) => energy(wh).join(" "));
    assert.deepEqual(shown, ["0 Wh", "999 Wh", "1.00 kWh", "99.95 kWh", "100.0 kWh", "1,000 kWh", "12.35 MWh"]);
    assert.equal(kwh(1234, 3), "1.234");
  });

  it("has no minus before nothing", () => {
    assert.equal(number(-0.2), "0");
    assert.equal(number(-0.04, 1), "0.0");
    assert.equal(number(-0.05, 2), "-0.05");
  });

  it("keeps figure and unit together", () => {
    assert.equal(together(["7", "A"]), "7\u00a0A");
    assert.equal(amps(6), "6\u00a0A");
    assert.equal(amps(6.257), "6.26\u00a0A");
    assert.equal(volts(230.04), "230\u00a0V");
  });

  it("tells durations by their two largest parts", () => {
    const shown = [0, 59.9, 60, 3599, 3600, 3660, 47 * 3600 + 120, 48 * 3600, 75 * 3600].map((s) => plain(duration(s)));
    assert.deepEqual(shown, ["0 s", "59 s", "1 min", "59 min", "1 h", "1 h 1 min", "47 h 2 min", "2 d", "3 d 3 h"]);
  });

  it("tells how long ago in words", () => {
    assert.equal(ago(0), "now");
    assert.equal(ago(59), "59 seconds ago");
    assert.equal(ago(3 * 86_400), "3 days ago");
  });
});

describe("figures in Swedish", () => {
  beforeEach(() => setLanguage("sv"));

  it("writes numbers, money and words as Swedes do", () => {
    assert.equal(plain(power(7360).join(" ")), "7,36 kW");
    assert.equal(plain(number(1234567)), "1 234 567");
    assert.equal(plain(money(12.5, "SEK")), "12,50 kr");
    assert.equal(ago(0), "nu");
    assert.equal(plain(money(3, "öre")), "3,00 öre");
  });
});

describe("days and times", () => {
  beforeEach(() => setLanguage("en"));
  const autumn = Date.parse("2026-10-25T00:30:00Z"); // The night in which Sweden's clocks go back.

  it("tells the day of a moment in the house's zone, not in the device's", () => {
    assert.equal(toDay(Date.parse("2026-11-22T23:30:00Z"), "Europe/Stockholm"), "2026-11-23");
    assert.equal(toDay(Date.parse("2026-11-22T23:30:00Z"), "America/New_York"), "2026-11-22");
  });

  it("counts hours from 00 to 23, on both sides of the change", () => {
    assert.equal(clock(autumn, "Europe/Stockholm"), "02:30:00");
    assert.equal(clock(autumn + 3_600_000, "Europe/Stockholm"), "02:30:00");
    assert.equal(clock(Date.parse("2026-01-01T00:00:05Z"), "UTC"), "00:00:05");
  });

  it("shows a dash for what is no time, and the device's time for a zone that it does not know", () => {
    assert.equal(clock(Number.NaN), "–");
    assert.equal(clock(new Date("yesterday")), "–");
    assert.equal(clock(autumn, "Mars/Olympus"), clock(autumn));
  });

  it("reads local days, months and years", () => {
    assert.equal(fromDay("2026-11-22").toISOString(), "2026-11-22T00:00:00.000Z");
    assert.equal(fromDay("2026-11").toISOString(), "2026-11-01T00:00:00.000Z");
    assert.equal(fromDay("2026").toISOString(), "2026-01-01T00:00:00.000Z");
    assert.equal(date(fromDay("2026-11-22"), { month: "long" }, "UTC"), "November");
  });
});
