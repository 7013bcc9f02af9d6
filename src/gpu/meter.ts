/** How long work takes on the GPU, learned from how long it took. */

/** Most and least that one observation is taken for, as a multiple of what was predicted. */
const MOST = 1.5;
const LEAST = 0.5;

/** Weights of an observation that was slower than predicted, and of one that was faster. */
const SLOWER = 0.25;
const FASTER = 0.5;

/**
 * The time that a unit of estimated cost takes in one kind of work.
 *
 * It follows the fast observations more than the slow ones: who waits too short is held up for a moment, but who waits
 * too long leaves the GPU idle, and slow ones may have had a neighbour, or compiled a shader.
 */
export class Meter {
  #rate: number;

  /** @param start Nanoseconds of a unit of cost, before there is an observation; or the meter to start from. */
  constructor(start: number | Meter) {
    this.#rate = typeof start === "number" ? start : start.rate;
  }

  /** Nanoseconds of a unit of cost. */
  get rate(): number {
    return this.#rate;
  }

  /** Milliseconds that work of this cost is expected to take. */
  predict(cost: number): number {
    return this.#rate * cost / 1e6;
  }

  /** Takes in that work took `ratio` times as long as predicted. */
  learn(ratio: number): void {
    const bounded = Math.min(MOST, Math.max(LEAST, ratio));
    this.#rate *= 1 + (bounded > 1 ? SLOWER : FASTER) * (bounded - 1);
  }
}
