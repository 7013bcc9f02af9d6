/** From the GPU's clock to the process's. They have no common zero, and may drift. */

/** Something that ran on the GPU. */
export interface Placed {
  /** When it was submitted, and when it was known to be done, in ms on the process's clock. */
  readonly submitted: number;
  readonly done: number;
  /** When it began and ended, in ms on the GPU's clock. */
  readonly first: number;
  readonly last: number;
}

/**
 * Finds what to add to the GPU's time. Work begins after it was submitted, after the work before, and ends before it is
 * known to be done: between these bounds the difference of the clocks stays as it was.
 */
export class GpuClock {
  #offset = -Infinity;
  /** The end of the work before, on the process's clock. */
  #end = -Infinity;

  /** The difference of the clocks while some work ran, which comes after the work of the calls before. */
  offsetOf({ submitted, done, first, last }: Placed): number {
    const least = Math.max(submitted, this.#end) - first;
    this.#offset = Math.max(least, Math.min(done - last, this.#offset));
    this.#end = last + this.#offset;
    return this.#offset;
  }
}
