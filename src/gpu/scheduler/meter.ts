/** How long work takes on the GPU, learned from how long it took. */

/** Most and least that a rate changes by one observation. */
const MOST = 1.5;
const LEAST = 0.5;

/** Weights of an observation that was slower than predicted, and of one that was faster. */
const SLOWER = 0.35;
const FASTER = 0.5;

/** Weight of a meter's rate for the meter that it came from. */
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

  /** @param start Nanoseconds of a unit of cost before anything was observed, or a meter of more general work. */
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

  /** Corrects the rate by a factor, as far as one observation may. */
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
 * Takes in that works took `taken` milliseconds together. Each meter is corrected by its share of them, so that the
 * rates of several kinds come out right after some mixtures of them.
 *
 * Fast observations count for more than slow ones. Who waits too short is held up for a moment, but who waits too long
 * leaves the GPU idle; and a slow one may have had a neighbour, or compiled a shader.
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
  // An observation is bounded as a whole: a shader that is compiled takes a hundred times as long as it runs.
  const error = Math.min(MOST * expected, Math.max(LEAST * expected, taken)) - expected;
  const step = (error > 0 ? SLOWER : FASTER) * error / squares;
  for (const [meter, share] of shares) meter.adjust(1 + step * share);
}
