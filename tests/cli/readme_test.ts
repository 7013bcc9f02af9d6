import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { pipeline } from "../../src/pipelines/pipeline.ts";
import type { TaskName } from "../../src/pipelines/task_pipelines.ts";
import { TASKS } from "../../src/pipelines/task_table.ts";
import { type SmallModel, smallModel } from "./folders.ts";

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
