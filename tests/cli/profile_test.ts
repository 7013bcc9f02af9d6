import assert from "node:assert/strict";
import { requestGpu } from "../../src/gpu/device.ts";
import { Interrupted } from "../../src/cli/interrupts.ts";
import { main } from "../../src/cli/main.ts";
import { readTrace } from "../graph/profile/trace_file.ts";
import { folderOf, smallModel } from "./folders.ts";
import { runDeno } from "./processes.ts";
import { chunks, MemoryTerminal, narrowbert } from "./terminals.ts";

const MAIN = new URL("../../src/cli/main.ts", import.meta.url).href;
const TEXTS = ["a large animal with a long trunk", "to go by air", "a can for holding soft drinks"];

Deno.test("profile runs the command unchanged, and says on standard error where its time went", async () => {
  const plain = await narrowbert(["classify", ...TEXTS]);
  const { code, stdout, stderr } = await narrowbert(["profile", "--top", "4", "classify", ...TEXTS]);
  assert.deepEqual([code, stdout], [0, plain.stdout]);
  const { name } = await requestGpu();
  assert.ok(stderr.startsWith(`${name}; at most `), stderr);
  for (const word of ["kernel", "matmul", "narrow layers", "GPU idle", "tokens"]) {
    assert.ok(stderr.includes(word), word);
  }
  const kernels = stderr.slice(stderr.indexOf("kernel "), stderr.indexOf("part ")).trim().split("\n");
  assert.equal(kernels.length, 1 + 4 + 1 + 1, "a heading, four kernels, the rest, the sum");
});

Deno.test("tables, report and trace go to files; the tables as JSON if asked for", async () => {
  await using folder = await folderOf({ "trace.json": "something older and longer ".repeat(10_000) });
  const file = (name: string) => `${folder.path}/${name}`;
  const args = [
    "--json",
    "--table",
    file("table.json"),
    `--report=${file("a page.html")}`,
    "--trace",
    file("trace.json"),
  ];
  const { code, stderr } = await narrowbert(["profile", ...args, "classify", "--trace", file("inner.json"), ...TEXTS]);
  assert.deepEqual([code, stderr], [0, ""]);
  const { kernels, parts, totals, peak } = JSON.parse(await Deno.readTextFile(file("table.json")));
  assert.ok(kernels.length > 5 && parts.length === 4 && totals.rows === 3 && peak.gflops > 0);
  const text = await Deno.readTextFile(file("trace.json"));
  assert.equal(await Deno.readTextFile(file("inner.json")), text, "one profile, for the command's own --trace too");
  const trace = readTrace(text);
  assert.equal(trace.lane("GPU").filter(({ name }) => !name.startsWith("submission")).length, totals.calls);
  const phases = trace.lane("process").map(({ name }) => name);
  for (const phase of ["start of Deno", "modules", "narrowbert classify", "weights", "tokenizer", "compile"]) {
    if (phase !== "compile") assert.ok(phases.includes(phase), `${phase} in ${phases}`);
  }
  assert.ok(trace.lane("tokenizer").length > 0);
  const page = await Deno.readTextFile(file("a page.html"));
  assert.match(
    page,
    /^<!DOCTYPE html>[^]*<h1>narrowbert classify: where time goes<\/h1>[^]*narrow layers[^]*<\/html>\n$/,
  );
  assert.doesNotMatch(page, /NaN|undefined|<script/);
});

Deno.test("--trace of commands that compute: one that learns, one that evaluates, one that measures", async () => {
  await using start = await smallModel("mlm");
  await using folder = await folderOf({
    "topics.csv": "text,label\nthe tiger,animal\nthe mouse,animal\nthe hammer,tool\n",
  });
  const trace = `${folder.path}/trace.json`;
  const data = `${folder.path}/topics.csv`;
  const output = `${folder.path}/out`;
  const commands: [args: string[], part: string | null][] = [
    [
      ["train", "classify", "--model", start.path, "--train", data, "--output", output, "--max-steps", "2"],
      "loss and update",
    ],
    [["evaluate", "classify", "--model", output, "--input", data], "head"],
    [["bench", "--texts", "2"], "head"],
    [["doctor"], null],
  ];
  for (const [args, part] of commands) {
    const { code, stderr } = await narrowbert([...args, "--trace", trace]);
    assert.equal(code, 0, stderr);
    const { lane } = readTrace(await Deno.readTextFile(trace));
    assert.ok(lane("process").some(({ name }) => name === `narrowbert ${args[0]}`), args[0]);
    if (part !== null) assert.ok(lane("GPU").some(({ args }) => args.part === part), `${args[0]}: ${part}`);
    await Deno.remove(trace);
  }
});

