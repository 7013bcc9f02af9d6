/** Predicts how long work takes on the GPU, and learns from how long it took. */

/** Bounds of the factor by which one observation changes a rate. */
const MOST = 1.5;
const LEAST = 0.5;

/** Weights of an observation that was slower than predicted, and of one that was faster. */
const SLOWER = 0.35;
const FASTER = 0.5;

/** Weight of a meter's rate in the rate of its parent. */
const PARENT = 0.25;

/** Work of one kind. */
export interface Work {
  /** Predicts how long this kind of work takes. */
  readonly meter: Meter;
  /** Estimated cost, in multiply-adds of a large product. */
  readonly cost: number;
}

/** The time that a unit of estimated cost takes in one kind of work. */
export class Meter {
  #rate: number;
  readonly #parent: Meter | null;

  /**
   * @param start Nanoseconds of a unit of cost before anything was observed, or the parent: a meter of more general
   *   work.
   */
  constructor(start: number | Meter) {
    this.#rate = typeof start === "number" ? start : start.rate;
    this.#parent = typeof start === "number" ? null : start;
  }

  /** Nanoseconds of a unit of cost. */
  get rate(): number {
    return this.#rate;
  }

  /** Milliseconds that work of this cost is expected to take. */
  predict(cost: number): number {
    return this.#rate * cost / 1e6;
  }

  /** Corrects the rate by a factor, within the bounds of one observation. */
  adjust(factor: number): void {
    this.#rate *= Math.min(MOST, Math.max(LEAST, factor));
    const parent = this.#parent;
    if (parent !== null) parent.#rate += PARENT * (this.#rate - parent.#rate);
  }
}

/** Milliseconds that several works are expected to take, one after the other. */
export function predict(works: readonly Work[]): number {
  return works.reduce((sum, { meter, cost }) => sum + meter.predict(cost), 0);
}

/**
 * Learns that works took `taken` milliseconds together. Each meter is corrected by its share of the expected time, so
 * that the rates of several kinds become right after a few mixtures of them.
 *
 * Fast observations count for more than slow ones. A wait that is too short blocks for a moment, but one that is too
 * long leaves the GPU idle. And an observation may be slow because of another process, or because a shader was
 * compiled.
 */
export function learn(works: readonly Work[], taken: number): void {
  const shares = new Map<Meter, number>();
  for (const { meter, cost } of works) shares.set(meter, (shares.get(meter) ?? 0) + meter.predict(cost));
  let expected = 0;
  let squares = 0;
  for (const share of shares.values()) {
    expected += share;
    squares += share * share;
  }
  if (squares === 0) return;
  // An observation is bounded as a whole: compiling a shader may take a hundred times as long as running it.
  const error = Math.min(MOST * expected, Math.max(LEAST * expected, taken)) - expected;
  const step = (error > 0 ? SLOWER : FASTER) * error / squares;
  for (const [meter, share] of shares) meter.adjust(1 + step * share);
}
