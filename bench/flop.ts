/**
 * Floating-point operations of a call, two for each multiply-add of products and attention, and nothing else. The ratio of
 * two calls' operations is the FLOP limit of a comparison: how many times as fast one can be if multiply-adds are all
 * that takes time. Narrow layers are those of the paper, https://arxiv.org/abs/2301.04761; "absorbed" and "projected"
 * are the two ways to compute their attention that `src/model/narrow_planner.ts` chooses from.
 */

/** Sizes of a model. */
export interface Sizes {
  layers: number;
  /** Full layers. */
  full: number;
  width: number;
  heads: number;
  inner: number;
  vocabulary: number;
}

/**
 * Operations over `lengths` tokens of each sequence, and `rows` narrow rows of each, with logits over the vocabulary or not.
 * The last layer of an ordinary BERT computes the rows alone too.
 */
export function flopOf(
  { layers, full, width: h, heads, inner: f, vocabulary }: Sizes,
  { lengths, rows, logits = false }: { lengths: readonly number[]; rows: number | "all"; logits?: boolean },
): number {
  // Of each row of a layer: two projections of H x H besides keys and values, and the feed-forward.
  const row = 2 * (2 * h * h + 2 * h * f);
  const whole = Math.min(full, layers - 1);
  const ofSequence = (length: number) => {
    const own = rows === "all" ? length : rows;
    const fullLayer = length * (row + 4 * h * h + 4 * length * h);
    // Absorbed: keys' and values' projections for the rows, and all heads as wide as the context; else for all tokens.
    const absorbed = own * (row + 4 * h * h + 4 * length * heads * h);
    const projected = own * (row + 4 * length * h) + length * 4 * h * h;
    const head = logits ? own * (2 * h * h + 2 * h * vocabulary) : 0;
    return whole * fullLayer + (layers - whole) * Math.min(absorbed, projected) + head;
  };
  return lengths.reduce((sum, length) => sum + ofSequence(length), 0);
}
