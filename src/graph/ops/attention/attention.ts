/** Attention of packed query rows to the packed keys of their own sequence. */

import { storesProbabilities } from "../../../kernels/attention/attention_probabilities.ts";
import type { AttentionSlot } from "../../../kernels/tuning/slots.ts";
import type { Graph } from "../../graph.ts";
import { apply, type Op } from "../../op.ts";
import type { Dim } from "../../shape.ts";
import type { Value } from "../../value.ts";
import {
  type AttentionAttributes,
  type AttentionCall,
  type AttentionInputs,
  checkAttention,
  type HeadPlace,
} from "./call.ts";
import { attentionGradient } from "./gradient.ts";
import { type AttentionOutputs, lowerFused, lowerStored } from "./kernels.ts";

export type { AttentionCall, AttentionTables, HeadVectors, RelativePositions, Slice } from "./call.ts";

/** Softmax attention of all heads, with or without its probabilities. */
export const attentionOp: Op<AttentionInputs, AttentionAttributes, AttentionOutputs> = {
  name: "attention",

  infer(types, attributes) {
    checkAttention(types, attributes);
    const { heads, headSize, keys, form } = attributes;
    const rows = types.q.shape[0] as Dim;
    return {
      out: { shape: [rows, heads * headSize], dtype: "f32", layout: "pitched" },
      sums: { shape: [rows, heads], dtype: "f32", layout: "tight" },
      probabilities: form === "stored" ? { shape: [rows, heads, keys], dtype: "f32", layout: "pitched" } : undefined,
    };
  },

  lower(g, site) {
    const { form, keys } = site.attributes;
    g.declare(keys);
    return form === "stored" ? lowerStored(g, site) : lowerFused(g, site, form);
  },

  gradient: attentionGradient,
};

/**
 * Whether attention probabilities are stored: never (`none`), unless `qRelative` is given; in scratch memory, if that
 * is faster on this adapter (`scratch`); or always, because the caller reads them (`output`). Graphs that are
 * differentiated and calls with dropout always store them.
 */
export type ProbabilityStorage = "none" | "scratch" | "output";

/** The results of attention. */
export interface Attended {
  /** `[rows, heads * headSize]`. */
  out: Value;
  /** Sums of the probabilities `[rows, heads]`: without dropout the head's scale, or 0 without keys. */
  sums: Value;
  /** `[rows, heads, keys]` before dropout, if they are stored. */
  probabilities: Value | null;
}

/**
 * Softmax attention, by the variant that the tuning chose for a slot.
 *
 * @param options `slot`: the slot of the tuning; `probabilities`: whether they are stored.
 */
export function attention(
  g: Graph,
  call: AttentionCall,
  { slot, probabilities: storage }: { slot: AttentionSlot; probabilities: ProbabilityStorage },
): Attended {
  const { label, q, k, v, qRelative, headScale, relative, heads, headSize, scale, rows, dropout } = call;
  const variant = g.tuning[slot];
  const isStored = storesProbabilities(variant);
  // Heads that share their keys need other queries for distances, which only the stored form supports. Gradients read
  // the probabilities, and dropout stands between them and the values.
  const store = storage === "output" || (storage === "scratch" && isStored) || qRelative !== undefined ||
    dropout !== undefined || g.differentiable;
  const { constants } = isStored ? g.tuning.attention_projected : variant;
  const { out, sums, probabilities } = apply(g, attentionOp, {
    label,
    inputs: {
      q: q.value,
      k: k.value,
      v: v.value,
      geometry: rows.tiles.value,
      queryPositions: rows.queryPositions.value,
      keyPositions: rows.keyPositions.value,
      ...(rows.keyTiles && { keyTiles: rows.keyTiles.value }),
      headScale,
      ...(relative && { distance: relative.distance }),
      ...(qRelative && { qRelative: qRelative.value }),
    },
    attributes: {
      q: placeOf(q),
      k: placeOf(k),
      v: placeOf(v),
      qRelative: qRelative === undefined ? null : { ...placeOf(qRelative), size: qRelative.size },
      tiles: { at: rows.tiles.at, count: rows.tiles.count },
      queryPositionsAt: rows.queryPositions.at,
      keyPositionsAt: rows.keyPositions.at,
      keyTiles: rows.keyTiles === undefined ? null : { at: rows.keyTiles.at, count: rows.keyTiles.count },
      keys: rows.keys,
      heads,
      headSize,
      scale,
      relative: relative && { center: relative.center, withKeys: relative.withKeys },
      dropout: dropout ?? null,
      form: store ? "stored" : constants,
    },
  });
  return { out, sums, probabilities: probabilities ?? null };
}

function placeOf({ offset = 0, distance }: HeadPlace): HeadPlace {
  return { offset, distance };
}
