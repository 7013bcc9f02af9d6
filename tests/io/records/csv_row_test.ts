import assert from "node:assert/strict";
import { CsvParser } from "../../../src/io/records/csv.ts";
import { csvRow } from "../../../src/io/records/csv_row.ts";
import { parseRecords } from "../../../src/io/records/parse.ts";
import { openParser } from "../../../src/io/records/formats.ts";
import { linesOf, partsOf } from "./parts.ts";

Deno.test("fields are quoted if they must be, and by nothing else", () => {
  const rows: [fields: string[], separator: string, row: string][] = [
    [["a", "b c", "", "1.5", "'"], ",", "a,b c,,1.5,'\n"],
    [["a,b", "a;b"], ",", '"a,b",a;b\n'],
    [["a,b", "a;b"], ";", 'a,b;"a;b"\n'],
    [["a\tb", "c"], "\t", '"a\tb"\tc\n'],
    [['say "a"', "\n", "\r", "a\r\nb"], ",", '"say ""a""","\n","\r","a\r\nb"\n'],
    [["\ufefftext", "a\ufeff"], ",", '"\ufefftext",a\ufeff\n'],
    [[""], ",", '""\n'],
    [["", ""], ",", ",\n"],
  ];
  for (const [fields, separator, row] of rows) assert.equal(csvRow(fields, separator), row);
});

Deno.test("what could not be read back is refused", () => {
  const cases: [fields: unknown[], separator: string, problem: RegExp][] = [
    [["a", "b\0"], ",", /field 2 must be text without NUL characters, got "b/],
    [["\ud800"], ",", /field 1 must be text without lone surrogates, got /],
    [["a\udc00b"], ",", /field 1 must be text without lone surrogates, got /],
    [["a", 7], ",", /field 2 must be a string, got a number/],
    [[null], ",", /field 1 must be a string, got null/],
    ...["", "ab", '"', "\n", "\r", "🤗"].map((separator): [string[], string, RegExp] => [
      ["a"],
      separator,
      /the separator must be one character, no quote and no line break, got "/,
    ]),
  ];
  for (const [fields, separator, problem] of cases) {
    assert.throws(() => csvRow(fields as string[], separator), (error) => {
      assert(error instanceof TypeError);
      assert.match(error.message, /^Cannot write a row of CSV: /);
      assert.match(error.message, problem);
      return true;
    });
  }
  assert.equal(csvRow(["🤗", "\ufffd"]), "🤗,\ufffd\n");
});

Deno.test("random fields are read back as they were", () => {
  const PARTS = [
    "a",
    ",",
    ";",
    "\t",
    '"',
    '""',
    "\n",
    "\r",
    "\r\n",
    " ",
    "ü",
    "🤗",
    "\ufeff",
    "'",
    "\\",
    "sep=;",
    "\u2028",
  ];
  let seed = 7;
  const random = (below: number) => (seed = (seed * 1103515245 + 12345) % 2 ** 31) % 65521 % below;
  for (const separator of [",", ";", "\t", "|"]) {
    for (const width of [1, 2, 5]) {
      const rows = Array.from(
        { length: 300 },
        () =>
          Array.from(
            { length: width },
            () => Array.from({ length: random(5) }, () => PARTS[random(PARTS.length)]).join(""),
          ),
      );
      const text = csvRow(Array.from({ length: width }, (_, i) => `c${i}`), separator) +
        rows.map((row) => csvRow(row, separator)).join("");
      const parser = new CsvParser({ separator });
      const found = [...linesOf(text)].flatMap((line) => parser.read(line));
      assert.deepEqual(found.slice(1).map(({ fields }) => fields), rows);
      assert.deepEqual(parser.end(), []);
    }
  }
});

Deno.test("a file that is torn has its whole records, and no others", async () => {
  const text = 'id,text\n1,"two\nlines"\n2,ü\n';
  const bytes = new TextEncoder().encode(text);
  for (let end = 0; end <= bytes.length; end++) {
    const parser = openParser("csv");
    const cut = bytes.subarray(0, end);
    const records = (await Array.fromAsync(parseRecords(partsOf(cut, 5), { parser, isTorn: true }))).flat();
    const whole = [22, bytes.length].filter((length) => length <= end).length;
    assert.deepEqual(
      records.map(({ fields }) => fields),
      [{ id: "1", text: "two\nlines" }, { id: "2", text: "ü" }].slice(0, whole),
    );
  }
});

Deno.test("a line may be longer if that is asked for", async () => {
  const text = `{"text":"${"a".repeat(9 * 2 ** 20)}"}\n`;
  const read = async (most?: number) => {
    const options = { parser: openParser("jsonl"), ...(most !== undefined && { most }) };
    const [record] = (await Array.fromAsync(parseRecords(partsOf(text, 2 ** 18), options))).flat();
    return record!.fields;
  };
  assert.match((await read() as Error).message, /must be at most 8 MiB long/);
  assert.equal(((await read(2 ** 24)) as { text: string }).text.length, 9 * 2 ** 20);
});
