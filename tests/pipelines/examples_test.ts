import assert from "node:assert/strict";
import { runDeno } from "../cli/processes.ts";

const FOLDER = new URL("../../examples/", import.meta.url);

/** What each example prints. Models that have learned nothing say so in their scores: what they print is a shape. */
const OUTPUTS: Record<string, RegExp> = {
  "choose.ts": /^0\.\d\d: a vessel .*\n(0\.\d\d: a .*\n){2}$/,
  "classify.ts": /^noun\.animal \(0\.\d\d\): a large animal .*\nverb\.motion \(0\.\d\d\): move .*\nnoun\.\w+ \(/,
  "context.ts":
    /^2 texts are kept, in 12800 bytes .*\nthe \[MASK\] .*: \w+ or \w+ or \w+\na large .*: head or .*\n"castle" .*\na question takes /,
  "embed.ts":
    /^0\.\d\d: a can for holding drinks\n-?0\.\d\d: move fast on foot\n0\.\d\d: the elephant, a big mammal\n$/,
  "fill_mask.ts": /token_str: "wife",\s+sequence: "the wife of a king"/,
  "rank.ts": /^(0\.\d\d: (the mouse|the tiger|cats) .*\n){3}$/,
  "score.ts": /^-8\.9: the wife of a king\n-22\.\d: the wife king of a\n$/,
  "stream.ts": /^noun\.animal\nnoun\.artifact\n$/,
  "tag.ts":
    /^adj \(0\.9\d\): old\nnoun\.person \(0\.\d\d\): man\nverb\.\w+ \(0\.\d\d\): drove\nnoun\.artifact \(0\.\d\d\): car\n/,
  "train.ts":
    /^step 0: loss 1\.\d{3}\n(step \d0: loss \d\.\d{3}\n){4}step 50: loss 0\.0\d\d\nanimal \(0\.\d\d\): a large .*\nfood \(0\.\d\d\): a pie .*\ntool \(/,
  "trunk.ts":
    /^the \[MASK\] of a king: wife or son; an embedding of length \d+\.\d\n.*\na small brown bird: no mask; .*\n$/,
  "zero_shot.ts":
    /^(travel|weather|sports) \(0\.\d\d\): The train .*\n(travel|weather|sports) \(0\.\d\d\): It will .*\n$/,
};

/** What is piped into an example that reads it. */
const INPUTS: Record<string, string> = { "stream.ts": "a large animal\na can for holding soft drinks" };

Deno.test("every example is run here", async () => {
  const names = (await Array.fromAsync(Deno.readDir(FOLDER))).map(({ name }) => name).filter((n) => n.endsWith(".ts"));
  assert.deepEqual(names.sort(), Object.keys(OUTPUTS).sort());
});

for (const [name, output] of Object.entries(OUTPUTS)) {
  Deno.test(`examples/${name} prints what it promises, with the permissions that it names`, async () => {
    const example = new URL(name, FOLDER);
    const permissions = /`deno run (.*) examples/.exec(await Deno.readTextFile(example))![1]!.split(" ");
    const { code, stdout, stderr } = await runDeno([...permissions, example.href], { stdin: INPUTS[name] ?? "" });
    assert.equal(code, 0, stderr);
    assert.match(stdout, output);
  });
}
