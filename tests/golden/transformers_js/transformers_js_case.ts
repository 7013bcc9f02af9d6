/**
 * What transformers.js answers with the models of ../pipelines, by tools/transformers_js/golden.ts; `versions` says which. Its
 * models are these, exported to ONNX.
 */

import { Tensor, type TensorType } from "../../../mod.ts";
import { bytesOf, readPacked } from "../packed.ts";
import type { PipelineCase } from "../pipelines/pipeline_case.ts";

/** A call of a pipeline, and its answer or the message of its error. */
export interface TransformersJsCall {
  task: string;
  model: PipelineCase["model"];
  args: unknown[];
  /** The name of the difference, if this library answers in another way. */
  differs?: string;
  answer?: unknown;
  error?: string;
}

/** Texts as the tokenizer encodes them, and the logits of the model `one-label`. */
export interface EncodedTexts {
  texts: string | string[];
  options: { text_pair?: string[]; padding?: boolean; truncation?: boolean };
  inputs: Record<"input_ids" | "attention_mask" | "token_type_ids", Tensor>;
  logits: Tensor;
}

interface Golden {
  versions: string[];
  calls: TransformersJsCall[];
  encoded: EncodedTexts[];
  /** The names of what each event of progress has. */
  events: Record<string, string[]>;
  functions: { name: "cos_sim" | "dot"; args: [a: number[], b: number[]]; answer: number }[];
}

/** A tensor as it is stored: its bytes, or integers as plain numbers. */
type StoredTensor = { type: TensorType; dims: number[] } & ({ base64: string } | { numbers: number[] });

/** A value with its tensors. */
function restored(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(restored);
  if (typeof value !== "object" || value === null) return value;
  if ("dims" in value) return tensorOf(value as StoredTensor);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, restored(inner)]));
}

function tensorOf(stored: StoredTensor): Tensor {
  const { type, dims } = stored;
  if ("numbers" in stored) return new Tensor(type, stored.numbers, dims);
  const { buffer } = bytesOf(stored.base64);
  const data = { float32: Float32Array, int8: Int8Array, uint8: Uint8Array }[type as "float32" | "int8" | "uint8"];
  return new Tensor(type, new data(buffer), dims);
}

/** All of it. */
export const GOLDEN = restored(readPacked(new URL("calls.json.gz", import.meta.url))) as Golden;
