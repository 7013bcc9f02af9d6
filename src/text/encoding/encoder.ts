/** Makes an encoding of the pieces of one text or pair: truncated, with special tokens, with the lists asked for. */

import type { Encoding, Offset } from "./encoding.ts";
import { framed, frameLength, joined, type Pair, tokenTypes } from "./frame.ts";
import type { Pieces } from "./pieces.ts";
import type { Plan } from "./plan.ts";
import { keptLengths, type Span, spans } from "./truncation.ts";

/** The pieces of a text, or of a pair of texts. */
export interface PiecePair {
  first: Pieces;
  second?: Pieces;
}

/** Ids of the tokens of the frame. */
export interface FrameIds {
  cls: number;
  sep: number;
}

/** Which tokens of a pair one encoding holds. */
interface SpanPair {
  first: Span;
  second?: Span;
}

/**
 * Encodes pieces. Overflowing parts become encodings of their own, in the order of Hugging Face's fast tokenizers.
 *
 * @throws {RangeError} If `max_length` or `stride` leaves no room; see {@linkcode keptLengths}.
 * @throws {TypeError} If the second text must be cut, and there is none.
 */
export function encodePieces(pair: PiecePair, plan: Plan, frame: FrameIds): Encoding {
  const [kept, ...rest] = spanPairs(pair, plan);
  const encoding = assemble(pair, kept!, plan, frame);
  if (plan.wanted.overflowing) encoding.overflowing = rest.map((part) => assemble(pair, part, plan, frame));
  return encoding;
}

/** What is kept, and then what is cut away. */
function spanPairs({ first, second }: PiecePair, { truncation, frame, wanted }: Plan): SpanPair[] {
  const whole = ({ ids }: Pieces): Span => ({ start: 0, end: ids.length });
  if (truncation === undefined) return [{ first: whole(first), second: second && whole(second) }];
  const { maximum, stride } = truncation;
  const added = frame ? frameLength(second !== undefined) : 0;
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

function assemble(pair: PiecePair, part: SpanPair, { frame, wanted }: Plan, { cls, sep }: FrameIds): Encoding {
  /** One list of both texts, cut and framed. */
  const list = <T>(of: (pieces: Pieces, span: Span) => T[], opening: T, closing: T): T[] => {
    const both: Pair<T> = {
      first: of(pair.first, part.first),
      second: pair.second && of(pair.second, part.second!),
    };
    return frame ? framed(both, { opening, closing }) : joined(both);
  };
  const input_ids = list<number>(({ ids }, span) => ids.slice(span.start, span.end), cls, sep);
  const encoding: Encoding = {
    input_ids,
    token_type_ids: tokenTypes({ first: lengthOf(part.first), second: part.second && lengthOf(part.second) }, frame),
    attention_mask: new Array<number>(input_ids.length).fill(1),
  };
  if (wanted.special_tokens_mask) {
    encoding.special_tokens_mask = list<number>((_, span) => new Array(lengthOf(span)).fill(0), 1, 1);
  }
  if (wanted.offset_mapping) {
    encoding.offset_mapping = list<Offset | null>(offsets, null, null).map((offset) => offset ?? [0, 0]);
  }
  if (wanted.word_ids) {
    encoding.word_ids = list<number | null>(({ words }, span) => words.slice(span.start, span.end), null, null);
  }
  return encoding;
}

function lengthOf({ start, end }: Span): number {
  return end - start;
}

function offsets({ starts, ends }: Pieces, span: Span): Offset[] {
  return starts.slice(span.start, span.end).map((start, index) => [start, ends[span.start + index]!]);
}
