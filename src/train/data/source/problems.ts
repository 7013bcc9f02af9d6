/** What is wrong with data, all of it in one error. */

import { InputError } from "../../../base/errors.ts";
import { listed } from "../../../base/messages.ts";

/** Most problems that are listed. */
export const MOST_PROBLEMS = 20;

/** Collects problems of data with their places. */
export class Problems {
  readonly #found: string[] = [];

  /** How many there are. */
  get count(): number {
    return this.#found.length;
  }

  /** Adds one. @throws {InputError} If there are as many as are listed. */
  add(place: string, problem: InputError): void {
    this.#found.push(`${place} ${problem.message}`);
    if (this.#found.length === MOST_PROBLEMS) this.check(`; reading stopped after ${MOST_PROBLEMS} problems`);
  }

  /** @throws {InputError} Listing all problems, if there are any. */
  check(end = ""): void {
    if (this.#found.length > 0) throw new InputError(`Cannot use the data:${listed(this.#found)}${end}`);
  }
}
