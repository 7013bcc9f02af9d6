/** From scored word pieces to entities, as the token classification pipeline of Hugging Face's transformers. */

/**
 * How scored word pieces become entities: each by itself (`none`), joined if they are neighbours of one kind
 * (`simple`), or joined into words first, which take the label of their first piece (`first`), of the mean of their
 * pieces (`average`) or of their most certain piece (`max`).
 */
export type AggregationStrategy = "none" | "simple" | "first" | "average" | "max";

/** Every {@linkcode AggregationStrategy}. */
export const AGGREGATION_STRATEGIES: readonly AggregationStrategy[] = ["none", "simple", "first", "average", "max"];

/** A word piece of a text. */
export interface Piece {
  /** The piece as the vocabulary writes it, `##` included; the text itself if the vocabulary has no piece for it. */
  word: string;
  /** The index of its first UTF-16 unit in the text. */
  start: number;
  /** The index after its last UTF-16 unit. */
  end: number;
  /** Its position in the encoded text; `[CLS]` is 0. */
  index: number;
  /** Whether it continues the word of the piece before. */
  continues: boolean;
}

/** A word piece with the model's probabilities. */
export interface ScoredPiece extends Piece {
  /** Probability of each label. With `first` only pieces that begin a word need them. */
  scores: readonly number[];
}

/** A word piece with its label: an answer of the strategy `none`. */
export interface TokenEntity {
  /** The label, `B-` or `I-` included. */
  entity: string;
  /** Probability of the label. */
  score: number;
  /** Position of the piece in the encoded text; `[CLS]` is 0. */
  index: number;
  /** The piece as the vocabulary writes it, `##` included; the text itself if the vocabulary has no piece for it. */
  word: string;
  /** The index of its first UTF-16 unit in the text. */
  start: number;
  /** The index after its last UTF-16 unit. */
  end: number;
}

/** Neighbouring word pieces or words of one kind: an answer of all other strategies. */
export interface EntityGroup {
  /** The label without `B-` or `I-`. */
  entity_group: string;
  /** Mean probability of the labels of its parts. */
  score: number;
  /** Its pieces as text, in the spelling of the vocabulary. */
  word: string;
  /** The index of its first UTF-16 unit in the text. */
  start: number;
  /** The index after its last UTF-16 unit. */
  end: number;
}

/** A labelled piece or word, before it is joined to a group. */
type Labelled = Omit<TokenEntity, "index">;

/**
 * The entities of a text, from left to right.
 *
 * `none` labels each piece. The others join neighbours of one kind: a label `B-X` begins a group; `I-X` and a label `X`
 * without prefix continue a group of kind `X`. `simple` joins pieces. The others join whole words, with the label of
 * their first piece (`first`), of the mean of their pieces' probabilities (`average`), or of their most certain piece
 * (`max`).
 *
 * @param labels Name of each label by its id.
 * @param join Joins word pieces to a text, as the tokenizer's `convert_tokens_to_string`.
 */
export function aggregate(
  pieces: readonly ScoredPiece[],
  strategy: AggregationStrategy,
  { labels, join }: { labels: Readonly<Record<number, string>>; join: (pieces: string[]) => string },
): (TokenEntity | EntityGroup)[] {
  const labelled = ({ word, start, end }: Omit<Labelled, "entity" | "score">, scores: readonly number[]): Labelled => {
    const id = largest(scores);
    return { entity: labels[id] as string, score: scores[id] as number, word, start, end };
  };
  if (strategy === "none") {
    return pieces.map((piece) => ({ ...labelled(piece, piece.scores), index: piece.index }));
  }
  const parts = strategy === "simple"
    ? pieces.map((piece) => labelled(piece, piece.scores))
    : runs(pieces, ({ continues }) => continues).map((word) =>
      labelled(spanOf(word, join), wordScores(word.map(({ scores }) => scores), strategy))
    );
  return runs(parts, ({ entity }, before) => !entity.startsWith("B-") && kindOf(entity) === kindOf(before.entity))
    .map((group) => ({
      entity_group: groupName(group[0]!.entity),
      score: group.reduce((sum, { score }) => sum + score, 0) / group.length,
      ...spanOf(group, join),
    }));
}

/** Probabilities of a word, given those of its pieces. */
function wordScores(
  pieces: readonly (readonly number[])[],
  strategy: "first" | "average" | "max",
): readonly number[] {
  const [first = []] = pieces;
  if (strategy === "first") return first;
  if (strategy === "max") return pieces[largest(pieces.map((scores) => scores[largest(scores)] as number))] ?? [];
  return first.map((_, label) => pieces.reduce((sum, scores) => sum + (scores[label] as number), 0) / pieces.length);
}

/** Cuts a list before every element that does not continue the one before. */
function runs<T>(list: readonly T[], continues: (element: T, before: T) => boolean): T[][] {
  const found: T[][] = [];
  list.forEach((element, i) => {
    if (i > 0 && continues(element, list[i - 1] as T)) found.at(-1)!.push(element);
    else found.push([element]);
  });
  return found;
}

function spanOf(
  parts: readonly { word: string; start: number; end: number }[],
  join: (pieces: string[]) => string,
): { word: string; start: number; end: number } {
  return { word: join(parts.map(({ word }) => word)), start: parts[0]!.start, end: parts.at(-1)!.end };
}

/** A label without `B-` or `I-`. */
function kindOf(label: string): string {
  return label.replace(/^[BI]-/, "");
}

/** The name of a group: its first label after its first hyphen. */
export function groupName(label: string): string {
  return label.slice(label.indexOf("-") + 1);
}

/** Index of the largest element; of equal ones the first. */
function largest(values: readonly number[]): number {
  return values.reduce((best, value, i) => value > (values[best] as number) ? i : best, 0);
}
