/** Folders of sentence-transformers in memory. */

import { safetensorsStream } from "../../src/io/safetensors/safetensors.ts";
import { concatenate } from "../../src/io/folder/file_bytes.ts";
import { MemoryFolder } from "../../src/io/folder/memory_folder.ts";
import type { ModelFolder } from "../../src/io/folder/model_folder.ts";

const OLD = "sentence_transformers.models.";

/** The modules that most folders have. */
export const TRANSFORMER = { idx: 0, name: "0", path: "", type: `${OLD}Transformer` };
export const POOLING = { idx: 1, name: "1", path: "1_Pooling", type: `${OLD}Pooling` };
export const NORMALIZE = { idx: 2, name: "2", path: "2_Normalize", type: `${OLD}Normalize` };
export const DENSE = { idx: 2, name: "2", path: "2_Dense", type: `${OLD}Dense` };
export const LAYER_NORM = { idx: 2, name: "2", path: "2_LayerNorm", type: `${OLD}LayerNorm` };

/** Settings of the mean, of states of 8 numbers. */
export const MEAN = { word_embedding_dimension: 8, pooling_mode_cls_token: false, pooling_mode_mean_tokens: true };

/** A folder in memory: bytes and strings are written as they are, other values as JSON. */
export function files(contents: Record<string, unknown>): ModelFolder {
  const bytes = (value: unknown) =>
    value instanceof Uint8Array
      ? value
      : new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));
  return new MemoryFolder(new Map(Object.entries(contents).map(([name, value]) => [name, bytes(value)])));
}

/** A safetensors file of some shapes, whose numbers count from 0. */
export function tensors(shapes: Record<string, readonly number[]>): Uint8Array {
  const stored = Object.entries(shapes).map(([name, shape]) => {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i);
    return [name, { dtype: "F32" as const, shape, parts: () => [new Uint8Array(data.buffer)] }] as const;
  });
  return concatenate([...safetensorsStream(new Map(stored))]);
}
