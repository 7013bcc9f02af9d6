import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { pipeline } from "../../src/pipelines/pipeline.ts";
import type { TaskName } from "../../src/pipelines/task_pipelines.ts";
import { TASKS } from "../../src/pipelines/task_table.ts";
import { shippedRepository } from "../io/hub/shipped_repository.ts";
import { TestHub } from "../io/hub/test_hub.ts";
import { folderOf, type SmallModel, smallModel, smallModelFiles } from "./folders.ts";
import { commandsOf, runCommand } from "./shell_blocks.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const README = await Deno.readTextFile(`${ROOT}/README.md`);

/** Rows of the table of tasks: task, one line of code, what an answer is. */
const ROWS = [...README.matchAll(/^\| `([a-z-]+)` +\| `(ask\(.*?\))` +\| (.+?) +\|$/gm)].map(([, ...row]) => row);

/** The models of the tasks for which none is shipped. */
const MODELS: Partial<Record<TaskName, SmallModel>> = {
  "zero-shot-classification": "nli",
  "text-ranking": "one-label",
};

Deno.test("the table of tasks has them all", () => {
  assert.deepEqual(ROWS.map(([task]) => task).sort(), Object.keys(TASKS).sort());
});

for (const [task = "", code = "", answer = ""] of ROWS) {
  Deno.test(`${task}: the table's line of code gives what the table says`, async () => {
    const name = MODELS[task as TaskName];
    await using model = name === undefined ? null : await smallModel(name);
    using ask = await pipeline(task as TaskName, model?.path);
    const found = await new Function("ask", `return ${code}`)(ask);
    const [, list, names] = /`(\[?)\{ (.*?) \}\]?`$/.exec(answer)!;
    assert.equal(Array.isArray(found), list === "[");
    const [first] = [found].flat();
    for (const key of names!.split(", ")) assert(first[key] !== undefined, key);
  });
}

Deno.test("every command of the README runs", async () => {
  const commands = commandsOf(README);
  assert(commands.length > 10);
  const models: Record<string, SmallModel> = { ner: "ner", nli: "nli", ranker: "one-label" };
  const files: Record<string, string | Uint8Array> = {
    "reviews.csv": 'id,text\n1,"a large, grey animal"\n',
    "more.jsonl": '{"id": 2, "text": "a small brown bird"}\n',
    "texts.txt": "the tiger\nthe mouse\n",
  };
  for (const [name, model] of Object.entries(models)) {
    for (const [file, bytes] of await smallModelFiles(model)) files[`models/${name}/${file}`] = bytes;
  }
  await using folder = await folderOf(files);
  await using hub = new TestHub();
  hub.repositories.set("owner/name", await shippedRepository());
  await Deno.symlink(`${ROOT}/examples`, `${folder.path}/examples`);
  await Deno.symlink(`${ROOT}/tests/golden/models/plain-bert`, `${folder.path}/models/bert`);
  for (const command of commands) {
    const env = { HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: `${folder.path}/hub` };
    const { code, stdout, stderr } = await runCommand(command, folder.path, env);
    assert.equal(code, 0, `${command}: ${stderr}`);
    const printed = command.includes("> answers.jsonl")
      ? await Deno.readTextFile(`${folder.path}/answers.jsonl`)
      : stdout;
    assert.match(printed, /\S.*\n$/, command);
  }
});
