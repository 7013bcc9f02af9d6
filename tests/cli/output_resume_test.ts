/** Outputs that are gone on with: what is in them is not done again, and nothing else is taken for them. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Interrupted } from "../../src/cli/interrupts.ts";
import { main } from "../../src/cli/main.ts";
import { folderOf, smallModel, type TemporaryFolder } from "./folders.ts";
import { runDeno } from "./processes.ts";
import { type Input, MemoryTerminal, narrowbert } from "./terminals.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const LONG = "person ".repeat(100);

/** A table with a bad row, a long text, and cells of several lines. */
const TABLE = [
  "id,text,label",
  ...["1,a dog,x", '2,"two\nlines, and ""quotes""",', "3", `4,${LONG},`, "5,ümläut 漢字,", '6,"",', "7,last,y"],
].join("\n") + "\n";
/** Its rows, bad ones too. */
const ROWS = 7;

/** A folder with `in.csv`, and what a whole run over it writes. */
async function begun(
  ending: string,
): Promise<TemporaryFolder & { at(name: string): string; line: string[]; whole: string }> {
  const folder = await folderOf({ "in.csv": TABLE });
  const at = (name: string) => `${folder.path}/${name}`;
  const line = ["classify", "--skip-bad", "-i", at("in.csv"), "-o", at(`out.${ending}`)];
  assert.equal((await narrowbert(line)).code, 1);
  const whole = await Deno.readTextFile(at(`out.${ending}`));
  return { ...folder, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](), at, line, whole };
}

/** Leaves an output as a kill would: its first bytes, and the note of how it was begun. */
async function killed(line: string[], text: Uint8Array | string, stdin: Input | null = null): Promise<void> {
  const out = line[line.indexOf("-o") + 1]!;
  await Deno.remove(out).catch(() => {});
  const stop = new AbortController();
  const terminal = new MemoryTerminal(stdin, stop.signal);
  // The note is written before the first row: it is taken when a row is there.
  const watcher = setInterval(() => {
    try {
      if (Deno.statSync(`${out}.resume`).size > 0) Deno.copyFileSync(`${out}.resume`, `${out}.note`);
    } catch { /* it is not there yet */ }
  });
  const code = await main(line, terminal);
  clearInterval(watcher);
  assert(code === 1 || code === 0, terminal.stderr);
  await Deno.rename(`${out}.note`, `${out}.resume`);
  await Deno.writeFile(out, typeof text === "string" ? new TextEncoder().encode(text) : text);
}

for (const ending of ["csv", "tsv", "jsonl"]) {
  Deno.test(`${ending}: cut at any byte, --resume makes the same file of it`, async () => {
    await using folder = await begun(ending);
    const { at, line, whole } = folder;
    const out = at(`out.${ending}`);
    const bytes = new TextEncoder().encode(whole);
    await killed(line, whole);
    const note = await Deno.readTextFile(`${out}.resume`);
    const step = Math.ceil(bytes.length / 16);
    for (let cut = 0; cut <= bytes.length; cut += cut < 30 ? 10 : step - cut % 7) {
      await Deno.writeFile(out, bytes.subarray(0, cut));
      await Deno.writeTextFile(`${out}.resume`, note);
      const { code, stdout, stderr } = await narrowbert([...line, "--resume"]);
      assert.deepEqual([code, stdout], [1, ""], `${cut}: ${stderr}`);
      assert.match(stderr, /left out 2 of the inputs, which have their errors in .*\n$/);
      assert.equal(await Deno.readTextFile(out), whole, `cut at ${cut}`);
      assert.deepEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name).sort(), ["in.csv", `out.${ending}`]);
    }
  });
}

Deno.test("--resume begins where there is nothing, and has nothing to do where all is done", async () => {
  await using folder = await folderOf({ "in.csv": "id,text\n1,a dog\n2,a cat\n" });
  const out = `${folder.path}/out.csv`;
  const line = ["classify", "-i", `${folder.path}/in.csv`, "-o", out, "--resume"];
  assert.deepEqual(await narrowbert(line), { code: 0, stdout: "", stderr: "" });
  const whole = await Deno.readTextFile(out);
  const again = await narrowbert(line);
  assert.deepEqual([again.code, again.stdout], [0, ""]);
  assert.match(again.stderr, /^narrowbert: .*out\.csv has a row for each of the texts: there is nothing to do\n$/);
  assert.equal(await Deno.readTextFile(out), whole);
});

