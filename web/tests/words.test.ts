import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { en } from "../src/words/en.ts";
import { isKey, type Key, LANGUAGES, type Language, language, locale, onLanguage, setLanguage, t, text } from "../src/words/index.ts";
import { sv } from "../src/words/sv.ts";

type Entry = string | Record<string, string>;

function entries(words: object): [string, Entry][] {
  return Object.entries(words as Record<string, Record<string, Entry>>).flatMap(([group, ones]) =>
    Object.entries(ones).map(([name, entry]): [string, Entry] => [`${group}.${name}`, entry]),
  );
}

function texts(entry: Entry): string[] {
  return typeof entry === "string" ? [entry] : Object.values(entry);
}

function parameters(entry: Entry): string[] {
  return [...new Set(texts(entry).flatMap((one) => one.match(/\{\w+\}/g) ?? []))].sort();
}

describe("the catalogue", () => {
  const swedish = new Map(entries(sv));

  it("has every entry in every language, with the same parameters and no empty text", () => {
    assert.deepEqual([...swedish.keys()].sort(), entries(en).map(([key]) => key).sort());
    for (const [key, entry] of entries(en)) {
      const other = swedish.get(key) ?? "";
      assert.deepEqual(parameters(other), parameters(entry), key);
      for (const one of [...texts(entry), ...texts(other)]) assert.notEqual(one.trim(), "", key);
    }
  });

  it("has texts, no markup", () => {
    for (const [key, entry] of [...entries(en), ...entries(sv)]) {
      for (const one of texts(entry)) assert.doesNotMatch(one, /<\/?[a-z]|&[a-z]+;/i, key);
    }
  });

  it("knows its own keys", () => {
    for (const [key] of entries(en)) assert.ok(isKey(key), key);
    for (const key of ["", "shell", "shell.", "shell.nothing", "nothing.now", "constructor.name", "shell.constructor"]) {
      assert.ok(!isKey(key), key);
    }
  });
});

describe("a text", () => {
  it("has its parameters put in, as texts and never twice", () => {
    assert.equal(text("en", "shell.state_charging", { power: "{power} 7 kW" }), "Charging {power} 7 kW");
    assert.equal(text("sv", "shell.state_charging", { power: "7 kW" }), "Laddar 7 kW");
    assert.equal(text("en", "shell.state_charging"), "Charging {power}");
  });

  it("writes numbers as its language does, and chooses the plural", () => {
    assert.equal(text("en", "shell.next_step", { n: 1 }), "Next step in 1 s");
    assert.equal(text("en", "shell.next_step", { n: 1234.5 }), "Next step in 1,234.5 s");
    assert.match(text("sv", "shell.next_step", { n: 1234.5 }), /^Nästa steg om 1\s234,5 s$/);
  });

  it("is its key where there is none", () => {
    assert.equal(text("en", "shell.nothing" as Key), "shell.nothing");
  });
});

describe("the chosen language", () => {
  it("is told to whoever listens, until they stop", () => {
    const heard: Language[] = [];
    const stop = onLanguage(() => heard.push(language()));
    setLanguage("sv");
    assert.equal(t("shell.box"), "Boxen");
    assert.equal(locale(), "sv-SE");
    setLanguage("en");
    stop();
    setLanguage("sv");
    assert.deepEqual(heard, ["sv", "en"]);
    assert.deepEqual(Object.keys(LANGUAGES), ["en", "sv"]);
  });
});
