/** Every task finds the model where sentence-transformers has its Transformer: in a folder of its own. */

import assert from "node:assert/strict";
import { pipeline } from "../../mod.ts";
import type { TaskName } from "../../src/pipelines/task_pipelines.ts";
import { TASKS } from "../../src/pipelines/task_table.ts";
import { filesOf, GOLDEN } from "../golden/sentence/sentence_case.ts";

const OLD = "sentence_transformers.models.";

/** The files of a local folder. */
function stored(folder: URL): [name: string, bytes: Uint8Array][] {
  return [...Deno.readDirSync(folder)].map(({ name }) => [name, Deno.readFileSync(new URL(name, folder))]);
}

/** A model's files in a folder, with the list of modules that says so. */
function moved(files: Iterable<[name: string, bytes: Uint8Array]>, inside: string, ...more: object[]) {
  const modules = [{ idx: 0, name: "0", path: `./${inside}/`, type: `${OLD}Transformer` }, ...more];
  const list = new TextEncoder().encode(JSON.stringify(modules));
  return new Map([...[...files].map(([name, bytes]) => [`${inside}/${name}`, bytes] as const), ["modules.json", list]]);
}

for (const [task, { defaultModel }] of Object.entries(TASKS)) {
  if (defaultModel === null) continue;
  Deno.test(`${task} finds a Transformer in a folder of its own, and is saved without it`, async () => {
    const path = await Deno.makeTempDir();
    try {
      using own = await pipeline(task as TaskName);
      using found = await pipeline(task as TaskName, moved(stored(defaultModel), "0_Transformer"));
      await found.save_pretrained(path);
      using again = await pipeline(task as TaskName, path);
      const ask = async (asked: typeof own) => {
        const call = asked as unknown as (text: string, more?: readonly string[] | object) => Promise<unknown>;
        if (task === "multiple-choice") return await call("a large animal", ["an elephant", "a mouse"]);
        if (task === "feature-extraction") return await call("a large animal", { pooling: "mean" });
        return await call(task === "fill-mask" ? "a large [MASK]" : "a large animal");
      };
      const expected = await ask(own);
      assert.deepEqual(await ask(found), expected);
      assert.deepEqual(await ask(again), expected);
    } finally {
      await Deno.remove(path, { recursive: true });
    }
  });
}

Deno.test("a classifier in a folder of its own ranks, and one whose other modules are Python code fills masks", async () => {
  const { query, texts, rankers } = GOLDEN;
  const files = filesOf(rankers.default!.files);
  using own = await pipeline("text-ranking", files);
  using found = await pipeline("text-ranking", moved(files, "a/b"));
  assert.deepEqual(await found(query, texts), await own(query, texts));
  const code = { idx: 1, name: "1", path: "1_Code", type: "modeling.MyPooling" };
  const words = moved(stored(TASKS["fill-mask"].defaultModel), "0", code);
  using fill = await pipeline("fill-mask", words);
  assert.equal((await fill("a large [MASK]")).length, 5);
  await assert.rejects(() => pipeline("feature-extraction", words), {
    name: "ConfigError",
    message: /"modeling\.MyPooling" is none of sentence-transformers, but Python code/,
  });
});