Deno.test("--resume takes no output of another command, other options or none for done", async () => {
  await using folder = await folderOf({ "in.csv": "id,text\n1,a dog\n2,a cat\n" });
  const [input, out] = [`${folder.path}/in.csv`, `${folder.path}/out.csv`];
  const line = ["classify", "-i", input, "-o", out];
  for (const other of [[...line, "--top-k", "2"], ["score", ...line.slice(1)], null]) {
    if (other === null) await Deno.copyFile(input, out);
    else assert.equal((await narrowbert(other)).code, 0);
    const whole = await Deno.readTextFile(out);
    const { code, stderr } = await narrowbert([...line, "--resume"]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /its first line is id,text.* and must be id,text,label,score;/);
    assert.equal(await Deno.readTextFile(out), whole);
    await Deno.remove(out);
  }
});

Deno.test("a row is answered once: what is there is not done again", async () => {
  await using folder = await begun("csv");
  const { at, line, whole } = folder;
  const kept = whole.slice(0, whole.indexOf("\n5,") + 1).replace("noun.", "mine.");
  await killed(line, kept);
  assert.equal((await narrowbert([...line, "--resume"])).code, 1);
  assert.equal(await Deno.readTextFile(at("out.csv")), kept + whole.slice(kept.length));
});

Deno.test("what an output was not begun with is refused, by name, and nothing is lost", async () => {
  await using model = await smallModel("multi-label");
  await using folder = await begun("csv");
  const { at, line, whole } = folder;
  const kept = whole.slice(0, whole.indexOf("\n5,") + 1);
  await killed(line, kept);
  const note = await Deno.readTextFile(at("out.csv.resume"));
  await Deno.writeTextFile(at("other.csv"), TABLE.replace("7,last", "7,end"));
  await Deno.writeTextFile(at("same.csv"), TABLE);
  const [command, ...rest] = line as [string, ...string[]];
  const withInput = (name: string) => [...line, "--resume"].map((arg) => arg === at("in.csv") ? at(name) : arg);
  const cases: [args: string[], message: RegExp][] = [
    [[...line, "--resume", "--top-k", "2"], /it was begun with no --top-k, and has --top-k 2 now/],
    [[...line, "--resume", "--truncate"], /it was begun with no --truncate, and has --truncate now/],
    [[...line, "--resume", "--skip-empty"], /it was begun with no --skip-empty, and has --skip-empty now/],
    [[...line, "--resume", "--dtype", "f32"], /no --dtype, and has --dtype "f32" now/],
    [[...line, "--resume", "--columns", "id,label"], /no --columns, and has --columns \["id","label"\] now/],
    [[...line, "--resume", "--model", model.path], /it was begun with another model: the model differs/],
    [["embed", ...rest, "--resume"], /it was begun by narrowbert classify/],
    [withInput("other.csv"), /it was begun with .*in\.csv, and .*other\.csv holds something else/],
    [[...line, "--resume", "-i", at("same.csv")], /it was begun with 1 inputs, and there are 2 now/],
    [line, /out\.csv is there, and not complete: give --resume to go on with it, or choose another/],
  ];
  assert.equal(command, "classify");
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await narrowbert(args);
    assert.match(stderr, message);
    assert.match(stderr, /^narrowbert: [^\n]+\n(narrowbert: [^\n]+\n)?$/);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.equal(await Deno.readTextFile(at("out.csv")), kept);
    assert.equal(await Deno.readTextFile(at("out.csv.resume")), note);
  }
  await Deno.writeTextFile(at("in.csv"), `${TABLE}8,more,\n`);
  assert.match(
    (await narrowbert([...line, "--resume"])).stderr,
    /its input has changed: .*in\.csv holds something else now/,
  );
  await Deno.writeTextFile(at("in.csv"), TABLE);
  assert.equal((await narrowbert(withInput("same.csv"))).code, 1); // another name is no other input
  assert.equal(await Deno.readTextFile(at("out.csv")), whole);
});

Deno.test("rows of another input are found by what is in them, as of standard input", async () => {
  for (const ending of ["csv", "jsonl"]) {
    await using folder = await folderOf({});
    const out = `${folder.path}/out.${ending}`;
    const line = ["classify", "-i", "-", "--format", "csv", "-o", out];
    const input = "id,text\n1,a dog\n2,a cat\n3,a cow\n";
    assert.equal((await narrowbert(line, input)).code, 0);
    const whole = await Deno.readTextFile(out);
    const kept = whole.slice(0, whole.indexOf("cat"));
    const cases: [stdin: string, message: RegExp | null][] = [
      [
        "id,text\n1,a cat\n2,a cat\n",
        /its line \d is not of standard input:2, as the input has changed, or the output/,
      ],
      ["id,text\n2,a dog\n2,a cat\n", /its line \d is not of standard input:2/],
      ["id,text\n1\n2,a cat\n", /its line \d is not of standard input:2/],
      ["id,text\n", /is not of standard input, as/],
      [input, null],
    ];
    for (const [stdin, message] of cases) {
      await killed(line, kept, input);
      const { code, stderr } = await narrowbert([...line, "--resume"], stdin);
      if (message === null) assert.deepEqual([code, await Deno.readTextFile(out)], [0, whole]);
      else {
        assert.match(stderr, message);
        assert.deepEqual([code, await Deno.readTextFile(out)], [2, kept]);
      }
    }
    await killed(line, whole, input);
    const short = await narrowbert([...line, "--resume"], "id,text\n1,a dog\n2,a cat\n");
    assert.match(short.stderr, /it has 3 rows or more, and the input only 2/);
  }
});

