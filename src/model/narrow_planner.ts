/**
 * How a call computes its attention: the form of the narrow layers, and how much memory it may take.
 *
 * Both forms give the same numbers. Per narrow layer, counted in multiply-adds, with R rows, T tokens, S the sum over
 * rows of the keys that each attends to, A heads of size D (A D = H):
 *
 *     projected: keys and values 2 T H A D, scores and sums 2 S A D
 *     absorbed:  queries and values through the projections 2 R H A D, scores and sums 2 S A H
 */

import type { NarrowForm } from "../nn/narrow_attention.ts";
import type { ForwardOptions } from "./forward_options.ts";

/** Sizes that decide about the form. */
export interface NarrowWork {
  /** Narrow rows. */
  rows: number;
  /** Packed tokens. */
  tokens: number;
  /** Sum over rows of their keys. */
  rowKeys: number;
  /** H. */
  width: number;
  /** A. */
  heads: number;
  /** D. */
  headSize: number;
}

/** Most bytes of the keys and values that one product projects for several narrow layers. */
const PROJECTED_BYTES = 128 * 1024 * 1024;

/** Most bytes of attention probabilities that are stored for speed alone. */
const STORED_BYTES = 64 * 1024 * 1024;

/** Multiply-adds of one narrow layer's attention in each form, without those that both need. */
export function narrowCosts({ rows, tokens, rowKeys, width, heads, headSize }: NarrowWork): Record<NarrowForm, number> {
  const inner = heads * headSize;
  return {
    projected: 2 * tokens * width * inner + 2 * rowKeys * inner,
    absorbed: 2 * rows * width * inner + 2 * rowKeys * heads * width,
  };
}

/** The cheaper form; the projected one if keys are multiplied by distances too, as no term cancels then. */
export function planNarrowForm(work: NarrowWork, { withKeys }: { withKeys: boolean }): NarrowForm {
  if (withKeys) return "projected";
  const { projected, absorbed } = narrowCosts(work);
  return absorbed < projected ? "absorbed" : "projected";
}

/**
 * The form that a caller asks for, or with `auto` the cheaper one.
 *
 * @throws {RangeError} If there is no such form, or the model cannot take it.
 */
export function narrowFormOf(
  work: NarrowWork,
  { asked, withKeys }: { asked: "auto" | NarrowForm; withKeys: boolean },
): NarrowForm {
  if (!["auto", "absorbed", "projected"].includes(asked)) {
    throw new RangeError(`Cannot run the model: narrow must be "auto", "absorbed" or "projected", got "${asked}"`);
  }
  if (asked === "absorbed" && withKeys) {
    throw new RangeError(
      'Cannot run narrow: "absorbed" on a model with position_embedding_type "relative_key_query": ' +
        'its keys meet the distances, so it takes "projected"',
    );
  }
  return asked === "auto" ? planNarrowForm(work, { withKeys }) : asked;
}

/** What the last layer of an ordinary BERT computes: the narrow rows alone, unless somebody asks for what all tokens have. */
export function lastLayerOf(
  { output_hidden_states: states = false, output_attentions: attentions = false }: ForwardOptions,
): "all" | "rows" {
  return states || attentions ? "all" : "rows";
}

/**
 * How many of `layers` narrow layers have their keys and values projected by one product: all, or a half, a quarter, …
 * of them. So few programs serve all sizes.
 *
 * @param largest Bytes of the largest buffer that the device allows.
 */
export function planProjection(
  { tokens, heads, headSize }: NarrowWork,
  { layers, largest }: { layers: number; largest: number },
): number {
  const layerBytes = 4 * tokens * 2 * heads * headSize;
  let together = Math.max(1, layers);
  while (together > 1 && together * layerBytes > Math.min(largest, PROJECTED_BYTES)) together = Math.ceil(together / 2);
  return together;
}

/** Whether the probabilities of `rows` rows to at most `keys` keys may be stored, if that is faster. */
export function mayStoreProbabilities(rows: number, { keys, heads }: { keys: number; heads: number }): boolean {
  return 4 * rows * keys * heads <= STORED_BYTES;
}