Deno.test("what profile cannot run is wrong usage, and nothing is run or written", async () => {
  await using folder = await folderOf({});
  const own = ["--trace", `${folder.path}/t`, "--table", `${folder.path}/u`];
  const cases: [args: string[], message: RegExp][] = [
    [
      [],
      /^narrowbert: profile runs a command: give one, such as classify, and its arguments; see narrowbert profile --help\n$/,
    ],
    [["--"], /profile runs a command: give one/],
    [
      ["clasify", "text"],
      /profile runs a command, and there is no "clasify"; did you mean "?classify"?\?; see narrowbert profile --help/,
    ],
    [["profile", "classify"], /profile runs another command, not itself; /],
    ...["tokenize", "cache", "completions", "convert", "info", "tune", "download"].map((name): [string[], RegExp] => [
      [name],
      new RegExp(`profile runs a command that computes by a model, and ${name} does not; `),
    ]),
    [["--colour", "classify", "text"], /Unknown option '--colour'; see narrowbert profile --help/],
    [["--top", "0", "classify", "text"], /--top must be a whole number from 1, got "0"; see narrowbert profile --help/],
    [["--table"], /--table needs a value|no command|profile/],
    [["classify"], /no text: .*; see narrowbert classify --help/],
    [["classify", "--top-k", "0", "text"], /--top-k must be a whole number.*; see narrowbert classify --help/],
    [["--report", `${folder.path}/t`, "classify", "text"], /one file cannot have two things of a profile, got ".*\/t"/],
    [
      ["classify", "--trace", `${folder.path}/../${folder.path.split("/").at(-1)}/u`, "text"],
      /one file cannot have two/,
    ],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await narrowbert(["profile", ...args.includes("--table") ? [] : own, ...args], "");
    assert.match(stderr, message, args.join(" "));
    assert.deepEqual([code, stdout], [2, ""], args.join(" "));
  }
  for (const name of ["tokenize", "info"]) {
    const { code, stderr } = await narrowbert([name, "--trace", `${folder.path}/t`]);
    assert.equal(code, 2);
    assert.match(stderr, /Unknown option '--trace'/);
  }
  assert.deepEqual(await Array.fromAsync(Deno.readDir(folder.path)), []);
});

Deno.test("no file of a profile is one that the command reads or writes: nothing is lost", async () => {
  await using folder = await folderOf({ "in.csv": "text,label\na,b\n", "v.jsonl": "{}\n", "other.csv": "text\nb\n" });
  const at = (name: string) => `${folder.path}/${name}`;
  await Deno.symlink(at("in.csv"), at("link"));
  await Deno.link(at("in.csv"), at("hard"));
  await Deno.symlink(folder.path, at("folder"));
  const roundabout = `${folder.path}/../${folder.path.split("/").at(-1)}/in.csv`;
  const classify = ["classify", "-i", at("other.csv"), "-i", at("in.csv"), "-o", at("out.csv")];
  const train = ["train", "classify", "--model", "m", "--train", at("other.csv"), "--output", at("out")];
  const cases: [args: string[], own: string, other: string][] = [
    ...["in.csv", "link", "hard", "folder/in.csv"].map((name): [string[], string, string] => [
      [...classify, "--trace", at(name)],
      "trace",
      "input",
    ]),
    [[...classify, "--trace", roundabout], "trace", "input"],
    [[...classify, "--trace", at("out.csv")], "trace", "output"],
    [[...classify, "--trace", at("folder/out.csv")], "trace", "output"],
    [["profile", "--report", at("in.csv"), ...classify], "report", "input"],
    [["profile", "--table", at("out.csv"), ...classify], "table", "output"],
    [["profile", "--trace", at("hard"), ...classify, "--trace", at("t")], "trace", "input"],
    [["profile", "--trace", at("t"), ...classify, "--trace", at("hard")], "trace", "input"],
    [["search", "--query", "a", "--vectors", at("v.jsonl"), "--trace", at("v.jsonl")], "trace", "vectors"],
    [["evaluate", "classify", "--model", "m", "-i", at("in.csv"), "--trace", at("in.csv")], "trace", "input"],
    [[...train, "--trace", at("other.csv")], "trace", "train"],
    [[...train, "--eval", at("in.csv"), "--trace", at("link")], "trace", "eval"],
    [[...train, "--report", at("r"), "--trace", at("r")], "trace", "report"],
    [[...train, "--trace", at("out")], "trace", "output"],
    [[...train, "--report", at("other.csv")], "report", "train"],
    [[...train, "--eval", at("in.csv"), "--report", at("hard")], "report", "eval"],
  ];
  const names = (await Array.fromAsync(Deno.readDir(folder.path))).map(({ name }) => name).sort();
  for (const [args, own, other] of cases) {
    const { code, stdout, stderr } = await narrowbert(args);
    assert.match(stderr, new RegExp(`^narrowbert: --${own} .* is the file of --${other} too: choose another; see `));
    assert.deepEqual([code, stdout], [2, ""]);
  }
  const left = (await Array.fromAsync(Deno.readDir(folder.path))).map(({ name }) => name).sort();
  assert.deepEqual(left, names);
  assert.equal(await Deno.readTextFile(at("in.csv")), "text,label\na,b\n");
  assert.equal(await Deno.readTextFile(at("v.jsonl")), "{}\n");
  const { code } = await narrowbert(["classify", "--trace", at("t.json"), "-i", "-", "-o", at("o.jsonl")], "a\n");
  assert.equal(code, 0);
});

