/** The shipped models of tags and choices: small, and as right on held-out examples as their card says. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pipeline } from "../../mod.ts";
import { narrowbertJson } from "../cli/terminals.ts";

const MODELS = fileURLToPath(new URL("../../examples/models/", import.meta.url));
const HELD_OUT = fileURLToPath(new URL("../golden/wordnet/", import.meta.url));

async function bytesOf(folder: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = join(folder, name);
    bytes += isDirectory ? await bytesOf(path) : (await Deno.stat(path)).size;
  }
  return bytes;
}

Deno.test("shipped models take at most 12 MB together, and those of tags and choices less than 1 MB each", async () => {
  assert(await bytesOf(MODELS) <= 12e6);
  for (const name of ["tag", "choose"]) assert(await bytesOf(join(MODELS, "wordnet", name)) < 1e6, name);
});

/** How many of the held-out examples in the repository are right, as a share. Guessing gives 0.25 of the choices. */
const RIGHT = { tag: 0.854, choose: 0.475 };

for (const [task, right] of Object.entries(RIGHT)) {
  Deno.test(`the shipped model of ${task} is right on ${right} of some held-out examples`, async () => {
    const model = join(MODELS, "wordnet", task);
    const args = ["evaluate", task, "--model", model, "--input", join(HELD_OUT, `${task}.jsonl`), "--json"];
    const { accuracy } = await narrowbertJson<{ accuracy: number }>(args);
    assert(Math.abs(accuracy - right) <= 0.005, `${accuracy}`); // less than two examples
  });
}

Deno.test("tags and choices are answered without naming a model", async () => {
  using tag = await pipeline("token-classification");
  const [first] = await tag("an old man", { aggregation_strategy: "first", ignore_labels: [] });
  assert.equal(typeof first!.entity_group, "string");
  using choose = await pipeline("multiple-choice");
  const choices = ["a vessel that travels on water", "a feeling of great joy"];
  assert.equal((await choose("steamship", choices))[0]!.choice, choices[0]);
});