Deno.test("a file that no run began is refused: without a note, with a damaged one, with another header", async () => {
  await using folder = await begun("csv");
  const { at, line, whole } = folder;
  const kept = whole.slice(0, whole.indexOf("\n5,") + 1);
  const cases: [text: string, note: string | null, message: RegExp][] = [
    [kept, null, /it is not complete, and .*out\.csv\.resume is missing, which says how it was begun/],
    [`${whole}8,`, null, /it is not complete/],
    [kept, "{", /out\.csv\.resume is damaged/],
    ["name,body\n1,2\n", null, /its first line is name,body and must be id,text,/],
    ["mine\n", null, /its first line is mine and must be/],
    ["mine", null, /it is not complete/],
    [`${kept}"a" b\n`, null, /its line \d+ must be CSV, and has text after the closing quote of field 1/],
  ];
  for (const [text, note, message] of cases) {
    await Deno.writeTextFile(at("out.csv"), text);
    if (note !== null) await Deno.writeTextFile(at("out.csv.resume"), note);
    const { code, stderr } = await narrowbert([...line, "--resume"]);
    assert.match(stderr, message);
    assert.equal(code, 2);
    assert.equal(await Deno.readTextFile(at("out.csv")), text);
    if (note !== null) await Deno.remove(at("out.csv.resume"));
  }
  // What a kill leaves between the note and the file, or while the note is written.
  for (const note of ["{", null]) {
    await Deno.remove(at("out.csv")).catch(() => {});
    if (note !== null) await Deno.writeTextFile(at("out.csv.resume"), note);
    assert.equal((await narrowbert(note === null ? line : [...line, "--resume"])).code, 1);
    assert.equal(await Deno.readTextFile(at("out.csv")), whole);
  }
});

Deno.test("a place for what is left out is kept, and made when it must be", async () => {
  await using folder = await folderOf({ "in.csv": 'id,text,error\n1,"a\ndog",e\n2,a cat,\n' });
  const [input, out] = [`${folder.path}/in.csv`, `${folder.path}/out.csv`];
  const plain = ["classify", "-i", input, "-o", out];
  const skipping = [...plain, "--skip-bad"];
  assert.equal((await narrowbert(plain)).code, 0);
  const narrow = await Deno.readTextFile(out);
  await Deno.remove(out);
  assert.equal((await narrowbert(skipping)).code, 0);
  const wide = await Deno.readTextFile(out);
  assert.match(narrow, /^id,text,error,label,score\n/);
  assert.match(wide, /^id,text,input_error,label,score,line,error\n/);
  for (const [first, second, text] of [[plain, skipping, narrow], [skipping, plain, wide]] as const) {
    for (const end of [text.indexOf("2,a cat"), text.indexOf("\n") + 1]) {
      await killed([...first], text.slice(0, end));
      assert.equal((await narrowbert([...second, "--resume"])).code, 0);
      assert.equal(await Deno.readTextFile(out), wide);
    }
  }
});

Deno.test("SIGINT leaves the rows that are answered without a gap, says how to go on, and exits with 130", async () => {
  const lines = Array.from({ length: 900 }, (_, i) => `${i},a large animal ${"number ".repeat(i % 20)}${i}`);
  await using folder = await folderOf({ "in.csv": `id,text\n${lines.join("\n")}\n` });
  const out = `${folder.path}/out.csv`;
  const line = ["classify", "-i", `${folder.path}/in.csv`, "-o", out];
  const stop = new AbortController();
  const terminal = new MemoryTerminal(null, stop.signal);
  const watcher = setInterval(() => {
    try {
      if (Deno.statSync(out).size > 3000) stop.abort(new Interrupted("SIGINT"));
    } catch { /* it is not there yet */ }
  });
  assert.equal(await main(line, terminal), 130);
  clearInterval(watcher);
  assert.equal(terminal.stdout, "");
  const [, count] =
    /^narrowbert: ([\d,]+) rows are in .*out\.csv; the same command with --resume goes on behind them\nnarrowbert: ended by SIGINT\n$/
      .exec(terminal.stderr)!;
  const rows = (await Deno.readTextFile(out)).trimEnd().split("\n").slice(1);
  assert.equal(rows.length, Number(count!.replace(",", "")));
  assert(rows.length < 900);
  rows.forEach((row, i) => assert(row.startsWith(`${lines[i]},`)));
  assert.deepEqual(await narrowbert([...line, "--resume"]), { code: 0, stdout: "", stderr: "" });
  assert.equal((await Deno.readTextFile(out)).split("\n").length, 902);

  const json = new AbortController();
  const other = new MemoryTerminal(null, json.signal);
  other.statusStyle = { columns: 80, color: false };
  other.status = (text) => {
    if (text.includes("answered")) json.abort(new Interrupted("SIGINT"));
    return Promise.resolve();
  };
  const code = await main(["classify", "-i", `${folder.path}/in.csv`, "-o", `${folder.path}/out.json`], other);
  const names = [...Deno.readDirSync(folder.path)].map(({ name }) => name).sort();
  if (code === 130) assert.deepEqual(names, ["in.csv", "out.csv"]);
  else assert.deepEqual([code, names], [0, ["in.csv", "out.csv", "out.json"]]); // it was over before the bar was drawn
});