Deno.test("a file that cannot be written is named before any work; what is in one that can stays until then", async () => {
  await using folder = await folderOf({ "old.json": "kept", "busy/x": "" });
  const cases: [args: string[], message: RegExp][] = [
    [["classify", "--trace", `${folder.path}/none/t.json`, "text"], /Cannot write the trace ".*none\/t\.json": /],
    [["classify", "--trace", `${folder.path}/busy`, "text"], /Cannot write the trace ".*busy": /],
    [["classify", "--trace", "", "text"], /Cannot write the trace "": /],
    [["profile", "--report", `${folder.path}/busy`, "classify", "text"], /Cannot write the report /],
    [
      ["profile", "--trace", `${folder.path}/old.json`, "--table", `${folder.path}/busy`, "classify", "t"],
      /the table /,
    ],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await narrowbert(args);
    assert.deepEqual([code, stdout], [1, ""], args.join(" "));
    assert.match(stderr, message);
    assert.match(stderr, /^narrowbert: [^\n]+\n$/);
  }
  assert.equal(await Deno.readTextFile(`${folder.path}/old.json`), "kept");
});

Deno.test("an error ends a command as without a profile, after tables and trace of what was done", async () => {
  await using folder = await folderOf({});
  const trace = `${folder.path}/t.json`;
  const long = "person ".repeat(100);
  const args = ["classify", "--jsonl", "a large animal", long];
  const plain = await narrowbert(args);
  const { code, stdout, stderr } = await narrowbert(["profile", "--trace", trace, ...args]);
  assert.deepEqual([code, stdout], [1, plain.stdout]);
  assert.ok(stderr.endsWith(plain.stderr) && stderr.includes("narrow layers"), stderr);
  assert.ok(readTrace(await Deno.readTextFile(trace)).lane("GPU").length > 10);
  const missing = await narrowbert(["classify", "--model", "/no/such/folder", "--trace", trace, "text"]);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /^narrowbert: [^\n]+no such folder[^\n]*\n$/);
  assert.deepEqual(readTrace(await Deno.readTextFile(trace)).lane("GPU"), []);
});

Deno.test("an interrupted command leaves a whole trace, and its tables", async () => {
  await using folder = await folderOf({});
  const trace = `${folder.path}/t.json`;
  const controller = new AbortController();
  async function* forever() {
    for (let i = 0;; i++) {
      yield* chunks(`a large animal number ${i}\n`);
      await new Promise((done) => setTimeout(done, 1));
    }
  }
  const terminal = new MemoryTerminal(forever(), controller.signal);
  const write = terminal.write.bind(terminal);
  terminal.write = (text) => {
    controller.abort(new Interrupted("SIGINT"));
    return write(text);
  };
  assert.equal(await main(["profile", "--trace", trace, "classify", "--jsonl"], terminal), 130);
  assert.match(terminal.stderr, /narrow layers[^]*\nnarrowbert: ended by SIGINT\n$/);
  assert.ok(readTrace(await Deno.readTextFile(trace)).lane("GPU").length > 10);
});

Deno.test("a process that gets SIGINT writes its trace with the permission for that file alone", async () => {
  const texts = Array.from({ length: 20_000 }, (_, id) => `a large animal number ${id}`).join("\n");
  await using folder = await folderOf({ "many.txt": texts });
  const trace = `${folder.path}/t.json`;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--allow-read", `--allow-write=${trace}`, MAIN],
      ...["classify", "--jsonl", "--input", `${folder.path}/many.txt`, "--trace", trace],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stderr = new Response(child.stderr).text();
  let lines = 0;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    if (lines === 0) child.kill("SIGINT");
    lines += text.split("\n").length - 1;
  }
  assert.equal((await child.status).code, 130, await stderr);
  const { lane } = readTrace(await Deno.readTextFile(trace));
  assert.ok(lines > 0 && lane("GPU").length > 10 && lane("process").length > 3);
});

Deno.test("a trace of a whole process begins with its start, and lacks nothing", async () => {
  await using folder = await folderOf({});
  const trace = `${folder.path}/t.json`;
  const args = ["--allow-read", `--allow-write=${trace}`, MAIN, "classify", "--trace", trace, ...TEXTS];
  const { code, stderr } = await runDeno(args);
  assert.equal(code, 0, stderr);
  const { lane, notes } = readTrace(await Deno.readTextFile(trace));
  const phases = lane("process");
  assert.deepEqual(notes, []);
  assert.deepEqual(phases.slice(0, 3).map(({ name }) => name), ["start of Deno", "modules", "narrowbert classify"]);
  assert.deepEqual([phases[0]!.ts, phases[1]!.ts], [0, phases[0]!.dur]);
  assert.ok(phases.some(({ name, args }) => name === "compile" && (args.kernels as number) > 5));
});
