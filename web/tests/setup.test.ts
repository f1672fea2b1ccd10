import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bars, isKey, isName, isPassword, typed, visible } from "../src/setup/networks.ts";
import { failureText, SETUP_WORDS } from "../src/setup/words.ts";
import { setLanguage } from "../src/words/language.ts";

describe("a network", () => {
  it("has one to four bars", () => {
    assert.deepEqual([0, 1, 25, 26, 50, 51, 75, 76, 100].map(bars), [1, 1, 1, 2, 2, 3, 3, 4, 4]);
  });

  it("has a name of 1 to 32 bytes", () => {
    for (const name of ["a", "a".repeat(32), "å".repeat(16), "😀".repeat(8), " ", "<b>"]) assert.ok(isName(name), name);
    for (const name of ["", "a".repeat(33), "å".repeat(17), "😀".repeat(9)]) assert.ok(!isName(name), name);
  });

  it("is seen whatever is in its name", () => {
    assert.equal(visible("a\0b\x1b[31m\r\n\x7f"), "a\u2400b\u241b[31m\u240d\u240a\u2421");
    assert.equal(visible("  "), "\u2423\u2423");
    assert.equal(visible(" a b 😀 <b>"), " a b 😀 <b>");
  });

  it("may be called like an escape: what was typed stays what was typed", () => {
    assert.equal(typed("caf\\xe9"), "caf\\x5cxe9");
    assert.equal(typed("a\\b \\x \\xg1 \\X41"), "a\\b \\x \\xg1 \\X41".replace("\\X41", "\\x5cX41"));
    assert.equal(typed("plain 😀"), "plain 😀");
  });

  it("has a password that fits how it is locked", () => {
    assert.ok(isKey("", "open"));
    assert.ok(isKey("x", "sae") && !isKey("", "sae"));
    for (const good of ["12345678", "x".repeat(63), "0123456789abcdefABCDEF".padEnd(64, "0"), "åäöåäöåä"]) {
      assert.ok(isKey(good, "psk"), good);
    }
    for (const bad of ["", "1234567", "x".repeat(64), "å".repeat(32)]) assert.ok(!isKey(bad, "psk"), bad);
    for (const length of [5, 10, 13, 26]) assert.ok(isKey("1".repeat(length), "wep"));
    assert.ok(!isKey("1".repeat(8), "wep"));
    assert.ok(isKey("", null) && isKey("12345678", null) && !isKey("1", null));
  });
});

describe("the box's password", () => {
  it("has 8 to 128 characters, as people count them", () => {
    assert.ok(!isPassword("1234567") && isPassword("12345678"));
    assert.ok(isPassword("😀".repeat(128)) && !isPassword("😀".repeat(129)) && !isPassword("😀".repeat(4)));
    assert.ok(!isPassword("e\u0301".repeat(4) + "abc") && isPassword("e\u0301".repeat(4) + "abcd"));
  });
});

describe("the words of the setup page", () => {
  const parameters = (entry: unknown): string[] => [...new Set(JSON.stringify(entry).match(/\{\w+\}/g) ?? [])].sort();

  it("have the same parameters in every language, and no markup", () => {
    for (const [key, entry] of Object.entries(SETUP_WORDS.en)) {
      const other = SETUP_WORDS.sv[key as keyof typeof SETUP_WORDS.sv];
      assert.deepEqual(parameters(other), parameters(entry), key);
      assert.doesNotMatch(JSON.stringify([entry, other]), /<\/?[a-z]|&[a-z]+;|:""/i, key);
    }
  });

  it("say why a network could not be joined, whatever the box calls it", () => {
    setLanguage("en");
    for (const failure of ["wrong password", "not found", "no address", "not supported", "failed", "__proto__", "toString"]) {
      assert.match(failureText(failure, "Home"), /Home/, failure);
    }
    assert.match(failureText("wrong password", "Home"), /password of Home is not right/);
  });
});
