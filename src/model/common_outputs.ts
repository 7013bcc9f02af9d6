/** Lays out the results that all classes return on request. */

import { Tensor } from "../base/tensor.ts";
import type { RunOutput } from "../graph/program/outputs.ts";
import type { RowRule } from "./batch/ragged.ts";
import { lastAxis, type Unpacker } from "./batch/unpacking.ts";
import type { NarrowBertConfig } from "./config/config.ts";
import type { CommonOutputs, ForwardOptions } from "./forward_options.ts";
import type { RunResult } from "./runner.ts";

/** Hidden states, attentions, positions of the narrow rows, recorded values. */
export function commonOutputs(
  { outputs, recorded }: Pick<RunResult, "outputs" | "recorded">,
  unpacker: Unpacker,
  { rule, config, options }: { rule: RowRule; config: NarrowBertConfig; options: ForwardOptions },
): CommonOutputs {
  const { full_length_layers, num_hidden_layers } = config;
  const axis = (layer: number) => layer < full_length_layers ? "tokens" : lastAxis(rule);
  const take = (name: string) => outputs.get(name) as RunOutput;
  const layers = Array.from({ length: num_hidden_layers }, (_, layer) => layer);
  const common: CommonOutputs = {};
  if (options.output_hidden_states) {
    const embedding = unpacker.states(take("hidden_states.0"), "tokens");
    const states = layers.map((layer) => unpacker.states(take(`hidden_states.${layer + 1}`), axis(layer)));
    common.hidden_states = [embedding, ...states];
  }
  if (options.output_attentions) {
    common.attentions = layers.map((layer) => unpacker.attentions(take(`attentions.${layer}`), axis(layer)));
  }
  if (rule !== "ordinary") common.narrow_positions = unpacker.narrowPositions();
  if (options.recordValues) {
    common.recorded = new Map([...recorded].map(([path, output]) => [path, toTensor(output)]));
  }
  return common;
}

/** A program's output as a tensor. */
function toTensor({ data, dims }: RunOutput): Tensor {
  return new Tensor(data instanceof Uint32Array ? "uint32" : "float32", data, dims);
}

/** A program's output of floating point as a tensor. */
export function floatTensor({ data, dims }: RunOutput): Tensor<"float32"> {
  return new Tensor("float32", data as Float32Array, dims);
}
