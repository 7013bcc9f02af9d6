/** Stops a training whose steps are not applied any more. */

import { NonFiniteError } from "../base/errors.ts";
import { checkOptionNames } from "../base/options.ts";
import type { StepResult } from "./optimizer.ts";

/** Options of {@linkcode NonFiniteGuard}. */
export interface NonFiniteGuardOptions {
  /** Steps in a row that are not applied before the training stops. @default 3 */
  limit?: number;
  /** The `steps` of the guard of a training that goes on. @default none */
  steps?: readonly string[];
}

/**
 * Counts steps in a row that were not applied, since their loss or the norm of their gradients was not finite. Such a step
 * changes nothing, so weights and moments are those of the last good step.
 *
 * @example
 * ```ts
 * import { NonFiniteGuard } from "@narrowbert/webgpu";
 *
 * const guard = new NonFiniteGuard();
 * guard.check({ loss: 1.5, grad_norm: 0.7, applied: true }, "step 1");
 * guard.check({ loss: NaN, grad_norm: 0.7, applied: false }, "step 2"); // the third such step in a row would throw
 * console.log(guard.inARow); // 1
 * ```
 */
export class NonFiniteGuard {
  readonly #limit: number;
  readonly #steps: string[];

  /**
   * A guard, which has seen no step if no `steps` are given.
   *
   * @throws {RangeError} If the limit is no whole number from 1.
   */
  constructor(options: NonFiniteGuardOptions = {}) {
    checkOptionNames("guard a training", options, ["limit", "steps"]);
    const { limit = 3, steps = [] } = options;
    if (!(Number.isInteger(limit) && limit >= 1)) {
      throw new RangeError(`Cannot guard a training: limit must be a whole number from 1, got ${String(limit)}`);
    }
    this.#limit = limit;
    this.#steps = [...steps];
  }

  /** The steps that were not applied since the last one that was, as a message names them. */
  get steps(): readonly string[] {
    return [...this.#steps];
  }

  /** Steps that were not applied since the last one that was. */
  get inARow(): number {
    return this.#steps.length;
  }

  /**
   * Takes notice of a step.
   *
   * @param step What it was, for the message: `step 12, texts 384 to 415`.
   * @throws {NonFiniteError} If it is the last of too many that were not applied; they are named.
   */
  check({ loss, grad_norm, applied }: StepResult, step: string): void {
    if (applied) {
      this.#steps.length = 0;
      return;
    }
    this.#steps.push(`${step} (loss ${loss}, norm of the gradients ${grad_norm})`);
    if (this.#steps.length < this.#limit) return;
    throw new NonFiniteError(
      `Cannot go on with the training: loss and gradients must be finite, but ${this.#steps.length} steps in a row were ` +
        `not: ${
          this.#steps.join("; ")
        }. The weights are those before them; use a lower learning rate, or look at these ` +
        "texts",
    );
  }
}
