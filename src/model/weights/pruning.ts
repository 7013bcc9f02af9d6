/** Removing attention heads: the config that says so, and the weights without them. */

import { ConfigError } from "../../base/errors.ts";
import { listed } from "../../base/messages.ts";
import type { ElementSource } from "../../nn/parameters.ts";
import type { NarrowBertConfig } from "../config/config.ts";
import { readPrunedHeads } from "../config/pruned_heads.ts";
import { layerPath, remainingHeads } from "./published_names.ts";

/** Weights as they are read back from the GPU. */
type ReadWeights = ReadonlyMap<string, { shape: readonly number[]; data: Float32Array }>;

/**
 * The config with more heads pruned.
 *
 * @throws {ConfigError} If a layer or head does not exist, or a layer would lose all heads.
 */
export function prunedConfig(
  config: NarrowBertConfig,
  heads: Readonly<Record<number, readonly number[]>>,
): NarrowBertConfig {
  const problems: string[] = [];
  // A config may leave its pruned heads out; who asks for pruning may not.
  if (heads === null || heads === undefined) {
    throw new ConfigError(
      `Cannot prune heads: pruned_heads must be an object with a list of heads for each layer, got ${heads}`,
    );
  }
  const asked = readPrunedHeads({ pruned_heads: heads }, config, problems);
  const pruned: Record<number, readonly number[]> = { ...config.pruned_heads };
  for (const [layer, list] of Object.entries(asked)) pruned[+layer] = [...(pruned[+layer] ?? []), ...list];
  if (problems.length === 0) readPrunedHeads({ pruned_heads: pruned }, config, problems);
  if (problems.length > 0) throw new ConfigError(`Cannot prune heads:${listed(problems)}`);
  return config.with({ pruned_heads: pruned });
}

/** The weights of `before` without the heads that `after` has lost. */
export function prunedWeights(
  weights: ReadWeights,
  before: NarrowBertConfig,
  after: NarrowBertConfig,
): ElementSource {
  const cuts = new Map<string, { axis: "rows" | "columns"; kept: number[] }>();
  for (let layer = 0; layer < before.num_hidden_layers; layer++) {
    const left = remainingHeads(after, layer);
    const kept = remainingHeads(before, layer).flatMap((head, i) => left.includes(head) ? [i] : []);
    const path = `${layerPath(before, layer)}.attention`;
    for (const name of ["query", "key", "value"]) {
      cuts.set(`${path}.self.${name}.weight`, { axis: "rows", kept });
      cuts.set(`${path}.self.${name}.bias`, { axis: "rows", kept });
    }
    cuts.set(`${path}.output.dense.weight`, { axis: "columns", kept });
  }
  return {
    get(name) {
      const { shape, data } = weights.get(name) as { shape: readonly number[]; data: Float32Array };
      const cut = cuts.get(name);
      if (cut === undefined) return data;
      const columns = shape.length === 1 ? 1 : shape[1] as number;
      const [block, stride] = cut.axis === "rows"
        ? [before.headSize * columns, data.length]
        : [before.headSize, columns];
      return keepBlocks(data, { block, stride, kept: cut.kept });
    },
  };
}

/** Of every run of `stride` elements, the numbered blocks of `block` elements. */
function keepBlocks(
  data: Float32Array,
  { block, stride, kept }: { block: number; stride: number; kept: readonly number[] },
): Float32Array {
  const out = new Float32Array(data.length / stride * kept.length * block);
  let at = 0;
  for (let start = 0; start < data.length; start += stride) {
    for (const i of kept) {
      out.set(data.subarray(start + i * block, start + (i + 1) * block), at);
      at += block;
    }
  }
  return out;
}
