/** Which layers a checkpoint holds, and which of them are narrow. */

import { CheckpointError } from "../../base/errors.ts";
import type { NarrowBertConfig } from "../config/config.ts";
import { layerPath } from "./published_names.ts";

/** Layers of a checkpoint. Without a narrow list it is an ordinary BERT's, or all its layers are full. */
export interface LayerCounts {
  /** Layers under `encoder.layer`. */
  readonly encoder: number;
  /** Layers under `encoder_narrow.layer`. */
  readonly narrow: number;
}

/** The list, the number within it and the rest of the name of a layer's weight. */
const LAYER = /^narrow_bert\.(encoder|encoder_narrow)\.layer\.(0|[1-9]\d{0,8})\.(.+)$/;

/** Counts the layers that published names belong to, up to the highest number in each list. */
export function countLayers(names: Iterable<string>): LayerCounts {
  let [encoder, narrow] = [0, 0];
  for (const name of names) {
    const [, list, index] = LAYER.exec(name) ?? [];
    if (list === "encoder") encoder = Math.max(encoder, Number(index) + 1);
    if (list === "encoder_narrow") narrow = Math.max(narrow, Number(index) + 1);
  }
  return { encoder, narrow };
}

/**
 * The config with its `full_length_layers`: if it leaves them open, as the checkpoint has them.
 *
 * @throws {CheckpointError} If config and checkpoint disagree.
 */
export function settleLayers(config: NarrowBertConfig, found: LayerCounts, location: string): NarrowBertConfig {
  const { num_hidden_layers: all, full_length_layers, leavesLayersOpen } = config;
  const oneList = found.narrow === 0;
  const full = oneList || !leavesLayersOpen ? full_length_layers : found.encoder;
  if (found.encoder + found.narrow === all && (oneList || found.encoder === full)) {
    return config.with({ full_length_layers: full });
  }
  const split = leavesLayersOpen ? "" : ` (${full} full, ${all - full} narrow)`;
  const got = oneList ? `${found.encoder} in one list` : `${found.encoder} full and ${found.narrow} narrow`;
  throw new CheckpointError(
    `Cannot load "${location}": there must be ${all} layers${split} by the config, got ${got}`,
  );
}

/** The layer that a weight belongs to, counted through full and narrow ones, and the rest of its name; null for none. */
export function layerOf(
  name: string,
  { full_length_layers: full }: { readonly full_length_layers: number },
): { layer: number; rest: string } | null {
  const [, list, index, rest = ""] = LAYER.exec(name) ?? [];
  if (list === undefined) return null;
  return { layer: Number(index) + (list === "encoder" ? 0 : full), rest };
}

/** The published name of a layer's weight in an ordinary BERT's single list; other names stay as they are. */
export function splitLayers(name: string, config: NarrowBertConfig): string {
  const [, list, index, rest] = LAYER.exec(name) ?? [];
  return list === "encoder" ? `${layerPath(config, Number(index))}.${rest}` : name;
}
