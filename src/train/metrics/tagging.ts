/** Metrics of tagged entities. */

import { checkOptionNames } from "../../base/options.ts";
import { entitiesOf, TAG_SCHEMES, type TagScheme } from "./entities.ts";
import { expectExamples, expectSame, type Metrics, type MetricValues } from "./metrics.ts";
import { type ClassScore, type ScoreCounts, scoreOf, share, sumOf } from "./scores.ts";

/** Tags of some sequences, a tag for each word. */
export interface EntityBatch {
  /** The tags that the words have. */
  readonly labels: readonly (readonly string[])[];
  /** The tags predicted for them. */
  readonly predictions: readonly (readonly string[])[];
}

/** Options of {@linkcode EntityMetrics}. */
export interface EntityMetricsOptions {
  /**
   * The scheme that tags must follow to the letter, which is seqeval's mode `strict`. If it is left out, an entity also
   * begins with an inside, and ends without an end, as CoNLL's script and seqeval by default have it.
   */
  scheme?: TagScheme;
}

const NOTHING: ScoreCounts = { right: 0, predicted: 0, gold: 0 };

/**
 * Precision, recall and F1 of entities, as PyPI's `seqeval` defines them: one is found if its first word, its last word
 * and its type are. `O` is no entity.
 *
 * @example
 * ```ts
 * import { EntityMetrics } from "@narrowbert/webgpu";
 *
 * const metrics = new EntityMetrics();
 * metrics.add({
 *   labels: [["B-PER", "I-PER", "O", "B-LOC"]],
 *   predictions: [["B-PER", "I-PER", "O", "B-PER"]],
 * });
 * console.log(metrics.result()); // { precision: 0.5, recall: 0.5, f1: 0.5, accuracy: 0.75 }
 * console.log(metrics.byType().get("LOC")?.recall); // 0
 * ```
 */
export class EntityMetrics implements Metrics<EntityBatch> {
  readonly #scheme: TagScheme | undefined;
  readonly #types = new Map<string, ScoreCounts>();
  #words = 0;
  #right = 0;

  /**
   * Metrics of entities of all types.
   *
   * @throws {RangeError} If there is no such scheme.
   * @throws {TypeError} If there is no such option.
   */
  constructor(options: EntityMetricsOptions = {}) {
    checkOptionNames("count entities", options, ["scheme"]);
    const { scheme } = options;
    if (scheme !== undefined && !TAG_SCHEMES.includes(scheme)) {
      throw new RangeError(
        `Cannot count entities: scheme must be one of ${TAG_SCHEMES.join(", ")}, got ${String(scheme)}`,
      );
    }
    this.#scheme = scheme;
  }

  /** Words so far. */
  get count(): number {
    return this.#words;
  }

  /**
   * Counts a batch in.
   *
   * @throws {RangeError} If a tag is neither `O` nor one of the scheme.
   * @throws {TypeError} If there are not as many predictions as labels, in all or in a sequence.
   */
  add({ labels, predictions }: EntityBatch): void {
    if (labels.length !== predictions.length) {
      throw new TypeError(
        `Cannot count entities: there must be predictions for ${labels.length} sequences, got ${predictions.length}`,
      );
    }
    const found = labels.map((gold, i) => {
      const predicted = predictions[i] as readonly string[];
      if (gold.length === predicted.length) return this.#compare(gold, predicted);
      throw new TypeError(
        `Cannot count entities: there must be ${gold.length} predictions in sequence ${i}, one for each label, got ` +
          predicted.length,
      );
    });
    for (const { types, words, right } of found) {
      this.#count(types);
      this.#words += words;
      this.#right += right;
    }
  }

  #compare(gold: readonly string[], predicted: readonly string[]) {
    const types = new Map<string, ScoreCounts>();
    const keys = new Set<string>();
    const countsOf = (type: string) => {
      const counts = types.get(type) ?? { ...NOTHING };
      types.set(type, counts);
      return counts;
    };
    for (const { type, begin, end } of entitiesOf(gold, this.#scheme)) {
      countsOf(type).gold++;
      keys.add(`${begin} ${end} ${type}`);
    }
    for (const { type, begin, end } of entitiesOf(predicted, this.#scheme)) {
      countsOf(type).predicted++;
      if (keys.has(`${begin} ${end} ${type}`)) countsOf(type).right++;
    }
    return { types, words: gold.length, right: gold.filter((tag, i) => tag === predicted[i]).length };
  }

  #count(types: ReadonlyMap<string, ScoreCounts>): void {
    for (const [type, counts] of types) this.#types.set(type, sumOf([this.#types.get(type) ?? NOTHING, counts]));
  }

  /** Counts in what another has counted. @throws {TypeError} If it is of another scheme. */
  merge(other: EntityMetrics): void {
    expectSame(this, other, (metrics: EntityMetrics) => metrics.#scheme ?? "no scheme");
    this.#count(other.#types);
    const { count, right } = { count: other.#words, right: other.#right };
    this.#words += count;
    this.#right += right;
  }

  /** Precision, recall, F1 and support of each type that occurs, as label or as prediction, by name in order. */
  byType(): Map<string, ClassScore> {
    const byName = [...this.#types].sort(([a], [b]) => a < b ? -1 : 1);
    return new Map(byName.map(([type, counts]) => [type, scoreOf(counts)]));
  }

  /**
   * `precision`, `recall` and `f1` over the entities of all types, and `accuracy`, the share of words whose tag is right.
   * A share of nothing is 0.
   *
   * @throws {RangeError} If there are no words.
   */
  result(): MetricValues {
    expectExamples(this.#words);
    const { precision, recall, f1 } = scoreOf(sumOf(this.#types.values()));
    return { precision, recall, f1, accuracy: share(this.#right, this.#words) };
  }
}
