/** Splits a batch into parts of consecutive sequences. */

import { Tensor } from "../../base/tensor.ts";
import type { ArrayInput } from "./arrays.ts";
import type { ModelInputs } from "./inputs.ts";

/** Inputs that hold a row for each sequence, or question. */
const BATCHED = [
  "input_ids",
  "attention_mask",
  "token_type_ids",
  "position_ids",
  "inputs_embeds",
  "narrow_mask",
  "labels",
] as const;

/** The number of sequences, or of questions, in a batch that fits a model; 0 without any. */
export function batchSize({ input_ids, inputs_embeds }: ModelInputs): number {
  const first = input_ids ?? inputs_embeds;
  return first === undefined || first === null ? 0 : rowsOf(first);
}

/**
 * Parts of a batch, as equal as possible.
 *
 * @param count How many, from 1 to the batch's size.
 */
export function splitBatch(inputs: ModelInputs, count: number): ModelInputs[] {
  const size = batchSize(inputs);
  return Array.from({ length: count }, (_, i) => {
    const [begin, end] = [Math.floor(i * size / count), Math.floor((i + 1) * size / count)];
    const part: ModelInputs = { ...inputs };
    for (const name of BATCHED) {
      const input = inputs[name];
      // Positions may be given once for all sequences.
      if (input === undefined || input === null || isShared(name, input, size)) continue;
      part[name] = slice(input, begin, end);
    }
    return part;
  });
}

function isShared(name: string, input: ArrayInput, size: number): boolean {
  if (name !== "position_ids") return false;
  const isFlat = input instanceof Tensor ? input.dims.length === 1 : typeof (input as unknown[])[0] !== "object";
  return isFlat || rowsOf(input) !== size;
}

function rowsOf(input: ArrayInput): number {
  return input instanceof Tensor ? input.dims[0] as number : (input as ArrayLike<unknown>).length;
}

function slice(input: ArrayInput, begin: number, end: number): ArrayInput {
  if (!(input instanceof Tensor)) return (input as unknown[]).slice(begin, end) as ArrayInput;
  const { type, data, dims: [size = 0, ...inner] } = input;
  const row = size === 0 ? 0 : data.length / size;
  return new Tensor(type, data.slice(begin * row, end * row), [end - begin, ...inner]);
}
