import assert from "node:assert/strict";
import { MAX_LINE } from "../../../src/io/records/lines.ts";
import { fc } from "../../deps.ts";
import { linesOf } from "./parts.ts";

/** The lines of some parts: texts, or messages of errors. */
function lines(...parts: (string | Uint8Array)[]): string[] {
  const found = linesOf(...parts);
  found.forEach(({ number }, i) => assert.equal(number, i + 1));
  return found.map(({ text, problem }) => problem?.message ?? text);
}

Deno.test("lines end with a line feed, with or without a carriage return; the last may lack both", () => {
  assert.deepEqual(lines("one\ntwo\r\n\nfour"), ["one", "two", "", "four"]);
  assert.deepEqual(lines("one\n"), ["one"]);
  assert.deepEqual(lines("\n"), [""]);
  assert.deepEqual(lines(""), []);
  assert.deepEqual(lines("a\rb\r"), ["a\rb"]);
});

Deno.test("lines are the same however the bytes come", () => {
  const bytes = new TextEncoder().encode("naïve\r\n日本語\n🤗 x\n\nlast");
  const expected = ["naïve", "日本語", "🤗 x", "", "last"];
  for (let cut = 0; cut <= bytes.length; cut++) {
    assert.deepEqual(lines(bytes.subarray(0, cut), bytes.subarray(cut)), expected);
  }
  assert.deepEqual(lines(...Array.from(bytes, (byte) => Uint8Array.of(byte))), expected);
});

Deno.test("each line knows where it begins and where the next one does", () => {
  const places = linesOf("é\nab", "c\nd", "é\nx\r\n").map(({ begin, end }) => [begin, end]);
  assert.deepEqual(places, [[0, 3], [3, 7], [7, 11], [11, 14]]);
});

Deno.test("a byte order mark is left out at the beginning, and kept elsewhere", () => {
  assert.deepEqual(lines("\ufeffone\n\ufefftwo"), ["one", "\ufefftwo"]);
});

Deno.test("lines that are no text are named, and the others read", () => {
  const bad = Uint8Array.of(0x61, 0xe9, 0x0a);
  assert.deepEqual(lines("one\n", bad, "a\0b\nlast"), [
    "one",
    "must be UTF-8 text, and is not",
    "must be text, and holds a NUL character, as binary files do",
    "last",
  ]);
});

Deno.test("a line that is too long is read past without being kept", () => {
  const part = new Uint8Array(2 ** 20).fill(0x78);
  const parts = Array.from({ length: 10 }, () => part);
  assert.deepEqual(lines("one\n", ...parts, "\nlast"), [
    "one",
    "must be at most 8 MiB long, and is longer",
    "last",
  ]);
  const [longest] = lines(...parts.slice(0, 8));
  assert.equal(longest!.length, MAX_LINE);
});

Deno.test("any bytes have the lines that they have decoded one by one", () => {
  const byte = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(0x61, 0x20, 0x0a, 0x0d, 0x0a) },
    { weight: 1, arbitrary: fc.constantFrom(0, 0xc3, 0xa9, 0xff, 0xef, 0xbb, 0xbf, 0xf0, 0x9f, 0xa4, 0x97) },
  );
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 60 }), fc.integer({ min: 1, max: 70 }), (bytes, size) => {
      const all = Uint8Array.from(bytes);
      const parts = Array.from(
        { length: Math.ceil(all.length / size) },
        (_, i) => all.subarray(i * size, (i + 1) * size),
      );
      const expected: unknown[] = [];
      for (let begin = 0, number = 1; begin < all.length; number++) {
        const at = all.indexOf(0x0a, begin);
        const end = at < 0 ? all.length : at + 1;
        const line = all.subarray(begin, at < 0 ? end : at);
        const decoder = new TextDecoder("utf-8", { ignoreBOM: begin > 0 });
        const whole = decoder.decode(line);
        const text = whole.replace(/\r$/, "");
        const lineBreak = whole === text ? "\n" : "\r\n";
        let problem = text.includes("\0") ? "must be text, and holds a NUL character, as binary files do" : undefined;
        try {
          new TextDecoder("utf-8", { fatal: true }).decode(line);
        } catch {
          problem = "must be UTF-8 text, and is not";
        }
        expected.push({ number, begin, end, text, lineBreak, problem });
        begin = end;
      }
      const found = linesOf(...parts).map((line) => ({ ...line, problem: line.problem?.message }));
      assert.deepEqual(found, expected);
    }),
    { numRuns: 2000 },
  );
});
