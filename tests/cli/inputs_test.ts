import assert from "node:assert/strict";
import { InputError } from "../../src/base/errors.ts";
import { type Format, openInputs } from "../../src/cli/inputs/inputs.ts";
import { UsageError } from "../../src/cli/options.ts";
import { folderOf, smallModel } from "./folders.ts";
import { chunks, type Input, MemoryTerminal, narrowbert } from "./terminals.ts";

const NO_NAMES = {
  format: undefined,
  separator: undefined,
  "text-column": undefined,
  "pair-column": undefined,
  "text-field": undefined,
  "pair-field": undefined,
};

/** All that a command is asked: places, and fields or messages. */
async function inputs(
  { texts = [], input = [], stdin = null, ...naming }: {
    texts?: string[];
    input?: string[];
    format?: Format;
    stdin?: Input | null;
    separator?: string;
    "text-column"?: string;
    "pair-column"?: string;
    "text-field"?: string;
    "pair-field"?: string;
  },
): Promise<[place: string | null, fields: unknown][]> {
  const { items } = await openInputs(texts, { ...NO_NAMES, input, ...naming }, new MemoryTerminal(stdin));
  const found = await Array.fromAsync(items);
  return found.map(({ place, fields }) => [place, fields instanceof Error ? fields.message : fields]);
}

Deno.test("arguments are texts; without any the lines of standard input are", async () => {
  assert.deepEqual(await inputs({ texts: ["a", ""], stdin: "not read" }), [[null, { text: "a" }], [null, {
    text: "",
  }]]);
  assert.deepEqual(await inputs({ stdin: "one\r\ntwo" }), [
    ["standard input:1", { text: "one" }],
    ["standard input:2", { text: "two" }],
  ]);
});

Deno.test("files hold what their names end with, one after the other, and standard input among them", async () => {
  await using folder = await folderOf({
    "a.TXT": "one\n",
    "b.jsonl": '"two"\n\n{"text": "three", "id": 3}\n',
    "c.csv": 'id,text\n4,"four, 4"\n',
  });
  const { path } = folder;
  const input = [`${path}/a.TXT`, "-", `${path}/b.jsonl`, `${path}/c.csv`];
  assert.deepEqual(await inputs({ input, stdin: "piped" }), [
    [`${path}/a.TXT:1`, { text: "one" }],
    ["standard input:1", { text: "piped" }],
    [`${path}/b.jsonl:1`, { text: "two" }],
    [`${path}/b.jsonl:3`, { text: "three", id: 3 }],
    [`${path}/c.csv:2`, { id: "4", text: "four, 4" }],
  ]);
  const { length: bytes, items } = await openInputs(
    [],
    { ...NO_NAMES, input: input.toSpliced(1, 1) },
    new MemoryTerminal(),
  );
  assert.equal(bytes, 4 + 34 + 20);
  assert.equal((await Array.fromAsync(items)).at(-1)!.end, bytes);
});

Deno.test("--format says what files and standard input hold", async () => {
  await using folder = await folderOf({ "a.log": "text\nx\n" });
  assert.deepEqual(await inputs({ input: [`${folder.path}/a.log`], format: "csv" }), [
    [`${folder.path}/a.log:2`, { text: "x" }],
  ]);
  assert.deepEqual(await inputs({ format: "jsonl", stdin: '{"text": "x"}' }), [["standard input:1", { text: "x" }]]);
});

Deno.test("lines that hold no record are named, and the others read", async () => {
  const stdin = chunks('{"text": "a"}\n{broken\n[1]\n7\nnull\n', Uint8Array.of(0xff, 0x0a), '"b"');
  const found = await inputs({ format: "jsonl", stdin });
  assert.match(found[1]![1] as string, /^must be JSON, but .*position 1$/);
  assert.deepEqual(found.toSpliced(1, 1), [
    ["standard input:1", { text: "a" }],
    ["standard input:3", "must be a JSON string or object, got an array"],
    ["standard input:4", "must be a JSON string or object, got 7"],
    ["standard input:5", "must be a JSON string or object, got null"],
    ["standard input:6", "must be UTF-8 text, and is not"],
    ["standard input:7", { text: "b" }],
  ]);
  assert.deepEqual(await inputs({ format: "csv", stdin: "text,n\na,1\nb\n" }), [
    ["standard input:2", { text: "a", n: "1" }],
    ["standard input:3", "must have 2 fields, as the header of the file has, got 1"],
  ]);
});

