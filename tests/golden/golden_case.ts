/** Reads a golden case: inputs and expected outputs made in float64 by an independent implementation. */

import { readSafetensors, type SafetensorsFile, Tensor, type TensorType } from "../../mod.ts";

/** What `cases/NAME.json` says. */
export interface GoldenCase {
  name: string;
  model: string;
  class: string;
  options: {
    output_hidden_states?: boolean;
    output_attentions?: boolean;
    problem_type?: string;
    prune_heads?: Record<string, number[]>;
  };
  add_pooling_layer?: boolean;
  /** Settings of an optimizer, and the losses and norms of its steps. */
  adamw?: {
    steps: number;
    lr: number;
    betas: [number, number];
    eps: number;
    weight_decay: number;
    max_grad_norm: number;
    losses: number[];
    grad_norms: number[];
  };
  /** Inputs by name. */
  inputs: Record<string, Tensor>;
  /** Expected outputs by name, such as `hidden_states.3`. */
  outputs: Map<string, Tensor>;
  /** Expected gradients of the loss, by the weight's checkpoint name. */
  gradients: Map<string, Tensor>;
  /** Expected weights after the steps of `adamw`. */
  after: Map<string, Tensor>;
  /** Whether it holds gradients or optimizer steps. */
  training: boolean;
}

const CASES = new URL("./cases/", import.meta.url);

/** The folder of a golden model. */
export function goldenModel(name: string): URL {
  return new URL(`./models/${name}/`, import.meta.url);
}

/** Names of all cases. */
export function goldenNames(): string[] {
  const files = [...Deno.readDirSync(CASES)].map(({ name }) => name).filter((name) => name.endsWith(".json"));
  return files.map((name) => name.slice(0, -".json".length)).sort();
}

/** Reads one case. */
export async function readGolden(name: string): Promise<GoldenCase> {
  const about = JSON.parse(await Deno.readTextFile(new URL(`${name}.json`, CASES)));
  const file = await readSafetensors(new URL(`${name}.safetensors`, CASES));
  const inputs = [...file.keys()].filter((key) => key.startsWith("in."));
  return {
    ...about,
    name,
    inputs: Object.fromEntries(inputs.map((key) => [key.slice(3), tensorOf(file, key)])),
    outputs: named(file, "out."),
    gradients: named(file, "grad."),
    after: named(file, "after."),
    training: [...file.keys()].some((key) => key.startsWith("grad.") || key.startsWith("after.")),
  };
}

function named(file: SafetensorsFile, prefix: string): Map<string, Tensor> {
  const keys = [...file.keys()].filter((key) => key.startsWith(prefix));
  return new Map(keys.map((key) => [key.slice(prefix.length), tensorOf(file, key)]));
}

const TYPES: Record<string, TensorType> = { F32: "float32", F64: "float64", I64: "int64", BOOL: "bool" };

function tensorOf(file: SafetensorsFile, name: string): Tensor {
  const { dtype, shape, data } = file.get(name)!;
  return new Tensor(TYPES[dtype]!, data as Float32Array, shape);
}
