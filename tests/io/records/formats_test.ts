import assert from "node:assert/strict";
import { type DataFormat, openParser, type ParserOptions } from "../../../src/io/records/formats.ts";
import { MAX_LINE } from "../../../src/io/records/lines.ts";
import { parseRecords } from "../../../src/io/records/parse.ts";
import type { FileRecord } from "../../../src/io/records/record.ts";
import { TableParser } from "../../../src/io/records/table.ts";
import { bytesOf, partsOf } from "./parts.ts";

/** The records of a file, whose bytes come `size` at a time. */
async function recordsOf(
  file: string | Uint8Array,
  { format, size = 1 << 20, options }: { format: DataFormat; size?: number; options?: ParserOptions },
): Promise<FileRecord[]> {
  const parser = openParser(format, options);
  return (await Array.fromAsync(parseRecords(partsOf(file, size), { parser }))).flat();
}

/** What they hold: each its line, and fields or a message. */
const shown = (records: readonly FileRecord[]) =>
  records.map(({ number, fields }) => [number, fields instanceof Error ? fields.message : fields]);

const FILES: Record<DataFormat, string> = {
  txt: "\ufeffone\r\n\nzwei ä\n🤗",
  jsonl: '{"text": "naïve"}\n\n"two"\r\n[1]\n{"a": 1, "b": ["x"]}\n',
  csv: 'id,text\n1,"two\nlinés, ""quoted"""\n\n2,plain\r\n3\n4,"last"',
  tsv: 'id\ttext\n1\t"two\tlinés, ""quoted"""\n\n2\tplain, and more\r\n3\n4\tlast',
  conll:
    "-DOCSTART- -X- O\n\nEU NNP B-ORG\nrejects VBZ O\n\n\n日本\tNN\tB-LOC\r\nx\tNN\tO\n-DOCSTART- -X- O\nlast NN O",
};

Deno.test("records are the same however the bytes come", async () => {
  for (const [format, file] of Object.entries(FILES) as [DataFormat, string][]) {
    const whole = await recordsOf(file, { format });
    assert.ok(whole.length >= 3, format);
    for (let size = 1; size < 12; size++) assert.deepEqual(await recordsOf(file, { format, size }), whole, format);
  }
});

Deno.test("reading may begin at the beginning of any record", async () => {
  for (const [format, file] of Object.entries(FILES) as [DataFormat, string][]) {
    const bytes = bytesOf(file);
    const whole = await recordsOf(bytes, { format });
    for (const [i, { begin, number }] of whole.entries()) {
      const parser = openParser(format, { table: { header: ["id", "text"] } });
      const from = { line: number, offset: begin };
      const rest = await Array.fromAsync(parseRecords(partsOf(bytes.subarray(begin), 7), { parser, from }));
      assert.deepEqual(rest.flat(), whole.slice(i), `${format}, record ${i}`);
    }
  }
});

Deno.test("sentences are in columns parted by tabs or spaces; blank lines end them, borders of documents too", async () => {
  assert.deepEqual(shown(await recordsOf(FILES.conll, { format: "conll" })), [
    [3, { tokens: ["EU", "rejects"], tags: ["B-ORG", "O"] }],
    [7, { tokens: ["日本", "x"], tags: ["B-LOC", "O"] }],
    [10, { tokens: ["last"], tags: ["O"] }],
  ]);
  const columns = { tokens: 1, tags: -2 };
  assert.deepEqual(shown(await recordsOf("1 a X _\n2 b Y _\n", { format: "conll", options: { columns } })), [
    [1, { tokens: ["a", "b"], tags: ["X", "Y"] }],
  ]);
  assert.deepEqual(shown(await recordsOf("New York\tB-LOC\n", { format: "conll" })), [
    [1, { tokens: ["New York"], tags: ["B-LOC"] }],
  ]);
});

Deno.test("a sentence that is not in columns is one error, which names the line", async () => {
  const bad = new Uint8Array([...bytesOf("a O\n"), 0xff, ...bytesOf(" O\n\nb O\n")]);
  assert.deepEqual(shown(await recordsOf(bad, { format: "conll" })), [
    [1, "must be UTF-8 text, and is not, in line 2"],
    [4, { tokens: ["b"], tags: ["O"] }],
  ]);
  assert.deepEqual(shown(await recordsOf("a O\nb\n\nc\n\nd X O\ne O\nf\n\ng O", { format: "conll" })), [
    [1, "must have 2 columns at least, got 1, in line 2"],
    [4, "must have 2 columns at least, got 1"],
    [6, "must have 3 columns, as its first line has, got 2, in line 7"],
    [10, { tokens: ["g"], tags: ["O"] }],
  ]);
  const endless = "x O\n".repeat(MAX_LINE / 4 + 1);
  assert.deepEqual(shown(await recordsOf(`${endless}\nlast O\n`, { format: "conll" })), [
    [1, "must be a sentence of at most 8 MiB, and is longer; a blank line ends a sentence"],
    [MAX_LINE / 4 + 3, { tokens: ["last"], tags: ["O"] }],
  ]);
});

Deno.test("a table has the columns of its header, whatever they are called, unless one is asked for", async () => {
  const parser = new TableParser();
  const read = parseRecords(partsOf("sentence,label\na,1\n", 5), { parser });
  assert.deepEqual(shown((await Array.fromAsync(read)).flat()), [[2, { sentence: "a", label: "1" }]]);
  assert.deepEqual(parser.header, ["sentence", "label"]);
  const refused = (file: string, message: string) =>
    assert.rejects(recordsOf(file, { format: "csv", options: { table: { required: ["text"] } } }), {
      name: "InputError",
      message,
    });
  await refused("\nid,label\n", 'line 2, its header, must name a column "text", got id, label');
  await refused("text,id,id\n", 'line 1, its header, must name each column once, not "id" twice, got text, id, id');
});

Deno.test("rows of a width that the header does not have are read again line by line, as a quote may be a stray one", async () => {
  const found = await recordsOf('text,n\n"a,1\nb,2\nc",3,4\nd,5\n', { format: "csv" });
  assert.deepEqual(shown(found), [
    [2, "must have 2 fields, as the header of the file has, got 3, in line 4"],
    [3, { text: "b", n: "2" }],
    [4, "must be CSV, and has a quote within field 1, which has none around it"],
    [5, { text: "d", n: "5" }],
  ]);
});

Deno.test("columns without a name are numbered, and left out where they are empty", async () => {
  const read = async (file: string) => shown(await recordsOf(file, { format: "csv" })).map(([, fields]) => fields);
  assert.deepEqual(await read("text,label,,\na,1,,\nb,2,,x\n"), [{ text: "a", label: "1" }, {
    text: "b",
    label: "2",
    column_4: "x",
  }]);
  assert.deepEqual(await read(",text,column_1\n0,a,z\n"), [{ column_1_: "0", text: "a", column_1: "z" }]);
  assert.deepEqual(await read('"",text\r\n7,"a\r\nb"\r\n'), [{ column_1: "7", text: "a\r\nb" }]);
});

Deno.test("a file whose lines end with carriage returns alone is named as that", async () => {
  await assert.rejects(recordsOf("text,n\ra,1\rb,2\r", { format: "csv" }), {
    name: "InputError",
    message: /line 1, its header, must end with a line feed, and the file has carriage returns alone/,
  });
});
