/** `pruned_heads`: which attention heads a model has lost. */

import { isObject } from "../../base/json.ts";
import { shown } from "../../base/messages.ts";
import type { ConfigFields } from "./fields.ts";
import type { ConfigSource } from "./source.ts";

/** Pruned heads by layer; layers count through full and narrow, heads are numbered as before pruning. */
export type PrunedHeads = Readonly<Record<number, readonly number[]>>;

/**
 * Reads `pruned_heads`. A layer with an empty list is left out.
 *
 * @param source The config as given.
 * @param sizes Of the same config; one that is wrong is `undefined` and limits nothing.
 * @param problems Gets a line for each layer that is wrong.
 */
export function readPrunedHeads(
  { pruned_heads: given = null }: ConfigSource,
  { num_hidden_layers: layers = Infinity, num_attention_heads: heads = Infinity }: Partial<ConfigFields>,
  problems: string[],
): PrunedHeads {
  if (given !== null && !isObject(given)) {
    problems.push(`pruned_heads must be an object with a list of heads for each layer, got ${shown(given)}`);
    return {};
  }
  const pruned: Record<number, readonly number[]> = {};
  for (const [layer, list] of Object.entries(given ?? {})) {
    if (!/^(0|[1-9]\d*)$/.test(layer) || Number(layer) >= layers) {
      problems.push(`pruned_heads must name layers 0 to ${layers - 1}, got ${shown(layer)}`);
    } else if (!Array.isArray(list) || !list.every((head) => Number.isInteger(head) && head >= 0 && head < heads)) {
      problems.push(`pruned_heads.${layer} must be a list of heads 0 to ${heads - 1}, got ${shown(list)}`);
    } else {
      const distinct = [...new Set<number>(list)].sort((a, b) => a - b);
      if (distinct.length === heads) problems.push(`pruned_heads.${layer} must leave a head, got all ${heads}`);
      if (distinct.length > 0) pruned[Number(layer)] = Object.freeze(distinct);
    }
  }
  return Object.freeze(pruned);
}
