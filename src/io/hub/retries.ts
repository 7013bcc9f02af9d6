/** Tries again what may succeed later. */

import type { HubAccess } from "./access.ts";
import { HubError } from "./hub_error.ts";

/** Pauses before the tries after the first one, in ms: those of `huggingface_hub`. */
const PAUSES = [1000, 2000, 4000, 8000, 8000];

/** A server that wants to be left alone for longer, in ms, is an error. */
const LONGEST_PAUSE = 300_000;

/** How often a question is asked again. A machine without a network should say so soon, and a warm cache still sooner. */
const QUESTION = { answered: PAUSES.length, unreachable: 2 };
const WARM_QUESTION = { answered: 2, unreachable: 0 };

/** Counts the failures of one thing, and says how long to wait. */
export class Retries {
  readonly #access: HubAccess;
  readonly #signal: AbortSignal | undefined;
  #failures = 0;

  constructor(access: HubAccess, signal: AbortSignal | undefined) {
    this.#access = access;
    this.#signal = signal;
  }

  /** Something went well: counting begins anew. */
  succeeded(): void {
    this.#failures = 0;
  }

  /**
   * Waits until the next try.
   *
   * @throws The error, if there is to be none.
   */
  async failed(error: unknown, { tries = PAUSES.length }: { tries?: number } = {}): Promise<void> {
    if (!(error instanceof HubError) || !error.isPassing) throw error;
    const usual = this.#failures < tries ? PAUSES[this.#failures] : undefined;
    const pause = error.pause ?? usual ?? 0;
    if (usual === undefined || pause > LONGEST_PAUSE) throw error;
    this.#failures++;
    await this.#access.wait(pause, this.#signal);
  }
}

/**
 * Asks something, again if it fails in passing.
 *
 * @param isWarm Whether the caller can do without an answer.
 */
export async function retried<T>(
  work: () => Promise<T>,
  { access, signal, isWarm }: { access: HubAccess; signal: AbortSignal | undefined; isWarm: boolean },
): Promise<T> {
  const retries = new Retries(access, signal);
  const { answered, unreachable } = isWarm ? WARM_QUESTION : QUESTION;
  while (true) {
    try {
      return await work();
    } catch (error) {
      const isUnreachable = error instanceof HubError && error.isUnreachable;
      await retries.failed(error, { tries: isUnreachable ? unreachable : answered });
    }
  }
}
