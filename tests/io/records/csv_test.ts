import assert from "node:assert/strict";
import { CsvParser } from "../../../src/io/records/csv.ts";
import { MAX_LINE } from "../../../src/io/records/lines.ts";
import { linesOf } from "./parts.ts";

/** The records of a text in parts: fields, or an error's message, each with its line. */
function records(...parts: (string | Uint8Array)[]): [number: number, fields: readonly string[] | string][] {
  const parser = new CsvParser();
  const found = [...linesOf(...parts).flatMap((line) => [...parser.read(line)]), ...parser.end()];
  return found.map(({ number, fields }) => [number, fields instanceof Error ? fields.message : fields]);
}

Deno.test("fields are parted by commas, and may be empty", () => {
  assert.deepEqual(records("a,b\r\n,\r\n x , y \n"), [[1, ["a", "b"]], [2, ["", ""]], [3, [" x ", " y "]]]);
});

Deno.test("quoted fields hold commas, quotes and lines", () => {
  assert.deepEqual(records('"a,b","say ""hi"""\n"two\r\nlines",""\n""""\nlast'), [
    [1, ["a,b", 'say "hi"']],
    [2, ["two\r\nlines", ""]],
    [4, ['"']],
    [5, ["last"]],
  ]);
});

Deno.test("blank lines are left out, but not within quotes", () => {
  assert.deepEqual(records('a\n\n\n"b\n\nc"\n'), [[1, ["a"]], [4, ["b\n\nc"]]]);
});

Deno.test("what is not CSV is named by its line, and the rest is read", () => {
  assert.deepEqual(records('a,b"c"\n"a"b,c\nd,"a" \nlast'), [
    [1, "must be CSV, and has a quote within field 2, which has none around it"],
    [2, "must be CSV, and has text after the closing quote of field 1"],
    [3, "must be CSV, and has text after the closing quote of field 2"],
    [4, ["last"]],
  ]);
});

Deno.test("a quote within a field without quotes opens nothing: its line alone is refused", () => {
  assert.deepEqual(records('text\nsay "hi\nnext\n12" long,"a\nb",6"\nlast\n'), [
    [1, ["text"]],
    [2, "must be CSV, and has a quote within field 1, which has none around it"],
    [3, ["next"]],
    [4, "must be CSV, and has a quote within field 1, which has none around it"],
    [5, "must be CSV, and has a quote within field 1, which has none around it"],
    [6, ["last"]],
  ]);
  assert.deepEqual(records('"a\nb" c\n"d\n"",e",f\n'), [
    [1, "must be CSV, and has text after the closing quote of field 1, in line 2"],
    [2, "must be CSV, and has a quote within field 1, which has none around it"],
    [3, ['d\n",e', "f"]],
  ]);
});

Deno.test("a quote that is not closed is named by the line that opens it", () => {
  const message = "must be CSV, and opens a quote that it does not close";
  assert.deepEqual(records('a\n"b\nc\n'), [[1, ["a"]], [2, message], [3, ["c"]]]);
  const lines = `${"x".repeat(2 ** 20)}\n`.repeat(10);
  const found = records(`"${lines}a\n`);
  assert.deepEqual(found[0], [1, message]);
  assert.deepEqual(found.at(-1), [12 - 1, ["a"]]);
});

Deno.test("a record with a line that is no text is one error, up to its end", () => {
  const bad = Uint8Array.of(0xff);
  const notText = "must be UTF-8 text, and is not";
  assert.deepEqual(records('id,text\n1,"first line\n', bad, ' bad\n5,inner line\nlast line"\n2,a cat\n'), [
    [1, ["id", "text"]],
    [2, notText],
    [6, ["2", "a cat"]],
  ]);
  assert.deepEqual(records('1,"first', bad, '\n5,inner line"\n', bad, ',"first\nlast', bad, '"\n2,a cat\n'), [
    [1, notText],
    [3, notText],
    [5, ["2", "a cat"]],
  ]);
  assert.deepEqual(records(bad, ' say "hi\n3,a dog\n"never', bad, "\nclosed"), [
    [1, notText],
    [2, ["3", "a dog"]],
    [3, notText],
    [4, ["closed"]],
  ]);
  const tooLong = "x".repeat(MAX_LINE + 1);
  assert.deepEqual(records(`1,"first line\n${tooLong}\n5,inner line\nlast line"\n${tooLong}\n2,a cat`), [
    [1, "must be at most 8 MiB long, and is longer"],
    [5, "must be at most 8 MiB long, and is longer"],
    [6, ["2", "a cat"]],
  ]);
});

Deno.test("a stray quote costs its own record alone, wherever the next quote is", () => {
  const rows = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => `row ${from + i},1\n`).join("");
  const numbers = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => [from + i, [`row ${from + i}`, "1"]]);
  const unclosed = "must be CSV, and opens a quote that it does not close";
  const after = "must be CSV, and has text after the closing quote of field 1, in line 1000";
  const cases: [last: string, expected: unknown[]][] = [
    ["", [[1, unclosed], ...numbers(2, 1000)]],
    ['"a ""row""",2\n', [[1, after], ...numbers(2, 1000), [1000, ['a "row"', "2"]]]],
    ['"another,2\nlast,3\n', [[1, after], ...numbers(2, 1000), [1000, unclosed], [1001, ["last", "3"]]]],
    ['x,"y\n z"\n', [[1, after], ...numbers(2, 1000), [1000, ["x", "y\n z"]]]],
  ];
  assert.equal(records(`"stray,2\n${"row,1\n".repeat(300_000)}`).length, 300_001);
  for (const [last, expected] of cases) assert.deepEqual(records(`"stray,2\n${rows(2, 1000)}${last}`), expected);
});
