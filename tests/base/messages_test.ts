import assert from "node:assert/strict";
import { describe, excerpt, kindOf, listed, nameOf, quote, quoted, shown } from "../../src/base/messages.ts";

Deno.test("messages: names are quoted, escaped, and cut after 200 characters", () => {
  assert.equal(quote('a"\n'), String.raw`"a\"\n"`);
  assert.equal(quote("x".repeat(200)), `"${"x".repeat(200)}"`);
  assert.equal(quote("x".repeat(201)), `"${"x".repeat(200)}…"`);
  assert.equal(quote("\x7f\x9b31m\u202egpj"), String.raw`"\u007f\u009b31m\u202egpj"`);
  assert.equal(quoted(["a", "b"]), '"a", "b"');
});

Deno.test("messages: an excerpt is at most 40 characters, none of them cut in half", () => {
  assert.equal(excerpt("🐦".repeat(40)), `"${"🐦".repeat(40)}"`);
  assert.equal(excerpt("🐦".repeat(41)), `"${"🐦".repeat(39)}…"`);
});

Deno.test("messages: a value as JSON, by what is known of it, and by its kind", () => {
  const rows: [value: unknown, shown: string, described: string, kind: string][] = [
    ["a", '"a"', '"a"', "a string"],
    [NaN, "NaN", "NaN", "a number"],
    [2n, "2", "2", "a bigint"],
    [null, "null", "null", "null"],
    [undefined, "undefined", "undefined", "undefined"],
    [[1], "[1]", "a list", "an array"],
    [{ a: 1 }, '{"a":1}', "an object", "another object"],
  ];
  for (const [value, ...expected] of rows) {
    assert.deepEqual([shown(value), describe(value), kindOf(value)], expected);
  }
  assert.equal(shown("x".repeat(80)), `"${"x".repeat(56)}...`);
});

Deno.test("messages: one problem on the same line, several on a line each", () => {
  assert.equal(listed(["one"]), " one");
  assert.equal(listed(["one", "two"]), "\n  - one\n  - two");
});

Deno.test("messages: an input is named by its place", () => {
  assert.deepEqual([nameOf("text", 2, 8), nameOf("text", 0, 1), nameOf("text", 2)], [
    "text 3 of 8",
    "the text",
    "text 3",
  ]);
});
