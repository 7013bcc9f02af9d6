/** Outputs of the commands: what a file has, and what cannot be one. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { DataRecord } from "../../src/io/records/read_records.ts";
import { readRecords } from "../../src/io/records/read_records.ts";
import { folderOf, type SmallModel, smallModel } from "./folders.ts";
import { runDeno } from "./processes.ts";
import { textOf } from "../../src/cli/inputs/questions.ts";
import { answersIn } from "../../src/cli/outputs/outcome.ts";
import { textCommand } from "../../src/cli/text_command.ts";
import { type Input, MemoryTerminal, narrowbert, narrowbertJson } from "./terminals.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** A text of more tokens than the shipped models take. */
const LONG = "person ".repeat(100);

/** Runs a command line that must succeed, and say nothing. */
async function writes(args: string[], stdin: Input | null = null): Promise<void> {
  assert.deepEqual(await narrowbert(args, stdin), { code: 0, stdout: "", stderr: "" });
}

/** The records of a file. */
async function recordsOf(path: string): Promise<DataRecord["fields"][]> {
  return (await Array.fromAsync(readRecords(path))).map(({ fields }) => fields);
}

/** The names in a folder. */
function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

Deno.test("every cell of the input comes back as it was, before the answer, by our reader", async () => {
  const texts = [
    "plain",
    'quotes "" and "',
    "commas, and; semicolons",
    "two\nlines",
    "three\r\nlines\n",
    "lone\rreturn",
    "\ttab ",
    " ",
    "ümläut 漢字 🤗 ‮",
    "=1+1",
    "'",
    "\ufeff",
    "a\r",
    '"',
    ",",
    "\\n",
    "null",
    "0012",
    "1e5",
  ];
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  await using folder = await folderOf({
    "in.csv": `\ufeffid,"the, text",\n${
      texts.map((text, i) => `0${i},${quoted(text)},${i === 3 ? "x" : ""}`).join("\r\n")
    }\n`,
  });
  for (const ending of ["csv", "tsv"]) {
    const out = `${folder.path}/out.${ending}`;
    await writes(["classify", "-i", `${folder.path}/in.csv`, "--text-column", "the, text", "-o", out]);
    const rows = await recordsOf(out);
    assert.deepEqual(Object.keys(rows[0]!), ["id", "the, text", "column_3", "label", "score"]);
    assert.deepEqual(rows.map((row) => row["the, text"]), texts);
    assert.deepEqual(rows.map(({ id }) => id), texts.map((_, i) => `0${i}`));
    assert.equal(rows[3]!.column_3, "x");
    const answers = await narrowbertJson<{ labels: [{ label: string; score: number }] }[]>(
      ["classify", "--json", "-i", `${folder.path}/in.csv`, "--text-column", "the, text"],
    );
    for (const [i, { label, score }] of rows.entries()) {
      assert.deepEqual({ label, score: Number(score) }, answers[i]!.labels[0]);
    }
  }
});

const KING = "the wife of a king";

