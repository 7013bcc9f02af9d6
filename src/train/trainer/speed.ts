/** How fast a training is. Nothing of it goes into checkpoints: it differs from run to run. */

/** Share of the newest step in the running mean of times. */
const NEWEST = 0.1;

/** Measures the steps of a training. */
export class Speed {
  /** Tokens a second by the steps that were logged. */
  readonly logged = new Map<number, number>();
  #last = performance.now();
  /** Running means: seconds and tokens of a step. */
  #seconds = 0;
  #tokens = 0;
  #steps = 0;
  /** Since the last step that was logged. */
  #since = { seconds: 0, tokens: 0 };

  /** Counts a step that has just ended. */
  step({ step, tokens, isLogged }: { step: number; tokens: number; isLogged: boolean }): void {
    const now = performance.now();
    const seconds = (now - this.#last) / 1000;
    this.#last = now;
    this.#steps++;
    const share = Math.max(NEWEST, 1 / this.#steps);
    this.#seconds += share * (seconds - this.#seconds);
    this.#tokens += share * (tokens - this.#tokens);
    this.#since.seconds += seconds;
    this.#since.tokens += tokens;
    if (!isLogged) return;
    this.logged.set(step, this.#since.tokens / Math.max(1e-9, this.#since.seconds));
    this.#since = { seconds: 0, tokens: 0 };
  }

  /** Does work whose time is none of the steps'. */
  async pause<T>(work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.#last += performance.now() - start;
    }
  }

  /** What is expected of the steps that are left. */
  expect(steps: number): { tokens_per_second: number; seconds_left: number } {
    return { tokens_per_second: this.#tokens / Math.max(1e-9, this.#seconds), seconds_left: steps * this.#seconds };
  }
}