Deno.test("a header without a text, or with a column twice, is refused", async () => {
  const cases = [
    ["id,name\n1,a\n", 'line 1, its header, must name a column "text", got id, name'],
    ["\ntext,id,id\n", 'line 2, its header, must name each column once, not "id" twice, got text, id, id'],
  ] as const;
  for (const [stdin, message] of cases) {
    await assert.rejects(
      () => inputs({ format: "csv", stdin }),
      new InputError(`Cannot read standard input: ${message}`),
    );
  }
});

Deno.test("empty files are named; without any text at all the command line is wrong", async () => {
  await using folder = await folderOf({ "a.txt": "", "b.csv": "text\n", "c.jsonl": "\n \n", "d.txt": "d" });
  const at = (name: string) => `${folder.path}/${name}`;
  assert.deepEqual(await inputs({ input: ["a.txt", "b.csv", "c.jsonl", "d.txt"].map(at) }), [
    [at("a.txt"), "must hold a text, and is empty"],
    [at("b.csv"), "must hold a text, and is empty"],
    [at("c.jsonl"), "must hold a text, and is empty"],
    [`${at("d.txt")}:1`, { text: "d" }],
  ]);
  assert.deepEqual(await inputs({ input: ["-"], stdin: "" }), [["standard input", "must hold a text, and is empty"]]);
  for (const stdin of ["", null]) await assert.rejects(() => inputs({ stdin }), UsageError);
});

Deno.test("files that cannot be read are refused before anything is read", async () => {
  await using folder = await folderOf({ "a.txt": "a", "b.tab": "b" });
  const at = (name: string) => `${folder.path}/${name}`;
  const cases: [input: string[], error: Error][] = [
    [[at("a.txt"), at("no.txt")], new InputError(`Cannot read ${at("no.txt")}: there is no such file`)],
    [[folder.path], new InputError(`Cannot read ${folder.path}: it must be a file, and is a folder`)],
    [[at("b.tab")], new UsageError(`cannot tell what ${at("b.tab")} holds: give --format txt, jsonl, csv, tsv`)],
    [["-"], new UsageError("--input - reads standard input, and nothing is piped into it")],
    [["-", "-"], new UsageError("--input - can be given once")],
  ];
  for (const [input, error] of cases) await assert.rejects(() => inputs({ input }), error);
  await assert.rejects(
    () => inputs({ texts: ["a"], input: [at("a.txt")] }),
    new UsageError("texts are arguments or come from --input, got both"),
  );
});

Deno.test("further fields are printed as they were, whatever their numbers", async () => {
  const fields = [
    '"id":1759283746501928374',
    '"weight":1.0',
    '"far":[1e400,{"x":-0}]',
    '"n":3',
    '"2024":{"10":1,"9":2},"2023":5',
  ];
  const lines = fields.map((field) => `{"text":"a large animal",${field}}\n`).join("");
  for (const command of ["classify", "embed"]) {
    const { stdout, stderr } = await narrowbert([command, "--jsonl", "--format", "jsonl"], lines);
    assert.equal(stderr, "");
    stdout.trim().split("\n").forEach((line, i) => assert(line.includes(`${fields[i]},`), line.slice(0, 80)));
  }
  await using model = await smallModel("one-label");
  const rank = ["rank", "--model", model.path, "--query", "a", "--json", "--format", "jsonl"];
  const { stdout } = await narrowbert(rank, lines);
  for (const field of fields) assert(stdout.includes(field), stdout);
});

Deno.test("a line that is a number in any spelling is refused", async () => {
  for (const line of ["1.0", "1e400", "-0"]) {
    const { code, stderr } = await narrowbert(["classify", "--format", "jsonl"], `${line}\n`);
    assert.equal(code, 1);
    assert.equal(stderr, `narrowbert: standard input:1: must be a JSON string or object, got ${line}\n`);
  }
});

