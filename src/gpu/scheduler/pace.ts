/** When the GPU is expected to be idle, and what is learned when it is. */

import { learn, predict, type Work } from "./meter.ts";
import { sleep } from "./turn.ts";
import type { WorkClock } from "./work_clock.ts";

/** Work that is expected to take less, in ms, is not slept for. */
const SHORT = 8;

/** Work that takes less, in ms, teaches nothing: overheads rule it. */
const TELLING = 20;

/** A call that takes longer, in ms, was held up by the GPU. */
const HELD = 1;

/** How much of the expected work is slept for, if the clock stops with the GPU, and if it does not. */
const SLEPT = { stops: 0.96, runs: 0.9 };

/** How late timers come, in ms. */
const LATE = 1;

/** Longest sleep before the clock is looked at again, in ms. */
const LOOK = 20;

/** A GPU works if its clock runs at this rate at least. */
const WORKING = 0.05;

/**
 * For how long it must stand still to be taken for idle, in ms: a share of the time that was expected yet, and as many
 * times that as the last work took longer than all cores need for it, but not longer than the work. On a busy machine a
 * software adapter waits for its turn like everybody else.
 */
const STILL = { least: 2, share: 0.3, most: 500 };

/** Most that a machine is taken to be slowed down by its neighbours. */
const SLOWEST = 20;

/** What was expected counts for at most this much if the GPU was idle already, nobody knows for how long. */
const IDLE = 0.9;

/** Follows one device: what it was given since it was last known to be idle. */
export class Pace {
  readonly #clock: WorkClock;
  #works: Work[] = [];
  #expected = 0;
  /** The clock when it was last known to be idle, or began to work. */
  #since = 0;
  /** The time of that. */
  #start = 0;
  /** How many times as long as on an idle machine the last work took. */
  #slowness = 1;
  /** Whether the driver holds a submit up while it works on an earlier one. */
  #submitHolds = false;

  constructor(clock: WorkClock) {
    this.#clock = clock;
  }

  /** Gives the GPU work by calling `submit`. */
  submit(works: readonly Work[], submit: () => void): void {
    const before = this.#clock.now();
    const held = this.#isHeld(submit);
    if (this.#works.length === 0) this.#idle(before, true);
    else if (held) {
      this.#submitHolds = true;
      this.#idle(this.#clock.now(), true);
    } else if (this.#submitHolds) this.#idle(before, false);
    this.#works.push(...works);
    this.#expected += predict(works);
  }

  /** Sleeps until the GPU is nearly idle, if it is worth it. @returns Whether it was. */
  async sleep(): Promise<boolean> {
    const { most, stops } = this.#clock;
    if (this.#expected < SHORT) return false;
    const total = this.#expected * (stops ? SLEPT.stops : SLEPT.runs);
    let work = this.#clock.now() - this.#since;
    for (let still = 0, slept = false;; slept = true) {
      const left = (total - work) / most;
      const patience = STILL.least + left * Math.max(STILL.share, 1 - work / total);
      if (left - LATE < 1 || still > Math.min(STILL.most, total / most, this.#slowness * patience)) return slept;
      const start = performance.now();
      await sleep(stops ? Math.min(LOOK, left - LATE) : left - LATE);
      const taken = performance.now() - start;
      const now = this.#clock.now() - this.#since;
      still = stops && now - work < WORKING * taken ? still + taken : 0;
      work = now;
    }
  }

  /** Waits for all work by calling `wait`. */
  finish(wait: () => void): void {
    const held = this.#isHeld(wait);
    this.#idle(this.#clock.now(), held);
  }

  #isHeld(call: () => void): boolean {
    const start = performance.now();
    call();
    return performance.now() - start > HELD;
  }

  /** @param exact Whether the GPU became idle just now, or some time ago. */
  #idle(now: number, exact: boolean): void {
    const { most, stops } = this.#clock;
    const taken = now - this.#since;
    const time = performance.now();
    if (Math.max(taken, this.#expected) >= TELLING && this.#works.length > 0) {
      learn(this.#works, exact || stops ? taken : Math.min(taken, IDLE * this.#expected));
      if (exact) this.#slowness = Math.min(SLOWEST, Math.max(1, most * (time - this.#start) / Math.max(1, taken)));
    }
    this.#works = [];
    this.#expected = 0;
    this.#since = now;
    this.#start = time;
  }
}
