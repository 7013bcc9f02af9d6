import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { InputError } from "../../../src/base/errors.ts";
import { type ReadOptions, readRecords, type RecordSource } from "../../../src/io/records/read_records.ts";
import { inTemporaryFolder } from "../temporary.ts";
import { partsOf } from "./parts.ts";

/** Rows: name of a file, what it holds, its records. */
const FILES: [name: string, text: string, records: { line: number; fields: object }[]][] = [
  ["a.txt", "one\n\ntwo", [{ line: 1, fields: { text: "one" } }, { line: 2, fields: { text: "" } }, {
    line: 3,
    fields: { text: "two" },
  }]],
  ["a.csv", '\ufeffid,text\r\n7,"two\nlines"\n\n8,b\n', [{ line: 2, fields: { id: "7", text: "two\nlines" } }, {
    line: 5,
    fields: { id: "8", text: "b" },
  }]],
  ["A.TSV", "id\ttext\n7\ta, b\n", [{ line: 2, fields: { id: "7", text: "a, b" } }]],
  ["a.jsonl", '"one"\n\n{"text":"two","id":3}\n', [{ line: 1, fields: { text: "one" } }, {
    line: 3,
    fields: { text: "two", id: 3 },
  }]],
  ["a.conll", "a O\nb B\n\nc O\n", [{ line: 1, fields: { tokens: ["a", "b"], tags: ["O", "B"] } }, {
    line: 4,
    fields: { tokens: ["c"], tags: ["O"] },
  }]],
  ["empty.csv", "", []],
  ["header.csv", "id,text\n", []],
];

for (const [name, text, records] of FILES) {
  Deno.test(`${name}: the same records of a path, a URL, a File and a stream`, () =>
    inTemporaryFolder(async (folder) => {
      const path = `${folder}/${name}`;
      await Deno.writeTextFile(path, text);
      const format = name.toLowerCase().split(".").at(-1) as "csv";
      const sources: [source: RecordSource, options?: ReadOptions][] = [
        [path],
        [pathToFileURL(path)],
        [new File([text], name)],
        [partsOf(text, 3), { format }],
        [new Blob([text]).stream(), { format }],
      ];
      for (const [source, options] of sources) {
        assert.deepEqual(await Array.fromAsync(readRecords(source, options)), records);
      }
    }));
}

Deno.test("a record that cannot be read ends the reading, or has its error in its place", async () => {
  const text = "id,text\n1,a\n2\n3,c\n4,d,e\n";
  const file = new File([text], "in.csv");
  const message = (line: number, count: number) =>
    `Cannot read in.csv:${line}: must have 2 fields, as the header of the file has, got ${count}`;
  const read: number[] = [];
  await assert.rejects(
    async () => {
      for await (const { line } of readRecords(file)) read.push(line);
    },
    new InputError(message(3, 1), {
      cause: new InputError("must have 2 fields, as the header of the file has, got 1"),
    }),
  );
  assert.deepEqual(read, [2]);
  const found = await Array.fromAsync(readRecords(file, { errors: "yield" }));
  assert.deepEqual(found.map(({ line, fields, error }) => [line, fields?.id ?? error?.message]), [
    [2, "1"],
    [3, message(3, 1)],
    [4, "3"],
    [5, message(5, 3)],
  ]);
  assert(found[1]!.error instanceof InputError);
  const [bad] = await Array.fromAsync(readRecords(partsOf("{", 1), { format: "jsonl", errors: "yield" }));
  assert.match(bad!.error!.message, /^Cannot read line 1: must be JSON, but /);
});

Deno.test("separators and columns", async () => {
  const fieldsOf = async (text: string, options: ReadOptions) =>
    (await Array.fromAsync(readRecords(partsOf(text, 9), options))).map(({ fields }) => fields);
  assert.deepEqual(await fieldsOf("a;b\n1;2,3\n", { format: "csv", separator: ";" }), [{ a: "1", b: "2,3" }]);
  assert.deepEqual(await fieldsOf("sep=|\na|b\n1|2\n", { format: "csv" }), [{ a: "1", b: "2" }]);
  assert.deepEqual(await fieldsOf("0 a X B\n", { format: "conll", columns: { tokens: 1, tags: 3 } }), [{
    tokens: ["a"],
    tags: ["B"],
  }]);
});

Deno.test("a file that cannot be read is named, and a source that ends with an error passes it on", async () => {
  await assert.rejects(
    Array.fromAsync(readRecords("/no/such.csv")),
    new InputError("Cannot read /no/such.csv: there is no such file"),
  );
  await assert.rejects(
    Array.fromAsync(readRecords(new File(["a,a\n1,2\n"], "in.csv"))),
    /^InputError: Cannot read in\.csv: line 1, its header, must name each column once, not "a" twice/,
  );
  async function* broken() {
    yield new TextEncoder().encode("a\n");
    await Promise.reject(new Error("the network is gone"));
  }
  await assert.rejects(Array.fromAsync(readRecords(broken(), { format: "txt" })), /^Error: the network is gone$/);
  // An error of the source is its own, whatever it says.
  for (const message of ["the disk is gone", "Cannot read the disk"]) {
    const failing = async function* () {
      yield new TextEncoder().encode("a\n1\n");
      await Promise.reject(new InputError(message));
    };
    await assert.rejects(Array.fromAsync(readRecords(failing(), { format: "csv" })), new InputError(message));
  }
  // A header is that of the file, whatever it says.
  await assert.rejects(
    Array.fromAsync(readRecords(partsOf("a,a\n", 1), { format: "csv" })),
    /^InputError: Cannot read records: line 1, its header, must name each column once/,
  );
  // An error of whoever reads is his own.
  const file = new File(["a\nb\n"], "in.txt");
  await assert.rejects(async () => {
    for await (const _ of readRecords(file)) throw new InputError("mine");
  }, new InputError("mine"));
});

Deno.test("what fits no source is refused at once, by name", () => {
  const file = new File(["a\n"], "in.txt");
  const cases: [source: unknown, options: unknown, message: RegExp][] = [
    [7, {}, /the source must be a path, a file: URL, a File or an async iterable of bytes, got a number/],
    [null, {}, /got null/],
    [["a"], {}, /got an array/],
    ["in.data", {}, /in\.data must end with \.txt, \.jsonl, \.csv, \.tsv, \.conll, or give format/],
    [partsOf("", 1), {}, /give format, as a stream has no name that tells it/],
    [file, { format: "xml" }, /format must be one of "txt", "jsonl", "csv", "tsv", "conll", got "xml"/],
    [file, { errors: "skip" }, /errors must be "throw" or "yield", got "skip"/],
    [file, { separator: ";" }, /separator is for csv, got txt/],
    ["a.csv", { separator: ";;" }, /separator must be one character, no quote and no line break, got ";;"/],
    ["a.csv", { header: true }, /there is no option "header"; options are format, separator, columns, errors/],
  ];
  for (const [source, options, message] of cases) {
    assert.throws(() => readRecords(source as RecordSource, options as ReadOptions), (error) => {
      assert(error instanceof TypeError);
      assert.match(error.message, /^Cannot read records: /);
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("a URL that is not local is refused", async () => {
  await assert.rejects(
    Array.fromAsync(readRecords(new URL("https://localhost/a.csv"))),
    /TypeError: Cannot read records: a URL must be file:/,
  );
});
