/** Rows of texts some of whose tokens are to be guessed. */

import { IGNORE } from "../../../heads/labels.ts";
import { neededToken } from "../../../text/needed_token.ts";
import type { TextExample } from "../examples.ts";
import { type Encoder, type EncodingSettings, Frame, keptRange } from "./encoder.ts";
import { Masking, type MaskingSettings } from "./masking.ts";
import { type Row, rowOf, type Sequence } from "./row.ts";

/** Options of {@linkcode maskedTexts}. */
export interface MaskedTextSettings extends EncodingSettings, MaskingSettings {
  /** Whether rows are cut out of all texts one behind the other, instead of a text each. */
  readonly pack_texts: boolean;
}

/** Encodes texts, a row each, or packed. */
export function maskedTexts(settings: MaskedTextSettings): Encoder<TextExample> {
  const { tokenizer, max_seq_length, whole_word_mask, pack_texts } = settings;
  const masking = new Masking(tokenizer, settings);
  const frame = new Frame(settings);
  const room = pack_texts ? Infinity : max_seq_length - frame.length;
  return {
    encode(examples, epoch) {
      const { input_ids, word_ids } = tokenizer.batch_encode_plus(examples.map(({ example }) => example.text), {
        add_special_tokens: false,
        return_word_ids: whole_word_mask,
      });
      return examples.map(({ number }, i) => {
        const list = input_ids[i] as number[];
        const [begin, end] = keptRange(list.length, room, tokenizer);
        const ids = Uint32Array.from(end - begin === list.length ? list : list.slice(begin, end));
        const words = word_ids?.[i]?.slice(begin, end) ?? null;
        const labels = masking.apply(ids, words, { epoch, example: number });
        const truncated = list.length > room;
        // A packed text gets its frame in its block.
        if (pack_texts) return rowOf([number], { sequences: [{ ids, first: ids.length }], labels, truncated });
        return rowOf([number], { ...frame.around(ids, labels), truncated });
      });
    },
    ...(pack_texts && { arrange: (rows: readonly Row[]) => packed(rows, frame, settings) }),
  };
}

/**
 * Texts one behind the other with `[SEP]` between them, cut into rows of `max_seq_length`, each in the frame of a text.
 * Nothing is left out; the last row may be shorter.
 */
function packed(texts: readonly Row[], frame: Frame, { tokenizer, max_seq_length }: EncodingSettings): Row[] {
  const room = max_seq_length - frame.length;
  const { id: separator } = neededToken(tokenizer, "sep_token", "pack texts");
  const rows: Row[] = [];
  const ids = new Uint32Array(room);
  const labels = new Int32Array(room);
  let filled = 0;
  let examples: number[] = [];
  const close = () => {
    const row = frame.around(ids.subarray(0, filled), labels.subarray(0, filled));
    rows.push(rowOf(examples, { ...row, truncated: false }));
    filled = 0;
    examples = [];
  };
  for (const text of texts) {
    const tokens = (text.sequences[0] as Sequence).ids;
    const tokenLabels = text.labels as Int32Array;
    if (filled === room) close();
    if (filled > 0) {
      ids[filled] = separator;
      labels[filled++] = IGNORE;
      if (filled === room) close();
    }
    examples.push(...text.examples);
    for (let at = 0; at < tokens.length;) {
      if (filled === room) close();
      const end = Math.min(tokens.length, at + room - filled);
      ids.set(tokens.subarray(at, end), filled);
      labels.set(tokenLabels.subarray(at, end), filled);
      filled += end - at;
      at = end;
    }
  }
  if (filled > 0 || examples.length > 0) close();
  return rows;
}
