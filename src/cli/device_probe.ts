/** Finds out whether a device computes right, without a model's files. */

import { normals } from "../base/random.ts";
import { elementCount } from "../base/shape.ts";
import type { Gpu } from "../gpu/device.ts";
import { MASKED_LM } from "../heads/layers/masked_lm.ts";
import { SEQUENCE_CLASSIFICATION } from "../heads/layers/pooled_classifier.ts";
import { NarrowBertConfig } from "../model/config/config.ts";
import { ModelCore } from "../model/core.ts";
import type { ProbeCall } from "../model/probe/probe.ts";
import { parameterShapes } from "../model/weights/parameter_shapes.ts";
import type { WeightDtype } from "../nn/layout/upload.ts";

/** Deviation of the weights, so large that no part of the model is negligible. */
const DEVIATION = 0.15;

/** A small model, of which no size is a power of two. */
const CONFIG = new NarrowBertConfig({
  vocab_size: 300,
  hidden_size: 84,
  num_hidden_layers: 4,
  full_length_layers: 2,
  num_attention_heads: 3,
  intermediate_size: 200,
  max_position_embeddings: 80,
  num_labels: 5,
});

/** Few tokens and many, which other kernels compute, and both forms of narrow attention. */
const CALLS: readonly ProbeCall[] = [
  { lengths: [3, 1], narrow: "absorbed" },
  { lengths: [71, 42, 17], narrow: "absorbed" },
  { lengths: [71, 42, 17], narrow: "projected" },
];

/**
 * Computes a small random model, in each element type of weights that a device has, and compares it with float64.
 *
 * @returns The element types.
 * @throws {ProbeError} If the device computes something else.
 */
export async function probeDevice(gpu: Gpu, signal?: AbortSignal): Promise<WeightDtype[]> {
  const dtypes: WeightDtype[] = gpu.features.has("shader-f16") ? ["f32", "f16"] : ["f32"];
  const parts = { heads: [MASKED_LM, SEQUENCE_CLASSIFICATION], pooler: true };
  const shapes = parameterShapes(CONFIG, parts);
  const streams = [...shapes.keys()];
  /** Biases and LayerNorms too are random, so that none is left out unseen. */
  const weights = {
    get(name: string): Float32Array {
      const values = normals(1, streams.indexOf(name), elementCount(shapes.get(name)!));
      return values.map((value) => DEVIATION * value + Number(name.endsWith("LayerNorm.weight")));
    },
  };
  for (const dtype of dtypes) {
    const shape = { ...parts, gpu, config: CONFIG, dtype, latency: "normal" } as const;
    const core = await ModelCore.create({ ...shape, weights, signal, probes: CALLS });
    core.retain();
    core.release();
  }
  return dtypes;
}
