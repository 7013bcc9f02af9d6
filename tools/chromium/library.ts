/**
 * The library in a browser: `deno task browser` imports the bundle of `mod.ts` in headless Chromium, whose WebGPU is
 * SwiftShader's, and compares what it answers with Deno's answers and with golden cases.
 */
import assert from "node:assert/strict";
import * as library from "../../mod.ts";
import { type GoldenCase, goldenNames, readGolden } from "../../tests/golden/golden_case.ts";
import { compareOutputs } from "../../tests/golden/golden_compare.ts";
import { bundling } from "../bundle.ts";
import { LibraryPage, type TaskCall } from "./library_page.ts";

const page = await LibraryPage.open();
Deno.test.afterAll(() => page[Symbol.asyncDispose]());

/** Of numbers, absolute plus relative: two drivers round differently. */
const TOLERANCE = 1e-5;

Deno.test("the bundle exports what mod.ts exports", async () => {
  assert.deepEqual(await page.names(), Object.keys(library).sort());
});

Deno.test("the page of the README answers as Deno does; its command is the one that made the bundle", async () => {
  const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
  assert.ok(readme.includes(`\n\`\`\`sh\ndeno ${bundling("narrowbert.js").join(" ")}\n\`\`\`\n`));
  using fill = await library.pipeline("fill-mask");
  const words = await fill("a large [MASK] with a long neck", { top_k: 3 });
  assert.equal(await page.readme(), words.flat().map(({ token_str }) => token_str).join(", "));
});

const CALLS: TaskCall[] = [
  { task: "fill-mask", model: "examples/models/wordnet/mlm/", args: ["a large [MASK] with a long neck"] },
  {
    task: "fill-mask",
    model: "examples/models/wordnet/mlm/",
    args: [["the [MASK] of a king", "a [MASK] for [MASK]"], { top_k: 3 }],
  },
  { task: "score", model: "examples/models/wordnet/mlm/", args: [["the wife of a king", "the wife king of a"]] },
  {
    task: "feature-extraction",
    model: "examples/models/wordnet/mlm/",
    args: ["a small brown bird", { pooling: "mean" }],
  },
  {
    task: "text-classification",
    model: "examples/models/wordnet/topic/",
    args: [["a can for holding soft drinks", "the Greek goddess of fate", "a large animal"], { top_k: 4 }],
  },
];

for (const call of CALLS) {
  Deno.test(`a page answers as Deno does: ${call.task} of ${JSON.stringify(call.args[0])}`, async () => {
    using ask = await library.pipeline(call.task as "score", new URL(`../../${call.model}`, import.meta.url));
    const answer: unknown = await (ask as unknown as (...args: unknown[]) => Promise<unknown>)(...call.args);
    const expected = answer instanceof library.Tensor
      ? { type: answer.type, dims: answer.dims, data: Array.from<number | bigint, number>(answer.data, Number) }
      : answer;
    assertSame(await page.call(call), expected, "the answer");
  });
}

const goldens = await Promise.all(goldenNames().map(readGolden));

Deno.test("there are 52 golden cases for a page to compute, and 2 to train by", () => {
  const count = (is: (golden: GoldenCase) => boolean) => goldens.filter(is).length;
  assert.deepEqual([count(({ training }) => !training), count(({ adamw }) => adamw !== undefined)], [52, 2]);
});

for (const [i, golden] of goldens.entries()) {
  if (golden.training) continue;
  const from = i % 2 === 0 ? "url" : "files";
  Deno.test(`a page computes golden ${golden.name}, its model ${from === "url" ? "by URL" : "in memory"}`, async () => {
    compareOutputs(golden, await page.runGolden(golden, from));
  });
}

for (const golden of goldens) {
  if (golden.adamw === undefined) continue;
  const { losses } = golden.adamw;
  Deno.test(`a page trains, with the losses of golden ${golden.name}`, async () => {
    const found = await page.train(golden);
    assert.equal(found.length, losses.length);
    found.forEach((loss, i) => assert.ok(Math.abs(loss - losses[i]!) <= 1e-3 * losses[i]!, `${loss}, ${losses[i]}`));
  });
}

Deno.test("a page says what it lacks: files by path, to read or to write, and files of a URL that are not there", async () => {
  const [path, missing] = [await page.refusal("score", "models/mlm"), page.url("examples/models/none/")];
  assert.match(path, /^CheckpointError: Cannot open "models\/mlm": a path needs Deno; .*URL/);
  assert.equal(
    await page.refusal("score", missing),
    `CheckpointError: Cannot read "config.json" in "${missing}": there is no such file`,
  );
  assert.equal(
    await page.refusedSaving("base", "models/mlm"),
    'CheckpointError: Cannot save to "models/mlm": a path needs Deno; a model\'s weights are in state_dict()',
  );
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
