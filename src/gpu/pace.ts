/** When the GPU is expected to be idle, and what is learned when it is. */

import { learn, predict, type Work } from "./meter.ts";

/** A call by its start and its end, in ms. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Work that is expected to take less, in ms, is not slept for, and nothing is learned from it: overheads rule it. */
const SHORT = 4;

/** A call that takes longer, in ms, was held up by the GPU. */
const HELD = 1;

/** How much of the expected time is slept, and by how many ms a timer comes late while llvmpipe uses all cores. */
const SLEPT = 0.9;
const LATE = 2;

/** What was expected counts for at most this much if the GPU was idle already, nobody knows for how long. */
const IDLE = 0.9;

/** Follows one device: what it was given since it was last known to be idle. */
export class Pace {
  #works: Work[] = [];
  #expected = 0;
  #since = 0;
  /** Whether the driver holds a submit up while it works on an earlier one. */
  #submitHolds = false;

  /** Milliseconds to sleep from `now` until the GPU is nearly idle; 0 if it is not worth it. */
  rest(now: number): number {
    if (this.#expected < SHORT) return 0;
    return Math.max(0, Math.floor(this.#since + SLEPT * this.#expected - LATE - now));
  }

  /** The GPU was given work by a call of `submit`. */
  submitted(works: readonly Work[], { from, to }: Span): void {
    const held = to - from > HELD && this.#works.length > 0;
    if (held) this.#submitHolds = true;
    if (held) this.#idle(to, true);
    else if (this.#works.length === 0 || this.#submitHolds) this.#idle(from, false);
    this.#works.push(...works);
    this.#expected += predict(works);
  }

  /** All work was seen to be done at the end of a call that waits for it. */
  done({ from, to }: Span): void {
    this.#idle(to, to - from > HELD);
  }

  /** @param exact Whether the GPU became idle just now, or some time ago. */
  #idle(now: number, exact: boolean): void {
    const taken = now - this.#since;
    if (Math.max(taken, this.#expected) >= SHORT) {
      learn(this.#works, exact ? taken : Math.min(taken, IDLE * this.#expected));
    }
    this.#works = [];
    this.#expected = 0;
    this.#since = now;
  }
}
