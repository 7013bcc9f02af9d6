/** Makes an encoding of the pieces of one text or pair: truncated, with special tokens, with the lists asked for. */

import type { Encoding, Offset } from "./encoding.ts";
import { type Frame, type FramePart, partsOf, specialCount } from "./frame.ts";
import { trimmed } from "./trimming.ts";
import type { Pieces } from "./pieces.ts";
import type { Plan } from "./plan.ts";
import { keptLengths, type Span, spans } from "./truncation.ts";

/** The pieces of a text, or of a pair of texts. */
export interface PiecePair {
  first: Pieces;
  second?: Pieces;
}

/** Which tokens of a pair one encoding holds. */
interface SpanPair {
  first: Span;
  second?: Span;
}

/** What a tokenizer adds to texts. */
export interface Framing {
  frame: Frame;
  /** For each byte-level step, whether one space at the start of a text stays, as it was added. */
  trims: readonly boolean[];
}

/**
 * Encodes pieces. Overflowing parts become encodings of their own, in the order of Hugging Face's fast tokenizers.
 *
 * @throws {RangeError} If `max_length` or `stride` leaves no room; see {@linkcode keptLengths}.
 * @throws {TypeError} If the second text must be cut, and there is none.
 */
export function encodePieces(pair: PiecePair, plan: Plan, { frame, trims }: Framing): Encoding {
  const parts = partsOf(frame, { isPair: pair.second !== undefined, special: plan.frame });
  const [kept, ...rest] = spanPairs(pair, plan, specialCount(parts));
  const encoding = assemble(pair, kept!, { plan, parts, trims });
  if (plan.wanted.overflowing) {
    encoding.overflowing = rest.map((part) => assemble(pair, part, { plan, parts, trims }));
  }
  return encoding;
}

/** What is kept, and then what is cut away. */
function spanPairs({ first, second }: PiecePair, { truncation, wanted }: Plan, added: number): SpanPair[] {
  const whole = ({ ids }: Pieces): Span => ({ start: 0, end: ids.length });
  if (truncation === undefined) return [{ first: whole(first), second: second && whole(second) }];
  const { maximum, stride } = truncation;
  const room = maximum - added;
  if (room < 0) throw new RangeError(`Cannot encode a text: max_length must be at least ${added}, got ${maximum}`);
  if (stride > 0 && stride >= room) {
    throw new RangeError(
      `Cannot encode a text: stride must be less than the ${room} tokens that max_length leaves for text, got ${stride}`,
    );
  }
  const [keptFirst, keptSecond] = keptLengths(
    { first: first.ids.length, second: second?.ids.length, room },
    truncation.cut,
  );
  const firsts = spans(first.ids.length, keptFirst, truncation);
  const seconds = second === undefined ? [undefined] : spans(second.ids.length, keptSecond, truncation);
  const kept = { first: firsts[0]!, second: seconds[0] };
  if (!wanted.overflowing) return [kept];
  // Every further part of the first text with every part of the second, then the kept part of the first.
  return [
    kept,
    ...firsts.slice(1).flatMap((first) => seconds.map((second) => ({ first, second }))),
    ...seconds.slice(1).map((second) => ({ first: kept.first, second })),
  ];
}

/** How an encoding is put together. */
interface Assembly {
  plan: Plan;
  parts: readonly FramePart[];
  trims: readonly boolean[];
}

function assemble(pair: PiecePair, kept: SpanPair, { plan: { wanted, types }, parts, trims }: Assembly): Encoding {
  const input_ids: number[] = [];
  const token_type_ids: number[] = [];
  const special_tokens_mask: number[] = [];
  const offset_mapping: Offset[] = [];
  const word_ids: (number | null)[] = [];
  for (const part of parts) {
    const type = types ? part.type : 0;
    if ("ids" in part) {
      for (const id of part.ids) {
        input_ids.push(id);
        token_type_ids.push(type);
        special_tokens_mask.push(1);
        offset_mapping.push([0, 0]);
        word_ids.push(null);
      }
      continue;
    }
    const pieces = part.text === 0 ? pair.first : pair.second!;
    const span = part.text === 0 ? kept.first : kept.second!;
    for (let index = span.start; index < span.end; index++) {
      input_ids.push(pieces.ids[index]!);
      token_type_ids.push(type);
    }
    if (wanted.special_tokens_mask) {
      for (let index = span.start; index < span.end; index++) special_tokens_mask.push(0);
    }
    if (wanted.word_ids) {
      for (let index = span.start; index < span.end; index++) word_ids.push(pieces.words[index]!);
    }
    if (wanted.offset_mapping) {
      for (let index = span.start; index < span.end; index++) {
        const offset: Offset = [pieces.starts[index]!, pieces.ends[index]!];
        offset_mapping.push(
          trims.length === 0 ? offset : trimmed(offset, pieces.values?.[index] ?? "", {
            text: pieces.text ?? "",
            isFirst: index === span.start,
            trims,
          }),
        );
      }
    }
  }
  return {
    input_ids,
    token_type_ids,
    attention_mask: new Array<number>(input_ids.length).fill(1),
    ...(wanted.special_tokens_mask && { special_tokens_mask }),
    ...(wanted.offset_mapping && { offset_mapping }),
    ...(wanted.word_ids && { word_ids }),
  };
}
