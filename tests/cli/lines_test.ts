import assert from "node:assert/strict";
import { MAX_LINE, readLines } from "../../src/cli/inputs/lines.ts";
import { chunks } from "./terminals.ts";

/** The lines of some parts: texts, or messages of errors. */
async function lines(...parts: (string | Uint8Array)[]): Promise<string[]> {
  const found = await Array.fromAsync(readLines(chunks(...parts)));
  found.forEach(({ number }, i) => assert.equal(number, i + 1));
  return found.map(({ text, problem }) => problem?.message ?? text);
}

Deno.test("lines end with a line feed, with or without a carriage return; the last may lack both", async () => {
  assert.deepEqual(await lines("one\ntwo\r\n\nfour"), ["one", "two", "", "four"]);
  assert.deepEqual(await lines("one\n"), ["one"]);
  assert.deepEqual(await lines("\n"), [""]);
  assert.deepEqual(await lines(""), []);
  assert.deepEqual(await lines("a\rb\r"), ["a\rb"]);
});

Deno.test("lines are the same however the bytes come", async () => {
  const bytes = new TextEncoder().encode("naïve\r\n日本語\n🤗 x\n\nlast");
  const expected = ["naïve", "日本語", "🤗 x", "", "last"];
  for (let cut = 0; cut <= bytes.length; cut++) {
    assert.deepEqual(await lines(bytes.subarray(0, cut), bytes.subarray(cut)), expected);
  }
  assert.deepEqual(await lines(...Array.from(bytes, (byte) => Uint8Array.of(byte))), expected);
});

Deno.test("each line knows how many bytes have been read with it", async () => {
  const found = await Array.fromAsync(readLines(chunks("é\nab", "c\nd")));
  assert.deepEqual(found.map(({ end }) => end), [3, 7, 8]);
});

Deno.test("a byte order mark is left out at the beginning, and kept elsewhere", async () => {
  assert.deepEqual(await lines("\ufeffone\n\ufefftwo"), ["one", "\ufefftwo"]);
});

Deno.test("lines that are no text are named, and the others read", async () => {
  const bad = Uint8Array.of(0x61, 0xe9, 0x0a);
  assert.deepEqual(await lines("one\n", bad, "a\0b\nlast"), [
    "one",
    "must be UTF-8 text, and is not",
    "must be text, and holds a NUL character, as binary files do",
    "last",
  ]);
});

Deno.test("a line that is too long is read past without being kept", async () => {
  const part = new Uint8Array(2 ** 20).fill(0x78);
  const parts = Array.from({ length: 10 }, () => part);
  assert.deepEqual(await lines("one\n", ...parts, "\nlast"), [
    "one",
    "must be at most 8 MiB long, and is longer",
    "last",
  ]);
  const [longest] = await lines(...parts.slice(0, 8));
  assert.equal(longest!.length, MAX_LINE);
});
