/**
 * Which form of narrow attention a call takes.
 *
 * Both give the same numbers. Per narrow layer, counted in multiply-adds, with R rows, T tokens, S the sum over rows of the
 * keys that each attends to, A heads of size D (A D = H):
 *
 *     projected: keys and values 2 T H A D, scores and sums 2 S A D
 *     absorbed:  queries and values through the projections 2 R H A D, scores and sums 2 S A H
 */

import type { NarrowForm } from "../nn/narrow_attention.ts";

/** Sizes that decide. */
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

/** Multiply-adds of one narrow layer's attention in each form, less what both need. */
export function narrowCosts({ rows, tokens, rowKeys, width, heads, headSize }: NarrowWork): Record<NarrowForm, number> {
  const inner = heads * headSize;
  return {
    projected: 2 * tokens * width * inner + 2 * rowKeys * inner,
    absorbed: 2 * rows * width * inner + 2 * rowKeys * heads * width,
  };
}

/** The cheaper form; the projected one where keys meet distances, as nothing cancels there. */
export function planNarrowForm(work: NarrowWork, { withKeys }: { withKeys: boolean }): NarrowForm {
  if (withKeys) return "projected";
  const { projected, absorbed } = narrowCosts(work);
  return absorbed < projected ? "absorbed" : "projected";
}
