/** Comparing what a model computes with a golden case: each named output within 2e-4, absolute plus relative. */

import assert from "node:assert/strict";
import type { Tensor } from "../../mod.ts";
import { type GoldenCase, goldenModel } from "./golden_case.ts";

const TOLERANCE = 2e-4;

/** What of a tensor is compared. */
export type GoldenOutput = Pick<Tensor, "dims"> & { readonly data: ArrayLike<number | bigint> };

/** Checks all outputs that a case expects, by the names of the golden files. */
export function compareOutputs(golden: GoldenCase, found: ReadonlyMap<string, GoldenOutput>): void {
  assert.ok(golden.outputs.size > 0);
  for (const [name, expected] of golden.outputs) {
    const got = found.get(name);
    assert.ok(got !== undefined, `${name} is missing from ${[...found.keys()].join(", ")}`);
    assert.deepEqual(got.dims, expected.dims, `dims of ${name}`);
    compareOutput(golden, name, { got, expected });
  }
}

/** Compares the rows that mean something: narrow rows below a sequence's count, full-length rows that were computed. */
function compareOutput(
  golden: GoldenCase,
  name: string,
  { got, expected }: { got: GoldenOutput; expected: Tensor },
): void {
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
