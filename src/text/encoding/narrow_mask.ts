/** The rows of narrow layers, by places in a text. */

import { TokenizerError } from "../../base/errors.ts";
import type { Encoding } from "./encoding.ts";

/** A part of a text: the UTF-16 indices of its first character and of the one behind its last. */
export type Span = readonly [start: number, end: number];

/**
 * The `narrow_mask` of parts of a text: 1 for each token of which a character is in one of them, 0 for all others. Special
 * tokens are in none.
 *
 * @param encoding Of one text, made with `return_offsets_mapping`.
 * @param spans Parts of the text.
 * @returns A row for `narrow_mask`, as long as `input_ids`.
 * @throws {TokenizerError} If the encoding has no offsets.
 * @throws {RangeError} If a span does not go from a whole number to one that is not smaller.
 *
 * @example
 * ```ts
 * import { AutoTokenizer, NarrowBertModel, narrowMask } from "@narrowbert/webgpu";
 *
 * const folder = "examples/models/wordnet/mlm";
 * const tokenizer = await AutoTokenizer.from_pretrained(folder);
 * const text = "a large animal";
 * const encoding = tokenizer.encode_plus(text, { return_offsets_mapping: true });
 * const mask = narrowMask(encoding, [[2, 7]]); // large
 * using model = await NarrowBertModel.from_pretrained(folder, { add_pooling_layer: false });
 * const { narrow_positions } = await model.forward({ input_ids: [encoding.input_ids], narrow_mask: [mask] });
 * console.log(narrow_positions!.tolist()); // [[2]]
 * ```
 */
export function narrowMask({ offset_mapping }: Pick<Encoding, "offset_mapping">, spans: readonly Span[]): number[] {
  if (offset_mapping === undefined) {
    throw new TokenizerError("Cannot find tokens by places in a text: encode it with return_offsets_mapping: true");
  }
  for (const [start, end] of spans) {
    if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && 0 <= start && start <= end) continue;
    throw new RangeError(
      `Cannot find tokens by places in a text: a span must be two indices, the first not behind the second, got [${start}, ${end}]`,
    );
  }
  return offset_mapping.map(([first, last]) =>
    Number(spans.some(([start, end]) => Math.max(first, start) < Math.min(last, end)))
  );
}
