/** Every golden case through the public classes: each named output within 2e-4, absolute plus relative. */

import assert from "node:assert/strict";
import {
  type ModelInputs,
  NarrowBertForMaskedLM,
  NarrowBertForMultipleChoice,
  NarrowBertForSequenceClassification,
  NarrowBertForTokenClassification,
  NarrowBertModel,
  type Tensor,
} from "../../mod.ts";
import { HEADS } from "../../src/heads/registry.ts";
import { devices } from "./devices.ts";
import { type GoldenCase, goldenModel, goldenNames, readGolden } from "./golden_case.ts";

const TOLERANCE = 2e-4;
const CLASSES = {
  NarrowBertModel,
  NarrowBertForMaskedLM,
  NarrowBertForSequenceClassification,
  NarrowBertForMultipleChoice,
  NarrowBertForTokenClassification,
};

const names = goldenNames();
const cases = await Promise.all(names.map(readGolden));

Deno.test("there are 52 forward and 9 training golden cases", () => {
  const training = cases.filter((golden) => golden.training);
  assert.equal(training.length, 9);
  assert.equal(cases.length - training.length, 52);
});

Deno.test("every head of the registry has a golden case", () => {
  const tested = new Set(cases.map(({ class: name }) => CLASSES[name as keyof typeof CLASSES]?.head.name));
  const missing = HEADS.map(({ name }) => name).filter((name) => !tested.has(name));
  assert.deepEqual(
    missing,
    [],
    "heads without a case in tests/golden/cases/, or a class in tests/golden/golden_test.ts",
  );
});

for (const [where, device] of await devices()) for (const golden of cases) testGolden(golden, where, device);

function testGolden(golden: GoldenCase, where: string, device: GPUDevice | undefined): void {
  Deno.test(`golden ${golden.name}${where}`, async () => {
    const found = await runGolden(golden, device);
    assert.ok(golden.outputs.size > 0);
    for (const [name, expected] of golden.outputs) {
      const got = found.get(name);
      assert.ok(got !== undefined, `${name} is missing from ${[...found.keys()].join(", ")}`);
      assert.deepEqual(got.dims, expected.dims, `dims of ${name}`);
      compareOutput(golden, name, { got, expected });
    }
  });
}

/** Runs the case and names its outputs as the golden files do. */
async function runGolden(golden: GoldenCase, device: GPUDevice | undefined) {
  const { model, class: className, options, add_pooling_layer, inputs } = golden;
  const { prune_heads, problem_type, ...forward } = options;
  const Class = CLASSES[className as keyof typeof CLASSES] as typeof NarrowBertModel;
  using loaded = await Class.from_pretrained(goldenModel(model), {
    ...(add_pooling_layer !== undefined && { add_pooling_layer }),
    ...(device !== undefined && { device }),
    ...(problem_type !== undefined && { config: { problem_type } }),
  });
  if (prune_heads !== undefined) loaded.prune_heads(prune_heads);
  const output = await loaded.forward(inputs as ModelInputs, forward);
  const { hidden_states = [], attentions = [], narrow_positions: _, recorded: __, ...single } = output;
  const found = new Map<string, Tensor>(Object.entries(single) as [string, Tensor][]);
  hidden_states.forEach((state, i) => found.set(`hidden_states.${i}`, state));
  attentions.forEach((probabilities, i) => found.set(`attentions.${i}`, probabilities));
  return found;
}

/** Compares the rows that mean something: narrow rows below a sequence's count, full-length rows that were computed. */
function compareOutput(golden: GoldenCase, name: string, { got, expected }: { got: Tensor; expected: Tensor }): void {
  const rowAxis = name.startsWith("attentions") ? 2 : 1;
  const meaningful = rowFilter(golden, name, expected.dims[rowAxis] ?? 1);
  const inner = expected.dims.slice(rowAxis + 1).reduce((a, b) => a * b, 1);
  const extent = rowAxis < expected.dims.length ? expected.dims[rowAxis]! : 1;
  const perSequence = expected.dims.slice(1).reduce((a, b) => a * b, 1);
  let compared = 0;
  for (let i = 0; i < expected.size; i++) {
    const b = Math.floor(i / perSequence);
    const row = Math.floor(i / inner) % extent;
    if (!meaningful(b, row)) {
      assert.equal(got.data[i], 0, `${name}[${i}] belongs to no computed row and must be 0`);
      continue;
    }
    compared++;
    const want = Number(expected.data[i]);
    const error = Math.abs(Number(got.data[i]) - want);
    assert.ok(error <= TOLERANCE + TOLERANCE * Math.abs(want), `${name}[${i}]: expected ${want}, got ${got.data[i]}`);
  }
  assert.ok(compared > 0 || expected.size === 0, `${name}: nothing was compared`);
}

function rowFilter(golden: GoldenCase, name: string, extent: number): (b: number, row: number) => boolean {
  const { inputs } = golden;
  if (["loss", "pooler_output"].includes(name) || golden.outputs.get(name)!.dims.length < 3) return () => true;
  const mask = inputs.attention_mask;
  const length = (inputs.input_ids ?? inputs.inputs_embeds)!.dims.at(inputs.input_ids ? -1 : 1)!;
  const wanted = (b: number, l: number): boolean => {
    if (isPooled(golden)) return l === 0;
    if (inputs.labels) return Number(inputs.labels.data[b * length + l]) > -100;
    return Number(inputs.narrow_mask?.data[b * length + l] ?? 0) === 1;
  };
  if (isNarrow(golden, name)) {
    return (b, row) => row < Array.from({ length }, (_, l) => wanted(b, l)).filter(Boolean).length;
  }
  assert.equal(extent, length);
  return (b, row) => mask === undefined || Number(mask.data[b * length + row]) === 1 || wanted(b, row);
}

function isPooled({ class: className, add_pooling_layer }: GoldenCase): boolean {
  if (className === "NarrowBertModel") return add_pooling_layer ?? true;
  return className === "NarrowBertForSequenceClassification" || className === "NarrowBertForMultipleChoice";
}

/** Whether an output has narrow rows: the last state's, and those of layers past the full ones. */
function isNarrow(golden: GoldenCase, name: string): boolean {
  const { inputs } = golden;
  if (!isPooled(golden) && inputs.narrow_mask === undefined && inputs.labels === undefined) return false;
  const config = JSON.parse(Deno.readTextFileSync(new URL("config.json", goldenModel(golden.model))));
  const [kind, layer] = name.split(".");
  if (kind === "hidden_states") return Number(layer) > config.full_length_layers;
  if (kind === "attentions") return Number(layer) >= config.full_length_layers;
  return true;
}