Deno.test("a disk that is full ends a run with its whole rows, which --resume goes on with", async () => {
  const lines = Array.from({ length: 400 }, (_, i) => `${i},a large animal number ${i}`);
  await using folder = await folderOf({ "in.csv": `id,text\n${lines.join("\n")}\n` });
  const [input, out] = [`${folder.path}/in.csv`, `${folder.path}/out.csv`];
  const deno = `"$0" run --no-prompt --allow-read --allow-write "$1" classify -i "$2" -o "$3"`;
  // The largest size of a file that the process may write, 8 KiB, stands in for the end of the disk.
  const { code, stderr } = await new Deno.Command("bash", {
    args: ["-c", `trap "" XFSZ; ulimit -f 8; exec ${deno}`, Deno.execPath(), MAIN, input, out],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const [hint, error] = new TextDecoder().decode(stderr).split("\n");
  assert.equal(code, 1);
  assert.match(error!, /^narrowbert: Cannot write .*out\.csv: File too large/);
  const [, rows] = /^narrowbert: (\d+) rows are in /.exec(hint!)!;
  const text = await Deno.readTextFile(out);
  assert(text.endsWith("\n") && text.length <= 8192);
  assert.equal(text.split("\n").length - 2, Number(rows));
  assert.deepEqual(await narrowbert(["classify", "-i", input, "-o", out, "--resume"]), {
    code: 0,
    stdout: "",
    stderr: "",
  });
  const ids = (await Deno.readTextFile(out)).trimEnd().split("\n").slice(1).map((row) => row.split(",")[0]);
  assert.deepEqual(ids, lines.map((_, i) => `${i}`));
});

Deno.test("of two processes with one output, one writes it", async () => {
  await using folder = await begun("csv");
  const { at, line, whole } = folder;
  await killed(line, whole.slice(0, whole.indexOf("\n5,") + 1));
  using held = await Deno.open(at("out.csv.resume"), { read: true, write: true });
  assert(await held.tryLock(true));
  const { code, stderr } = await runDeno(["--allow-read", "--allow-write", MAIN, ...line, "--resume"]);
  assert.equal(code, 2);
  assert.match(stderr, /another process writes .*out\.csv now: wait for it, or choose another --output/);
});

Deno.test(`arguments are the input too, and ${ROWS} rows of pairs and other names keep theirs`, async () => {
  await using folder = await folderOf({ "in.csv": "id,body,other\n1,a,b\n2,c,d\n" });
  const out = `${folder.path}/out.csv`;
  const texts = ["classify", "-o", out];
  assert.equal((await narrowbert([...texts, "a dog", "a cat"])).code, 0);
  const whole = await Deno.readTextFile(out);
  await killed([...texts, "a dog", "a cat"], whole.slice(0, whole.indexOf("a cat")));
  const other = await narrowbert([...texts, "--resume", "a dog", "a cow"]);
  assert.equal(other.code, 2);
  assert.match(other.stderr, /its input has changed: the command line holds something else now/);
  assert.equal((await narrowbert([...texts, "--resume", "a dog", "a cat"])).code, 0);
  assert.equal(await Deno.readTextFile(out), whole);

  await Deno.remove(out);
  await using nli = await smallModel("nli");
  const pairs = ["classify", "--model", nli.path, "-i", `${folder.path}/in.csv`, "-o", out];
  const named = [...pairs, "--text-column", "body", "--pair-column", "other"];
  assert.equal((await narrowbert(named)).code, 0);
  const table = await Deno.readTextFile(out);
  assert.match(table, /^id,body,other,label,score\n1,a,b,/);
  await killed(named, table.slice(0, table.indexOf("2,c,d")));
  assert.equal((await narrowbert([...named, "--resume"])).code, 0);
  assert.equal(await Deno.readTextFile(out), table);
});
