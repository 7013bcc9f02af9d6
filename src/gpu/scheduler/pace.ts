/** Predicts when the GPU will be idle, sleeps until shortly before that, and learns from the time that it took. */

import { learn, predict, type Work } from "./meter.ts";
import { sleep } from "./turn.ts";
import type { WorkClock } from "./work_clock.ts";

/** Least expected work to sleep for, in ms. */
const SHORT = 8;

/** Least work to learn from, in ms. Shorter work is mostly overhead. */
const TELLING = 20;

/** A call that takes longer, in ms, was blocked by the GPU. */
const HELD = 1;

/** Share of the expected work that is not slept for, if the clock stops with the GPU, and if it does not. */
const AWAKE = { stops: 0.04, runs: 0.1 };

/**
 * Least time that is not slept for, in ms: half a frame of a screen. A prediction that is too high by less than that
 * costs nothing.
 */
const MARGIN = 8;

/** How late timers fire, in ms. */
const LATE = 1;

/**
 * Sleep between two readings of a clock that stops: at most `most` ms, and a `share` of the time that is left, but for
 * `least` ms. The GPU may be done before its time.
 */
const LOOK = { most: 20, share: 0.3, least: 3 };

/**
 * Least rate of a clock that stops, in ms of work per ms of time, at which its GPU counts as working: more than other
 * threads of the process take while they mostly wait.
 */
const WORKING = 0.25;

/**
 * How long a clock that stops must stand still before its GPU counts as idle, in ms: `least` plus at least `share` of
 * the time that the work was still expected to take. That is multiplied by the slowness of the machine, on which a
 * software adapter waits for the CPU like any other program. It is never more than `most`, nor than the time of the
 * whole work.
 */
const STILL = { least: 2, share: 0.3, most: 500 };

/** Upper bound of the slowness of a machine. */
const SLOWEST = 20;

/**
 * How many times as long as the work is expected to take, on a machine as slow as it was, it is slept for at most. If
 * the clock stops with the GPU, other threads of the process keep it going.
 */
const LONGEST = 2;

/** Share of the expected time that counts at most, if the GPU has been idle for an unknown time. */
const IDLE = 0.9;

/** Follows one device: the work that it was given since it was last known to be idle. */
export class Pace {
  readonly #clock: WorkClock;
  #works: Work[] = [];
  #expected = 0;
  /**
   * What the clock said when the GPU was last known to be idle, or began to work. Null if it was not read: reading the
   * CPU time takes 0.1 ms, which is much for short work.
   */
  #since: number | null = null;
  /** Whether the last work took longer than a short one, though it was expected to be short. */
  #surprised = false;
  /** The time at that moment, by `performance.now()`. */
  #start = 0;
  /** How many times as long the last work took as it takes on an idle machine. */
  #slowness = 1;
  /** Whether `submit` blocks while the driver works on an earlier submission. */
  #submitHolds = false;

  constructor(clock: WorkClock) {
    this.#clock = clock;
  }

  /** Gives the GPU work by calling `submit`. */
  submit(works: readonly Work[], submit: () => void): void {
    const expected = predict(works);
    const isFirst = this.#works.length === 0;
    const reads = !this.#clock.stops || this.#surprised || this.#expected + expected >= SHORT;
    const before = reads ? this.#clock.now() : null;
    if (isFirst) this.#begin(before);
    const held = this.#isHeld(submit);
    if (!isFirst && held) {
      this.#submitHolds = true;
      this.#idle(this.#clock.now(), true);
    } else if (!isFirst && this.#submitHolds) this.#idle(before ?? this.#clock.now(), false);
    this.#works.push(...works);
    this.#expected += expected;
  }

  /** Sleeps until the GPU is nearly idle, unless that is too soon for a timer. @returns Whether it slept. */
  async sleep(): Promise<boolean> {
    const { most, stops } = this.#clock;
    if (this.#expected < SHORT) return false;
    // On a slow machine the remaining work takes longer, so less of it must be kept for staying awake.
    const awake = stops ? AWAKE.stops / Math.sqrt(this.#slowness) : AWAKE.runs;
    const total = this.#expected - Math.max(this.#expected * awake, most * MARGIN);
    const since = this.#since ??= this.#clock.now();
    let work = this.#clock.now() - since;
    const end = performance.now() + LONGEST * this.#slowness * (total - work) / most;
    for (let still = 0, slept = false;; slept = true) {
      const left = (total - work) / most;
      const patience = STILL.least + left * Math.max(STILL.share, 1 - work / total);
      const start = performance.now();
      if (left - LATE < 1 || start > end) return slept;
      if (still > Math.min(STILL.most, total / most, this.#slowness * patience)) return slept;
      const look = Math.min(LOOK.most, Math.max(LOOK.least, LOOK.share * left));
      await sleep(Math.min(stops ? look : Infinity, left - LATE));
      const taken = performance.now() - start;
      const now = this.#clock.now() - since;
      still = stops && now - work < WORKING * taken ? still + taken : 0;
      work = now;
    }
  }

  /** Waits for all work by calling `wait`. */
  finish(wait: () => void): void {
    const held = this.#isHeld(wait);
    this.#idle(this.#since === null ? null : this.#clock.now(), held);
  }

  #isHeld(call: () => void): boolean {
    const start = performance.now();
    call();
    return performance.now() - start > HELD;
  }

  /** Notes that the GPU is idle, and learns. @param exact Whether it became idle just now, rather than some time ago. */
  #idle(now: number | null, exact: boolean): void {
    if (now !== null && this.#since !== null) this.#learn(now - this.#since, exact);
    else this.#surprised = performance.now() - this.#start >= TELLING;
    this.#begin(now);
  }

  #learn(taken: number, exact: boolean): void {
    const { most, stops } = this.#clock;
    const isTelling = Math.max(taken, this.#expected) >= TELLING;
    this.#surprised = isTelling;
    if (!isTelling || this.#works.length === 0) return;
    learn(this.#works, exact || stops ? taken : Math.min(taken, IDLE * this.#expected));
    if (!exact) return;
    const time = performance.now() - this.#start;
    this.#slowness = Math.min(SLOWEST, Math.max(1, most * time / Math.max(1, taken)));
  }

  /** Notes that the GPU begins with nothing to do. */
  #begin(now: number | null): void {
    this.#works = [];
    this.#expected = 0;
    this.#since = now;
    this.#start = performance.now();
  }
}
