/** A padded batch as the sequences of the float64 model. */

/** One sequence: its tokens that may be attended to (keys) come first, then its rows that may not. */
export interface Sequence {
  /** Place of each token in the padded sequence. */
  places: number[];
  keys: number;
  /** The token of each narrow row. */
  rows: number[];
  ids: number[];
  types: number[];
  positions: number[];
  /** The word embeddings of its tokens, in place of those of `ids`. */
  embeds: number[][] | null;
}

/** A call's inputs as plain arrays, `[B, L]`. */
export interface PlainInputs {
  input_ids?: number[][];
  /** `[B, L, H]` */
  inputs_embeds?: number[][][];
  attention_mask: number[][];
  token_type_ids: number[][];
  position_ids: number[][];
  /** `[layers, heads]` */
  head_mask?: number[][];
}

/** The sequences of a batch. @param isRow Whether the narrow layers compute a token. */
export function sequencesOf(inputs: PlainInputs, isRow: (b: number, l: number) => boolean): Sequence[] {
  return inputs.attention_mask.map((mask, b) => {
    const all = mask.map((_, l) => l);
    const keys = all.filter((l) => mask[l] === 1);
    const places = [...keys, ...all.filter((l) => mask[l] === 0 && isRow(b, l))];
    const of = <T>(values: readonly T[]) => places.map((l) => values[l]!);
    return {
      places,
      keys: keys.length,
      rows: all.filter((l) => isRow(b, l)).map((l) => places.indexOf(l)),
      ids: inputs.input_ids ? of(inputs.input_ids[b]!) : [],
      types: of(inputs.token_type_ids[b]!),
      positions: of(inputs.position_ids[b]!),
      embeds: inputs.inputs_embeds ? of(inputs.inputs_embeds[b]!) : null,
    };
  });
}
