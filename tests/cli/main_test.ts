import assert from "node:assert/strict";
import manifest from "../../deno.json" with { type: "json" };
import { COMMANDS } from "../../src/cli/commands.ts";
import { main } from "../../src/cli/main.ts";
import { readOptions } from "../../src/cli/options.ts";
import { runDeno } from "./processes.ts";
import { MemoryTerminal, narrowbert } from "./terminals.ts";

const NAMES =
  "fill-mask, classify, tag, embed, search, rank, choose, zero-shot, score, serve, train, evaluate, tokenize, download, cache, convert, info, doctor, tune, bench, profile, completions";
const MAIN = new URL("../../src/cli/main.ts", import.meta.url).href;

Deno.test("--help lists every command; every command has help with examples", async () => {
  const { code, stdout, stderr } = await narrowbert(["--help"]);
  assert.deepEqual([code, stderr], [0, ""]);
  for (const { name, summary, load } of COMMANDS) {
    assert(stdout.includes(summary), name);
    assert.equal((await load()).name, name);
    for (const flag of ["--help", "-h"]) {
      const help = await narrowbert([name, flag]);
      assert.deepEqual([help.code, help.stderr], [0, ""]);
      assert(help.stdout.startsWith(`Usage: narrowbert ${name} `), name);
      assert.deepEqual(await narrowbert(["help", name]), help);
      assert.match(help.stdout, new RegExp(`Examples:\n(.*\n)*  .*narrowbert ${name}`), name);
      for (const line of help.stdout.split("\n")) assert(line.length <= 110, line);
    }
  }
});

Deno.test("the examples of help give options that there are", async () => {
  for (const { name, load } of COMMANDS) {
    const { help } = await load();
    const named: string[] = [];
    for (const line of help.slice(help.indexOf("Examples:")).match(/(?<=narrowbert ).*/g)!) {
      const [words = ""] = line.split(/ [<>] /); // what follows is for the shell
      const [command, ...args] = words.match(/"[^"]*"|\S+/g)!.map((word) => word.replaceAll('"', ""));
      named.push(command!);
      const isCommand = (word: string) => COMMANDS.some((row) => row.name === word);
      // What `profile` runs begins where its own options end.
      const inner = command === "profile" ? args.findIndex(isCommand) : -1;
      const optionsOf = async (name: string) => (await COMMANDS.find((row) => row.name === name)!.load()).options;
      readOptions(inner < 0 ? args : args.slice(0, inner), await optionsOf(command!));
      if (inner >= 0) readOptions(args.slice(inner + 1), await optionsOf(args[inner]!));
    }
    assert(named.includes(name), name);
  }
});

Deno.test("--version is that of deno.json", async () => {
  assert.deepEqual(await narrowbert(["--version"]), {
    code: 0,
    stdout: `narrowbert ${manifest.version}\n`,
    stderr: "",
  });
});

Deno.test("wrong usage exits with 2 and says what is wrong in one line", async () => {
  const cases: [args: string[], stderr: string][] = [
    [[], `narrowbert: no command: give one of ${NAMES}; see narrowbert --help\n`],
    [["help", "translate"], `narrowbert: no command "translate": give one of ${NAMES}; see narrowbert --help\n`],
    [["translate"], `narrowbert: no command "translate": give one of ${NAMES}; see narrowbert --help\n`],
    [
      ["classify"],
      "narrowbert: no text: give texts as arguments, files by --input, or a text a line on standard input; " +
      "see narrowbert classify --help\n",
    ],
    [
      ["classify", "--json", "--jsonl", "text"],
      "narrowbert: answers are printed as --json or as --jsonl, got both; see narrowbert classify --help\n",
    ],
    [
      ["classify", "--top-k", "0", "text"],
      'narrowbert: --top-k must be a whole number from 1, got "0"; see narrowbert classify --help\n',
    ],
    [
      ["fill-mask", "--top-k", "two", "text"],
      'narrowbert: --top-k must be a whole number from 1, got "two"; see narrowbert fill-mask --help\n',
    ],
    [["doctor", "now"], 'narrowbert: doctor takes no arguments, got "now"; see narrowbert doctor --help\n'],
    [["bench", "now"], 'narrowbert: bench takes no arguments, got "now"; see narrowbert bench --help\n'],
    [
      ["completions", "tcsh"],
      'narrowbert: completions takes one of bash, zsh, fish, got "tcsh"; see narrowbert completions --help\n',
    ],
    [["info", "now"], 'narrowbert: info takes no arguments, got "now"; see narrowbert info --help\n'],
  ];
  for (const [args, stderr] of cases) assert.deepEqual(await narrowbert(args), { code: 2, stdout: "", stderr });
  const unknown = await narrowbert(["classify", "--colour", "text"]);
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /^narrowbert: Unknown option '--colour'; see narrowbert classify --help\n$/);
  const valueless = await narrowbert(["classify", "text", "--model"]);
  assert.equal(valueless.code, 2);
  assert.match(valueless.stderr, /^narrowbert: .*--model.*\n$/);
});

Deno.test("empty standard input is no text", async () => {
  const { code, stderr } = await narrowbert(["classify"], "");
  assert.equal(code, 2);
  assert.match(stderr, /^narrowbert: no text/);
});

Deno.test("--debug shows the stack, without it there is none", async () => {
  const args = ["classify", "--model", "/no/such/folder", "text"];
  assert.doesNotMatch((await narrowbert(args)).stderr, / at |\n./);
  for (const line of [[...args, "--debug"], ["--debug", ...args]]) {
    assert.match((await narrowbert(line)).stderr, /^narrowbert: \w+: .*\n\s+at /);
  }
});

Deno.test("the options that --help lists may stand before a command", async () => {
  const { stdout: help } = await narrowbert(["--help"]);
  const { stdout: answer } = await narrowbert(["tokenize", "a dog"]);
  const printed: Record<string, string> = {
    "-h": help,
    "--help": help,
    "--version": `narrowbert ${manifest.version}\n`,
    "--debug": answer,
  };
  const listed = help.slice(help.indexOf("Options:"), help.indexOf("Examples:")).match(/(?<= )--?[a-z]+/g);
  assert.deepEqual(listed, Object.keys(printed));
  for (const [option, stdout] of Object.entries(printed)) {
    assert.deepEqual(await narrowbert([option, "tokenize", "a dog"]), { code: 0, stdout, stderr: "" });
  }
});

Deno.test("after -- a flag is text", async () => {
  const { code, stderr } = await narrowbert(["fill-mask", "--", "--help"]);
  assert.deepEqual([code, stderr], [
    1,
    'narrowbert: Cannot fill masks in text 1: it must contain "[MASK]", got "--help"\n',
  ]);
});

Deno.test("a reader that has had enough is no failure", async () => {
  const terminal = new MemoryTerminal();
  terminal.write = terminal.complain = () => Promise.reject(new Deno.errors.BrokenPipe("nobody reads"));
  assert.equal(await main(["--help"], terminal), 0);
  assert.equal(await main(["classify", "a text"], terminal), 0);
  assert.equal(await main(["translate"], terminal), 2);
});

Deno.test("the process exits with main's code and keeps its streams apart", async () => {
  assert.deepEqual(await runDeno([MAIN, "--version"]), {
    code: 0,
    stdout: `narrowbert ${manifest.version}\n`,
    stderr: "",
  });
  const wrong = await runDeno([MAIN, "classify", "--top-k", "0", "text"]);
  assert.deepEqual([wrong.code, wrong.stdout], [2, ""]);
  assert.match(wrong.stderr, /^narrowbert: --top-k must be .*\n$/);
});
