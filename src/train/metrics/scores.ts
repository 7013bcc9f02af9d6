/** Precision, recall and F1, and their means over classes. */

/** How well one class, or one type of entity, is found. A share of nothing is 0, as in scikit-learn and seqeval. */
export interface ClassScore {
  /** Of those predicted as the class, the share that is of it. */
  readonly precision: number;
  /** Of those that are of the class, the share predicted as it. */
  readonly recall: number;
  /** The harmonic mean of both. */
  readonly f1: number;
  /** How many are of the class. */
  readonly support: number;
}

/** What a score is computed from. */
export interface ScoreCounts {
  /** Predicted as the class, and of it. */
  right: number;
  /** Predicted as the class. */
  predicted: number;
  /** Of the class. */
  gold: number;
}

/** The score of some counts. */
export function scoreOf({ right, predicted, gold }: ScoreCounts): ClassScore {
  return {
    precision: share(right, predicted),
    recall: share(right, gold),
    f1: share(2 * right, predicted + gold),
    support: gold,
  };
}

/** The sums of counts, whose score is the micro average. */
export function sumOf(counts: Iterable<ScoreCounts>): ScoreCounts {
  const sum = { right: 0, predicted: 0, gold: 0 };
  for (const { right, predicted, gold } of counts) {
    sum.right += right;
    sum.predicted += predicted;
    sum.gold += gold;
  }
  return sum;
}

/** The mean over classes, or by their support; 0 over none. */
export function meanOf(
  scores: readonly ClassScore[],
  key: "precision" | "recall" | "f1",
  by: "class" | "support" = "class",
): number {
  let [sum, weights] = [0, 0];
  for (const score of scores) {
    const weight = by === "class" ? 1 : score.support;
    sum += weight * score[key];
    weights += weight;
  }
  return share(sum, weights);
}

/** A part of a whole; 0 of nothing. */
export function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
