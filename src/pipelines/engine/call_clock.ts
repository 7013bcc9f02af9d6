/** What a call takes: making tokens, waiting in a queue, computing. */

import type { CallTiming } from "./task.ts";

/** The times of a call. */
export class CallClock {
  #tokens = 0;
  #tokenizeMs = 0;
  /** When the first batch was given to what answers, when it began, and when the last one was answered. */
  #given: number | undefined;
  #begun: number | undefined;
  #done = 0;

  /** Runs work that makes tokens. */
  tokenize<T>(work: () => T): T {
    const start = performance.now();
    try {
      return work();
    } finally {
      this.#tokenizeMs += performance.now() - start;
    }
  }

  /** A batch is given to what answers. */
  give(tokens: number): void {
    this.#tokens += tokens;
    this.#given ??= performance.now();
  }

  /** A batch is computed from now on. */
  begin(): void {
    this.#begun ??= performance.now();
  }

  /** A batch was answered. */
  end(): void {
    this.#done = performance.now();
  }

  /** What the call took. */
  get timing(): CallTiming {
    const given = this.#given ?? 0;
    const begun = this.#begun ?? given;
    const computeMs = Math.max(0, this.#done - begun);
    return { tokens: this.#tokens, tokenizeMs: this.#tokenizeMs, queueMs: begun - given, computeMs };
  }
}