Deno.test("columns and fields of other names, and other separators", async () => {
  const rows = async (stdin: string, naming: object) =>
    (await inputs({ stdin, input: ["-"], format: "csv", ...naming })).map(([, fields]) => fields);
  assert.deepEqual(await rows("id;body\n1;a, b\n", { separator: ";", "text-column": "body" }), [{
    text: "a, b",
    id: "1",
  }]);
  assert.deepEqual(await rows("a\tb\n1\t2\n", { separator: "tab", "text-column": "a", "pair-column": "b" }), [
    { text: "1", text_pair: "2" },
  ]);
  assert.deepEqual(await rows('sep=;\r\ntext;x\r\n"a;""b""";1\r\n', {}), [{ text: 'a;"b"', x: "1" }]);
  assert.deepEqual(await rows("\ufefftext,x\na,1\n", {}), [{ text: "a", x: "1" }]);
  assert.deepEqual(await rows("text,body\na,b\n", { "text-column": "body" }), [{ text: "b", input_text: "a" }]);
  assert.deepEqual(await rows("text,body,input_text\na,b,c\n", { "text-column": "body" }), [
    { text: "b", input_text: "c", input_input_text: "a" },
  ]);
  for (const separator of ["", "ab", '"', "\n"]) {
    await assert.rejects(rows("text\na\n", { separator }), UsageError);
  }
  await assert.rejects(rows("text;x\na;1\n", {}), {
    message: 'Cannot read standard input: line 1, its header, must name a column "text", got text;x; if fields are ' +
      'separated by ";", give it as separator',
  });
  await assert.rejects(rows("text,x\na,1\n", { "pair-column": "y" }), /must name a column "y", got text, x$/);

  const lines = '{"body":"a","id":10000000000000001}\n{"text":"b"}\n{"body":"c","text":"d","other":"e"}\n';
  const found = await inputs({ stdin: lines, format: "jsonl", "text-field": "body", "pair-field": "other" });
  assert.equal(JSON.stringify(found[0]![1]), '{"text":"a","id":10000000000000001}');
  assert.deepEqual(found.slice(1).map(([, fields]) => fields), [
    'must have a field "body"',
    { text: "c", text_pair: "e", input_text: "d" },
  ]);
});

Deno.test("options that name columns and fields are refused where no input has such", async () => {
  await using folder = await folderOf({
    "a.csv": "text\na\n",
    "b.jsonl": '"b"\n',
    "c.txt": "c\n",
    "d.tsv": "a\tb\n1\t2, 3\n",
  });
  const [csv, jsonl, txt] = ["a.csv", "b.jsonl", "c.txt"].map((name) => `${folder.path}/${name}`) as [
    string,
    string,
    string,
  ];
  const cases: [naming: object, input: string[], message: string][] = [
    [{ "text-field": "x" }, [csv], "--text-field is for jsonl, got csv"],
    [{ "pair-field": "x" }, [csv, txt], "--pair-field is for jsonl, got csv and txt"],
    [{ "text-column": "x" }, [jsonl], "--text-column is for csv and tsv, got jsonl"],
    [{ "pair-column": "x" }, [txt], "--pair-column is for csv and tsv, got txt"],
    [{ separator: ";" }, [jsonl, txt], "--separator is for csv, got jsonl and txt"],
  ];
  for (const [naming, input, message] of cases) {
    await assert.rejects(() => inputs({ input, ...naming }), new UsageError(message));
  }
  await assert.rejects(
    () => inputs({ texts: ["a"], "text-column": "x" }),
    new UsageError("--text-column is for csv and tsv, got texts as arguments"),
  );
  const tsv = `${folder.path}/d.tsv`;
  assert.deepEqual((await inputs({ input: [tsv], "text-column": "b" })).map(([, fields]) => fields), [{
    text: "2, 3",
    a: "1",
  }]);
  await assert.rejects(
    () => inputs({ input: [tsv], separator: ";" }),
    new UsageError("--separator is for csv, got tsv"),
  );
  assert.deepEqual((await inputs({ input: [csv, jsonl], "text-field": "x" })).map(([, fields]) => fields), [
    { text: "a" },
    'must have a field "x"',
  ]);
  for (const command of ["embed", "tag", "score", "fill-mask"]) {
    const { code, stderr } = await narrowbert([command, "--pair-column", "x"], "a\n");
    assert.equal(code, 2);
    assert.match(stderr, /Unknown option '--pair-column'/);
  }
});