/** Rows: command line, what it reads, the columns of a table, and cells of its first row. */
const COMMANDS: [args: string[], model: SmallModel | null, stdin: string, columns: string[], cells: RegExp[]][] = [
  [["classify"], null, `id,text\n1,${KING}\n`, ["id", "text", "label", "score"], [
    /^1$/,
    /wife/,
    /^noun\./,
    /^0\.\d+$/,
  ]],
  [["classify", "--top-k", "2"], null, `text\n${KING}\n`, ["text", "label_1", "score_1", "label_2", "score_2"], []],
  [["classify", "--top-k", "all"], "nli", `text\n${KING}\n`, [
    "text",
    ...[1, 2, 3].flatMap((i) => [`label_${i}`, `score_${i}`]),
  ], []],
  [["classify", "--top-k", "9"], "one-label", "text\na\n", ["text", "label", "score"], []],
  [["fill-mask", "--top-k", "1"], null, "text\na [MASK] dog\n", ["text", "token_str", "score"], [
    /./,
    /^\w+$/,
    /^0\.\d+$/,
  ]],
  [["fill-mask", "--targets", "son,wife"], null, "text\nthe [MASK] of a [MASK]\n", [
    "text",
    "token_str_1",
    "score_1",
    "token_str_2",
    "score_2",
  ], [/./, /^\["(son|wife)","(son|wife)"\]$/, /^\[0\.\d+,0\.\d+\]$/]],
  [["tag"], "ner", `text\n${KING}\n`, ["text", "entities"], [/./, /^\[.*\]$/]],
  [["embed"], "mlm", `text\n${KING}\n`, ["text", "embedding"], [/./, /^\[-?\d\.[-\d.,e]+\]$/]],
  [["embed", "--pooling", "none"], "mlm", "text\na\n", ["text", "embeddings"], [/./, /^\[\[.*\]\]$/]],
  [["score"], null, `text\n${KING}\n`, ["text", "score", "mean_score", "tokens"], [
    /./,
    /^-\d/,
    /^-\d/,
    /^\[\{"index":/,
  ]],
  [["zero-shot", "--labels", "a,b"], "nli", "text\na\n", ["text", "label_1", "score_1", "label_2", "score_2"], []],
  [["choose", "--choice", "a", "--choice", "b"], "choice", "text,choice\na,c\n", [
    "text",
    "input_choice",
    "index",
    "choice",
    "score",
    "scores",
  ], [/./, /^c$/, /^[01]$/, /^[ab]$/, /./, /^\[0\.\d+,0\.\d+\]$/]],
  [["tokenize"], "mlm", "text\na\n", ["text", "input_ids", "token_type_ids", "tokens", "offset_mapping"], [
    /./,
    /^\[\d+,\d+/,
  ]],
  [["tokenize", "--no-offsets"], "mlm", "text\na\n", ["text", "input_ids", "token_type_ids", "tokens"], []],
  [["rank", "--query", "a"], "one-label", "id,text\n1,b\n2,c\n", ["query", "id", "index", "score", "text"], [
    /^a$/,
    /^[12]$/,
  ]],
];

for (const [args, name, stdin, columns, cells] of COMMANDS) {
  Deno.test(`${args.join(" ")}: a table has ${columns.join(", ")}`, async () => {
    await using model = name === null ? null : await smallModel(name);
    await using folder = await folderOf({ "in.csv": stdin });
    const [input, out] = [`${folder.path}/in.csv`, `${folder.path}/out.csv`];
    const line = [...args, ...(model === null ? [] : ["--model", model.path]), "-i", input];
    await writes([...line, "-o", out]);
    const [row] = await recordsOf(out);
    assert.deepEqual(Object.keys(row!), columns);
    cells.forEach((cell, i) => assert.match(row![columns[i]!] as string, cell));
    await writes([...line, "-o", `${folder.path}/out.jsonl`]);
    const { stdout } = await narrowbert([...line, "--jsonl"]);
    assert.equal(await Deno.readTextFile(`${folder.path}/out.jsonl`), stdout);
    assert.deepEqual(namesIn(folder.path), ["in.csv", "out.csv", "out.jsonl"]);
  });
}

Deno.test("what rank --query orders is a table, best first, with what is left out behind", async () => {
  await using model = await smallModel("one-label");
  await using folder = await folderOf({ "in.jsonl": '{"text":"b","id":1}\n{"id":2}\n{"text":"c c"}\n' });
  const line = ["rank", "--model", model.path, "--query", "a", "-i", `${folder.path}/in.jsonl`, "--skip-bad"];
  const [csv, json] = [`${folder.path}/out.csv`, `${folder.path}/out.json`];
  assert.equal((await narrowbert([...line, "-o", csv])).code, 1);
  const rows = await recordsOf(csv);
  assert.deepEqual(rows.map(({ line }) => line), ["", "", "2"]);
  assert(Number(rows[0]!.score) >= Number(rows[1]!.score));
  assert.match(rows[2]!.error as string, /^must have a string "text"/);
  assert.equal((await narrowbert([...line, "-o", json])).code, 1);
  const [{ query, texts }, bad] = JSON.parse(await Deno.readTextFile(json));
  assert.deepEqual([query, texts.length, bad.line], ["a", 2, 2]);
  const { code, stderr } = await narrowbert([...line, "-o", `${folder.path}/new.csv`, "--resume"]);
  assert.equal(code, 2);
  assert.match(stderr, /--resume is for csv, tsv and jsonl with a row a text: .*new\.csv is written as a whole/);
});

Deno.test("a table of rank --query keeps columns of any names, of texts that are ranked and of those that are not", async () => {
  await using model = await smallModel("one-label");
  const long = "cat ".repeat(300);
  const header = "line,body,error,query,score,index,text,input_line";
  await using folder = await folderOf({
    "in.csv": `${header}\nl1,b,e1,q1,s1,i1,t1,x1\nl2,${long},e2,q2,s2,i2,t2,x2\nl3,c,e3,q3,s3,i3,t3,x3\n`,
  });
  const at = (name: string) => `${folder.path}/${name}`;
  const line = ["rank", "--model", model.path, "--query", "a", "-i", at("in.csv"), "--text-column", "body"];
  assert.equal((await narrowbert([...line, "--skip-bad", "-o", at("out.csv")])).code, 1);
  const rows = await recordsOf(at("out.csv"));
  const columns = ["input_input_line", "input_error", "input_query", "input_score", "input_index"];
  assert.deepEqual(
    Object.keys(rows[0]!).sort(),
    ["query", ...columns, "input_line", "input_text", "index", "score", "text", "line", "error"].sort(),
  );
  assert.deepEqual(Object.keys(rows[0]!).slice(-5), ["index", "score", "text", "line", "error"]);
  const bad = rows.at(-1)!;
  assert.deepEqual([bad.line, bad.text, bad.query, bad.index, bad.score], ["3", long, "", "", ""]);
  assert.match(bad.error as string, /the model takes/);
  for (const row of rows) {
    const i = row === bad ? 2 : row.text === "b" ? 1 : 3;
    const kept = ["input_input_line", "input_error", "input_query", "input_score", "input_index", "input_text"];
    assert.deepEqual(kept.map((name) => row[name]), ["l", "e", "q", "s", "i", "t"].map((letter) => `${letter}${i}`));
    assert.equal(row.input_line, `x${i}`);
    if (row !== bad) assert.deepEqual([row.query, row.line, row.error], ["a", "", ""]);
  }
  assert.equal((await narrowbert([...line, "--skip-bad", "-o", at("two.csv"), "--columns", "text,error"])).code, 1);
  const chosen = await recordsOf(at("two.csv"));
  assert.deepEqual(Object.keys(chosen[0]!), ["text", "line", "error"]);
  assert.deepEqual(chosen.at(-1)!.text, long);
});

Deno.test("--skip-bad gives what is left out its place, its line and its error", async () => {
  await using folder = await folderOf({
    "in.csv": `id,text,error\n1,a dog,e\n2\n3,"${LONG}",\n"4","two\nlines",x\n5,a cat,\n`,
  });
  const at = (name: string) => `${folder.path}/${name}`;
  const line = ["classify", "-i", at("in.csv"), "--skip-bad", "-o"];
  const { code, stderr } = await narrowbert([...line, at("out.csv")]);
  assert.equal(code, 1);
  assert.deepEqual(stderr.split("\n").map((line) => line.replace(/^narrowbert: .*?(in\.csv:\d+|left out).*/, "$1")), [
    ...["in.csv:3", "in.csv:4", "left out", ""],
  ]);
  assert.match(stderr, /left out 2 of the inputs, which have their errors in .*out\.csv\n$/);
  const rows = await recordsOf(at("out.csv"));
  assert.deepEqual(Object.keys(rows[0]!), ["id", "text", "input_error", "label", "score", "line", "error"]);
  assert.deepEqual(rows.map(({ id }) => id), ["1", "", "3", "4", "5"]);
  assert.deepEqual(rows.map(({ line }) => line), ["", "3", "4", "", ""]);
  assert.deepEqual(rows.map(({ label }) => label === ""), [false, true, true, false, false]);
  assert.deepEqual(rows.map(({ input_error }) => input_error), ["e", "", "", "x", ""]);
  assert.equal(rows[1]!.error, "must have 3 fields, as the header of the file has, got 1");
  assert.match(rows[2]!.error as string, /^Cannot classify the text: the model takes 96 tokens, got 102 /);

  assert.equal((await narrowbert([...line, at("out.jsonl")])).code, 1);
  const records = await recordsOf(at("out.jsonl"));
  assert.deepEqual(records[1], { line: 3, error: rows[1]!.error });
  const { text, ...others } = records[2]!;
  assert.match(`${text}`, /^person person /);
  assert.deepEqual(others, { id: "3", input_error: "", line: 4, error: rows[2]!.error });
  assert.deepEqual(records.map((record) => "labels" in record), [true, false, false, true, true]);

  assert.equal((await narrowbert([...line, at("out.json")])).code, 1);
  assert.deepEqual(JSON.parse(await Deno.readTextFile(at("out.json"))), records);
});

Deno.test("of several files, errors name theirs", async () => {
  await using folder = await folderOf({ "a.txt": "a\n", "b.csv": "text\nb\n" });
  const [a, b, out] = ["a.txt", "b.csv", "out.jsonl"].map((name) => `${folder.path}/${name}`) as [
    string,
    string,
    string,
  ];
  await Deno.writeFile(a, Uint8Array.of(0x61, 0x0a, 0xff, 0x0a));
  const { code } = await narrowbert(["classify", "-i", a, "-i", b, "--skip-bad", "-o", out]);
  assert.equal(code, 1);
  assert.deepEqual((await recordsOf(out))[1], { line: 2, error: `${a}:2: must be UTF-8 text, and is not` });
});

Deno.test("without --skip-bad what is before the first bad row is kept, and --resume --skip-bad goes on", async () => {
  await using folder = await folderOf({ "in.csv": `id,text\n1,"a, dog"\n2,"${LONG}"\n3,a cat\n` });
  const [input, out] = [`${folder.path}/in.csv`, `${folder.path}/out.csv`];
  const line = ["classify", "-i", input, "-o", out];
  const { code, stdout, stderr } = await narrowbert(line);
  assert.deepEqual([code, stdout], [1, ""]);
  const [hint, error, end] = stderr.split("\n");
  assert.equal(hint, `narrowbert: 1 row is in ${out}; the same command with --resume goes on behind it`);
  assert.match(error!, /in\.csv:3: Cannot classify the text: .*; --skip-bad goes on without it$/);
  assert.equal(end, "");
  assert.deepEqual((await recordsOf(out)).map(Object.keys), [["id", "text", "label", "score"]]);
  assert.equal((await narrowbert([...line, "--resume", "--skip-bad"])).code, 1);
  const rows = await recordsOf(out);
  assert.deepEqual(rows.map(({ id, line }) => [id, line]), [["1", ""], ["2", "3"], ["3", ""]]);
  assert.deepEqual(namesIn(folder.path), ["in.csv", "out.csv"]);
});

Deno.test("a run that has nothing to write leaves nothing behind", async () => {
  const cases: [stdin: string, message: RegExp][] = [
    ["", /must hold a text, and is empty/],
    ["id,text\n", /must hold a text, and is empty/],
    ["id,name\n1,a\n", /must name a column "text"/],
    ["id,text,id\n1,a,1\n", /must name each column once, not "id" twice/],
    [`text\n${LONG}\n`, /the model takes 96 tokens/],
  ];
  for (const [stdin, message] of cases) {
    await using folder = await folderOf({ "in.csv": stdin });
    const { code, stderr } = await narrowbert([
      "classify",
      "-i",
      `${folder.path}/in.csv`,
      "-o",
      `${folder.path}/out.csv`,
    ]);
    assert.equal(code, 1);
    assert.match(stderr, message);
    assert.match(stderr, /^narrowbert: [^\n]+\n$/);
    assert.deepEqual(namesIn(folder.path), ["in.csv"]);
  }
  await using folder = await folderOf({});
  const { code } = await narrowbert(["classify", "--model", "/no/such", "-o", `${folder.path}/out.csv`, "a"]);
  assert.equal(code, 1);
  assert.deepEqual(namesIn(folder.path), []);
});

Deno.test("the header of a table is known before the first answer, however bad the first rows are", async () => {
  await using folder = await folderOf({
    "bad.csv": "id,text\n1\n2,a,b\n",
    "bad.jsonl": '{broken\n[1]\n{"text":"a","id":7}\n{"id":8,"text":"b","more":1}\n{"text":"c"}\n',
    "none.jsonl": "{broken\n",
  });
  const at = (name: string) => `${folder.path}/${name}`;
  const run = (input: string, ...more: string[]) =>
    narrowbert(["classify", "-i", at(input), "-o", at(`${input}.csv`), "--skip-bad", ...more]);
  assert.equal((await run("bad.csv")).code, 1);
  assert.deepEqual((await recordsOf(at("bad.csv.csv"))).map(({ line }) => line), ["2", "3"]);
  assert.equal((await run("bad.jsonl")).code, 1);
  const rows = await recordsOf(at("bad.jsonl.csv"));
  assert.deepEqual(Object.keys(rows[0]!), ["text", "id", "label", "score", "line", "error"]);
  assert.deepEqual(rows.map(({ line, id }) => [line, id]), [["1", ""], ["2", ""], ["", "7"], ["4", "8"], ["", ""]]);
  assert.match(rows[3]!.error as string, /"text", "id", which are the columns of the output, and has "more" too/);
  assert.equal((await run("none.jsonl")).code, 1);
  assert.deepEqual(Object.keys((await recordsOf(at("none.jsonl.csv")))[0]!), [
    "text",
    "label",
    "score",
    "line",
    "error",
  ]);
  const chosen = ["--columns", "more,text,label"];
  const { code } = await narrowbert([
    "classify",
    "-i",
    at("bad.jsonl"),
    "-o",
    at("chosen.csv"),
    "--skip-bad",
    ...chosen,
  ]);
  assert.equal(code, 1);
  assert.deepEqual((await recordsOf(at("chosen.csv"))).map(({ more }) => more), ["", "", "", "1", ""]);
});

Deno.test("--columns chooses, in its order", async () => {
  await using folder = await folderOf({ "in.csv": "id,text,label\n1,a dog,mine\n" });
  const at = (name: string) => `${folder.path}/${name}`;
  const line = ["classify", "-i", at("in.csv"), "--columns"];
  await writes([...line, "score,input_label,id", "-o", at("out.csv")]);
  const [row] = await recordsOf(at("out.csv"));
  assert.deepEqual(Object.keys(row!), ["score", "input_label", "id"]);
  assert.equal(row!.input_label, "mine");
  await writes([...line, "labels,id", "-o", at("out.jsonl")]);
  assert.match(await Deno.readTextFile(at("out.jsonl")), /^\{"labels":\[.*\],"id":"1"\}\n$/);
  const { code, stderr } = await narrowbert([...line, "id,name", "-o", at("new.csv")]);
  assert.equal(code, 2);
  assert.match(stderr, /--columns: there is no column "name", only id, text, input_label, label, score; see/);
  assert.deepEqual(namesIn(folder.path), ["in.csv", "out.csv", "out.jsonl"]);
});

Deno.test("--separator is that of both tables; a tsv has tabs", async () => {
  await using folder = await folderOf({ "in.csv": "id;text\n1;a, dog\n", "in.jsonl": '{"text":"a;\\tdog"}\n' });
  const at = (name: string) => `${folder.path}/${name}`;
  await writes(["classify", "-i", at("in.csv"), "--separator", ";", "-o", at("out.csv")]);
  assert.match(await Deno.readTextFile(at("out.csv")), /^id;text;label;score\n1;a, dog;noun\.animal;0\.\d+\n$/);
  await writes(["classify", "-i", at("in.jsonl"), "--separator", ";", "-o", at("two.csv")]);
  assert.match(await Deno.readTextFile(at("two.csv")), /^text;label;score\n"a;\tdog";/);
  await writes(["classify", "-i", at("in.jsonl"), "-o", at("out.tsv")]);
  assert.match(await Deno.readTextFile(at("out.tsv")), /^text\tlabel\tscore\n"a;\tdog"\t/);
});

Deno.test("a character that no table holds is an error of its row", async () => {
  const stdin = '{"text":"a","id":"\\u0000"}\n{"text":"\\ud800","id":2}\n';
  await using folder = await folderOf({});
  const line = ["classify", "--format", "jsonl", "--skip-bad", "-o", `${folder.path}/out.csv`];
  assert.equal((await narrowbert(line, stdin)).code, 1);
  const rows = await recordsOf(`${folder.path}/out.csv`);
  assert.match(rows[0]!.error as string, /"id" holds a NUL character; a \.jsonl file can hold it/);
  assert.deepEqual([rows[1]!.text, rows[1]!.id], ["\ufffd", "2"]);
  const named = `{"text":"a","a\\u0000":1,"b\\ud800":2}\n`;
  assert.equal((await narrowbert([...line.slice(0, -1), `${folder.path}/named.csv`], named)).code, 0);
  const [row] = await recordsOf(`${folder.path}/named.csv`);
  assert.deepEqual([row!["a\ufffd"], row!["b\ufffd"]], ["1", "2"]);
});

Deno.test("what cannot be an output is refused, and nothing of it is lost", async () => {
  await using folder = await folderOf({
    "in.csv": "text\na\n",
    "there.csv": "mine\n",
    "there.json": "{}",
    "empty.csv": "",
  });
  const at = (name: string) => `${folder.path}/${name}`;
  await Deno.symlink(at("in.csv"), at("link.csv"));
  const cases: [args: string[], code: number, message: RegExp][] = [
    [["-o", at("there.csv")], 2, /there\.csv is there already: give --resume to go on with it, or choose another; see/],
    [["-o", at("there.json")], 2, /there\.json is there already: choose another; see/],
    [["-o", folder.path, "--jsonl"], 2, /--output must be a file, and .* is a folder/],
    [["-o", at("in.csv")], 2, /in\.csv is an input too: choose another/],
    [["-o", at("in.csv"), "--resume"], 2, /in\.csv is an input too: choose another/],
    [["-o", at("link.csv")], 2, /link\.csv is an input too: choose another/],
    [["-o", at("no/out.csv")], 1, /Cannot write .*no\/out\.csv: there is no such folder/],
    [["-o", at("in.csv/out.csv")], 1, /Cannot write .*in\.csv\/out\.csv: /],
    [
      ["-o", at("out.txt")],
      2,
      /cannot tell what .*out\.txt should hold: its name must end with \.csv, \.tsv, \.jsonl, \.json, or give --json or --jsonl/,
    ],
    [["-o", at("out.csv"), "--json"], 2, /out\.csv is csv by its name, got --json too/],
    [["-o", at("out.json"), "--resume"], 2, /--resume is for csv, tsv and jsonl with a row a text/],
    [["-o", ""], 2, /--output must name a file, got ""/],
    [["-o", "-", "--jsonl"], 2, /--output must name a file, got "-"/],
    [["-o"], 2, /--output needs a value/],
    [["--resume"], 2, /--resume goes on with an output: give --output/],
    [["--columns", "text"], 2, /--columns are those of an output: give --output/],
    [["-o", at("out.csv"), "--columns", "text,text"], 2, /--columns names "text" twice/],
    [["-o", at("out.csv"), "--json", "--jsonl"], 2, /--json or as --jsonl, got both/],
  ];
  for (const [args, code, message] of cases) {
    const outcome = await narrowbert(["classify", "-i", at("in.csv"), ...args]);
    assert.match(outcome.stderr, message);
    assert.match(outcome.stderr, /^narrowbert: [^\n]+\n$/);
    assert.deepEqual([outcome.code, outcome.stdout], [code, ""]);
  }
  assert.equal(await Deno.readTextFile(at("there.csv")), "mine\n");
  assert.equal(await Deno.readTextFile(at("in.csv")), "text\na\n");
  assert.deepEqual(namesIn(folder.path), ["empty.csv", "in.csv", "link.csv", "there.csv", "there.json"]);
  await writes(["classify", "-i", at("in.csv"), "-o", at("empty.csv")]); // as mktemp makes it
  await writes(["classify", "-i", at("in.csv"), "-o", at("out.data"), "--jsonl"]);
  assert.equal((await Deno.readTextFile(at("out.data"))).split("\n").length, 2);
});

Deno.test("a format of a command's own is written as a whole", async () => {
  const command = textCommand({
    name: "count",
    about: "Counts characters.",
    options: {},
    examples: [],
    question: textOf,
    open: () =>
      Promise.resolve({
        columns: [{ name: "count", value: (count: number) => count }],
        digests: () => Promise.resolve({}),
        async *stream(texts: AsyncIterable<string>) {
          for await (const text of texts) yield text.length;
        },
        [Symbol.dispose]() {},
      }),
    json: (count) => ({ count }),
    tables: (count) => [[[`${count}`]]],
    formats: {
      bin: (file) => ({
        put: async (outcomes) => void await file.write(Uint8Array.from(answersIn(outcomes), ({ answer }) => answer)),
        end: async () => void await file.write("end"),
      }),
    },
  });
  await using folder = await folderOf({});
  const out = `${folder.path}/out.bin`;
  const terminal = new MemoryTerminal();
  await command.run(["-o", out, "one", "three"], terminal);
  assert.deepEqual([...await Deno.readFile(out)], [3, 5, 101, 110, 100]);
  assert.deepEqual([terminal.stdout, terminal.stderr, namesIn(folder.path)], ["", "", ["out.bin"]]);
  await assert.rejects(command.run(["-o", out, "one"], terminal), /out\.bin is there already: choose another/);
  await assert.rejects(
    command.run(["-o", `${folder.path}/new.bin`, "--resume", "one"], terminal),
    /--resume is for csv, tsv and jsonl/,
  );
  await assert.rejects(
    command.run(["-o", "a.txt", "one"], terminal),
    /must end with \.csv, \.tsv, \.jsonl, \.json, \.bin, or/,
  );
});

Deno.test("texts may be arguments, or come from standard input", async () => {
  await using folder = await folderOf({});
  const [one, two] = [`${folder.path}/one.csv`, `${folder.path}/two.csv`];
  await writes(["classify", "-o", one, "a dog", "a, cat"]);
  await writes(["classify", "-o", two], "a dog\na, cat\n");
  assert.equal(await Deno.readTextFile(one), await Deno.readTextFile(two));
  assert.match(await Deno.readTextFile(one), /^text,label,score\na dog,.*\n"a, cat",.*\n$/);
});

Deno.test("without permission the flag is named; a device that is full, too", async () => {
  await using folder = await folderOf({});
  const run = (flags: string[], output: string) =>
    runDeno([...flags, MAIN, "classify", "-o", output, "--jsonl", "a dog"]);
  const { code, stderr } = await run(["--allow-read"], `${folder.path}/out.jsonl`);
  assert.equal(code, 1);
  assert.match(stderr, /^narrowbert: Deno may not write ".*out\.jsonl": it takes --allow-write=.*\n$/);
  if (Deno.build.os !== "linux") return;
  const full = await run(["--allow-all"], "/dev/full");
  assert.equal(full.code, 1);
  assert.match(full.stderr, /^narrowbert: Cannot write \/dev\/full: No space left on device \(os error 28\)\n$/);
});
