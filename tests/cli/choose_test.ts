import assert from "node:assert/strict";
import { pipeline } from "../../src/pipelines/pipeline.ts";
import { smallModel } from "./folders.ts";
import { narrowbert, narrowbertJson } from "./terminals.ts";

const CHOICES = ["to eat.", "to let in air."];
const GIVEN = CHOICES.flatMap((choice) => ["--choice", choice]);
const PROMPTS = ["She opened the window", "He took the bread"];

Deno.test("choose gives each prompt the choices of the command line, as the pipeline does", async () => {
  await using model = await smallModel("choice");
  using choose = await pipeline("multiple-choice", model.path);
  const answers = await choose(PROMPTS.map((prompt) => ({ prompt, choices: CHOICES })));
  const json = await narrowbertJson<{ prompt: string; choices: unknown }[]>(
    ["choose", "--model", model.path, "--json", ...GIVEN, ...PROMPTS],
  );
  assert.deepEqual(json, PROMPTS.map((prompt, i) => ({ prompt, choices: answers[i] })));
  const { stdout } = await narrowbert(["choose", "--model", model.path, ...GIVEN, ...PROMPTS]);
  const tables = answers.map((answer) =>
    answer.map(({ score, choice }) => `${score.toFixed(4)}  ${choice}\n`).join("")
  );
  assert.equal(stdout, tables.join("\n"));
});

Deno.test("choose reads prompts with their choices", async () => {
  await using model = await smallModel("choice");
  const args = ["choose", "--model", model.path, "--format", "jsonl", "--jsonl"];
  const stdin = JSON.stringify({ id: 9, prompt: PROMPTS[0], choices: CHOICES });
  const { code, stdout } = await narrowbert(args, stdin);
  assert.equal(code, 0);
  const { id, prompt, choices } = JSON.parse(stdout);
  assert.deepEqual([id, prompt, choices.length], [9, PROMPTS[0], 2]);
  const refused = await narrowbert(["choose", "--model", model.path], "a prompt\n");
  assert.equal(refused.code, 1);
  const problem = 'must have a "prompt" and a list of "choices", as --choice is not given';
  assert.equal(refused.stderr, `narrowbert: standard input:1: ${problem}\n`);
  assert.deepEqual(await narrowbert(["choose", "--model", "nowhere", "a prompt"]), {
    code: 2,
    stdout: "",
    stderr: 'narrowbert: no choices: give --choice, or objects with "prompt" and "choices" from a .jsonl file; ' +
      "see narrowbert choose --help\n",
  });
});
