/**
 * The library in a browser: `deno task browser` imports the bundle of `mod.ts` in headless Chromium, whose WebGPU is
 * SwiftShader's, and compares what it answers with Deno's answers and with golden cases.
 */
import assert from "node:assert/strict";
import * as library from "../../mod.ts";
import { readGolden } from "../../tests/golden/golden_case.ts";
import { compareOutputs } from "../../tests/golden/golden_compare.ts";
import { LibraryPage, type TaskCall } from "./library_page.ts";

const page = await LibraryPage.open();
Deno.test.afterAll(() => page[Symbol.asyncDispose]());

/** Of numbers, absolute plus relative: two drivers round differently. */
const TOLERANCE = 1e-5;

Deno.test("the bundle exports what mod.ts exports", async () => {
  assert.deepEqual(await page.names(), Object.keys(library).sort());
});

const CALLS: TaskCall[] = [
  { task: "fill-mask", model: "shipped/mlm/", args: ["a large [MASK] with a long neck"] },
  { task: "fill-mask", model: "shipped/mlm/", args: [["the [MASK] of a king", "a [MASK] for [MASK]"], { top_k: 3 }] },
  { task: "score", model: "shipped/mlm/", args: [["the wife of a king", "the wife king of a"]] },
  { task: "feature-extraction", model: "shipped/mlm/", args: ["a small brown bird", { pooling: "mean" }] },
  {
    task: "text-classification",
    model: "shipped/topic/",
    args: [["a can for holding soft drinks", "the Greek goddess of fate", "a large animal"], { top_k: 4 }],
  },
];

for (const call of CALLS) {
  Deno.test(`a page answers as Deno does: ${call.task} of ${JSON.stringify(call.args[0])}`, async () => {
    const folder = new URL(`../../examples/models/wordnet/${call.model.split("/")[1]}/`, import.meta.url);
    using ask = await library.pipeline(call.task as "score", folder);
    const answer: unknown = await (ask as unknown as (...args: unknown[]) => Promise<unknown>)(...call.args);
    const expected = answer instanceof library.Tensor
      ? { type: answer.type, dims: answer.dims, data: Array.from<number | bigint, number>(answer.data, Number) }
      : answer;
    assertSame(await page.call(call), expected, "the answer");
  });
}

/** Names of golden cases that together have every class, container, activation and form of attention. */
const GOLDENS = [
  "act-gelu_new",
  "act-relu",
  "act-silu",
  "act-tanh",
  "base-eps",
  "base-fully-masked-neighbour",
  "base-head-mask",
  "base-inputs-embeds",
  "base-narrow",
  "base-no-narrow-layers",
  "base-pooler-left-padded",
  "base-pruned",
  "layout-bf16",
  "layout-f16",
  "layout-f64",
  "layout-plain-bert",
  "layout-sharded",
  "masked-lm-labels",
  "masked-lm-narrow",
  "multiple-choice",
  "relative-key-narrow",
  "relative-key-query-holes",
  "seq-cls-multi-label",
  "seq-cls-regression",
  "token-cls-labels",
  "wide-narrow",
];

for (const [i, name] of GOLDENS.entries()) {
  // Those of several files by URL only.
  const from = i % 2 === 0 || name === "layout-sharded" ? "url" : "files";
  Deno.test(`a page computes golden ${name}, its model ${from === "url" ? "by URL" : "in memory"}`, async () => {
    const golden = await readGolden(name);
    compareOutputs(golden, await page.runGolden(golden, from));
  });
}

Deno.test("a page trains: the losses are those of golden masked-lm-adamw", async () => {
  const golden = await readGolden("masked-lm-adamw");
  const expected = golden.adamw!.losses;
  const found = await page.train(golden);
  assert.equal(found.length, expected.length);
  found.forEach((loss, i) =>
    assert.ok(Math.abs(loss - expected[i]!) <= 1e-3 * expected[i]!, `${loss}, ${expected[i]}`)
  );
});

Deno.test("a page says of a path that it takes Deno, and of a URL what is missing there", async () => {
  assert.match(await page.refusal("score", "models/mlm"), /^CheckpointError: Cannot open "models\/mlm": /);
  const missing = page.url("shipped/none/");
  assert.match(await page.refusal("score", missing), /^CheckpointError: Cannot read .*shipped\/none\/.*404/);
});

Deno.test("a page's console holds nothing but what the library warns of", () => {
  assert.deepEqual(page.complaints.filter((text) => !text.startsWith("narrowbert: no narrow_mask was given, ")), []);
});

/** Checks that two answers hold the same words, and numbers that differ by no more than rounding. */
function assertSame(found: unknown, expected: unknown, where: string): void {
  if (typeof expected === "number") {
    const difference = Math.abs(Number(found) - expected);
    assert.ok(difference <= TOLERANCE * (1 + Math.abs(expected)), `${where} must be ${expected}, got ${found}`);
  } else if (typeof expected === "object" && expected !== null) {
    assert.deepEqual(Object.keys(found as object), Object.keys(expected), where);
    for (const [key, value] of Object.entries(expected)) {
      assertSame((found as Record<string, unknown>)[key], value, `${where}.${key}`);
    }
  } else {
    assert.equal(found, expected, where);
  }
}
