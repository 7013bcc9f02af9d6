/**
 * Modules that make one vector of another: of a text's, behind the pooling, or of each token's, before it. They are
 * computed on the CPU in float64: a Dense of 768 x 768 takes 0.3 ms a vector, as many multiplications as a twelfth of a
 * layer takes for one token; on the GPU the weights of each folder would make a program of its own.
 */

import { CheckpointError } from "../../base/errors.ts";
import { quote, quoted } from "../../base/messages.ts";
import { shapeText } from "../../base/shape.ts";
import type { Checkpoint } from "../../io/checkpoint/checkpoint.ts";
import { openCheckpoint } from "../../io/checkpoint/open.ts";
import type { ModelFolder } from "../../io/folder/model_folder.ts";
import { layerNorm } from "../../model/probe/functions.ts";
import { readActivation } from "./activations.ts";
import { MODULE_SETTINGS } from "./files.ts";
import { findJsonFile, type JsonFile, readJsonFile } from "./json_file.ts";

/** What there is of a text, by the names that sentence-transformers gives it: the states of its tokens, or its vector. */
export type Feature = "token_embeddings" | "sentence_embedding";

/** A module from a vector to a vector. */
export interface VectorModule {
  /** Its class. */
  readonly kind: string;
  /** What it takes, and puts its result in the place of. */
  readonly feature: Feature;
  /** Elements that it takes; `null` for any number, of which it makes as many. */
  readonly inputs: number | null;
  /** Elements that it makes; `null` for as many as it takes. */
  readonly outputs: number | null;
  apply(vector: Float64Array): Float64Array;
}

/** How a module is read from its folder. */
type Read = (folder: ModelFolder) => Promise<VectorModule>;

/** Every such module, by its class. */
export const VECTOR_MODULES: Readonly<Record<string, Read>> = {
  Dense: readDense,
  LayerNorm: readLayerNorm,
  Normalize: readNormalize,
  Dropout: () =>
    Promise.resolve({ kind: "Dropout", feature: VECTOR, inputs: null, outputs: null, apply: (vector) => vector }),
};

/** What a chain of modules makes of a vector. */
export function applied(modules: readonly VectorModule[], vector: Float32Array | Float64Array): Float64Array {
  return modules.reduce<Float64Array>((given, module) => module.apply(given), new Float64Array(vector));
}

/** What a module takes, if its settings do not say otherwise; a LayerNorm and a Dropout take it always. */
const VECTOR: Feature = "sentence_embedding";

const FEATURES: readonly Feature[] = [VECTOR, "token_embeddings"];

/** What LayerNorm adds to the variance, by PyTorch's default, which no settings change. */
const EPS = 1e-5;

/** A vector scaled to length 1; one of length 0 stays as it is. */
export function normalized(vector: Float64Array): Float64Array {
  const length = Math.sqrt(vector.reduce((sum, x) => sum + x * x, 0));
  return vector.map((x) => x / Math.max(length, 1e-12));
}

async function readNormalize(folder: ModelFolder): Promise<VectorModule> {
  const file = await findJsonFile(folder, MODULE_SETTINGS);
  const feature = file === null ? VECTOR : featureOf(file);
  return { kind: "Normalize", feature, inputs: null, outputs: null, apply: normalized };
}

async function readDense(folder: ModelFolder): Promise<VectorModule> {
  const file = await readJsonFile(folder, MODULE_SETTINGS);
  const feature = featureOf(file);
  const [inputs, outputs] = [sizeOf(file, "in_features"), sizeOf(file, "out_features")];
  const activation = readActivation(file, "activation_function") ?? Math.tanh;
  const residual = file.flag("use_residual") ?? false;
  const hasBias = file.flag("bias") ?? true;
  const checkpoint = await openCheckpoint(folder);
  const weight = weightOf(checkpoint, "linear.weight", [outputs, inputs]);
  const bias = hasBias ? weightOf(checkpoint, "linear.bias", [outputs]) : null;
  const matrix = residual && inputs !== outputs ? weightOf(checkpoint, "residual.weight", [outputs, inputs]) : null;
  return {
    kind: "Dense",
    feature,
    inputs,
    outputs,
    apply(vector) {
      const skipped = matrix === null ? vector : product(matrix, vector, null);
      return product(weight, vector, bias).map((x, i) => activation(x) + (residual ? skipped[i] as number : 0));
    },
  };
}

async function readLayerNorm(folder: ModelFolder): Promise<VectorModule> {
  const size = sizeOf(await readJsonFile(folder, MODULE_SETTINGS), "dimension");
  const checkpoint = await openCheckpoint(folder);
  const weight = weightOf(checkpoint, "norm.weight", [size]);
  const bias = weightOf(checkpoint, "norm.bias", [size]);
  return {
    kind: "LayerNorm",
    feature: VECTOR,
    inputs: size,
    outputs: size,
    apply(vector) {
      const result = vector.slice();
      layerNorm(result, { weight, bias, eps: EPS });
      return result;
    },
  };
}

/** What a module takes. @throws {ConfigError} If it is something else, or the result does not come in its place. */
function featureOf(file: JsonFile): Feature {
  const input = file.text("module_input_name") ?? VECTOR;
  const feature = FEATURES.find((one) => one === input);
  if (feature === undefined) {
    throw file.error(`module_input_name must be one of ${quoted(FEATURES)}, got ${quote(input)}`);
  }
  const output = file.text("module_output_name") ?? input;
  if (output === input) return feature;
  throw file.error(`module_output_name must be its module_input_name, ${quote(input)}, got ${quote(output)}`);
}

function sizeOf(file: JsonFile, key: string): number {
  const size = file.count(key);
  if (size !== undefined) return size;
  throw file.error(`it must have ${key}, a whole number from 1`);
}

/** A weight as it must be. @throws {CheckpointError} If it is not there, or of another shape. */
function weightOf(checkpoint: Checkpoint, name: string, shape: readonly number[]): Float32Array {
  const found = checkpoint.info(name).shape;
  if (found.length === shape.length && found.every((size, i) => size === shape[i])) return checkpoint.float32(name);
  throw new CheckpointError(
    `Cannot load weight ${quote(name)} of ${quote(checkpoint.location)}: shape must be ${shapeText(shape)}, got ` +
      shapeText(found),
  );
}

/**
 * `weight · vector + bias`, four rows at once, whose sums do not wait for each other.
 *
 * @param weight Row-major, a row for each element of the result.
 */
function product(weight: Float32Array, vector: Float64Array, bias: Float32Array | null): Float64Array {
  const { length } = vector;
  const rows = weight.length / length;
  const result = bias === null ? new Float64Array(rows) : new Float64Array(bias);
  for (let row = 0; row < rows; row += 4) {
    // Behind the last row the same one is computed again, and not kept.
    const [a, b, c, d] = [0, 1, 2, 3].map((i) => Math.min(row + i, rows - 1) * length) as [
      number,
      number,
      number,
      number,
    ];
    let [sumA, sumB, sumC, sumD] = [0, 0, 0, 0];
    for (let i = 0; i < length; i++) {
      const x = vector[i] as number;
      sumA += (weight[a + i] as number) * x;
      sumB += (weight[b + i] as number) * x;
      sumC += (weight[c + i] as number) * x;
      sumD += (weight[d + i] as number) * x;
    }
    const sums = [sumA, sumB, sumC, sumD];
    for (let i = 0; i < Math.min(4, rows - row); i++) result[row + i]! += sums[i] as number;
  }
  return result;
}
