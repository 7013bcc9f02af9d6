/** Handles inputs that cannot be read or answered. */

import { InputError } from "../base/errors.ts";
import type { Terminal } from "./outputs/terminal.ts";

/** The first input that cannot be answered ends the command; with `--skip-bad` all of them are named and left out. */
export class Refusals {
  readonly #skip: boolean;
  readonly #terminal: Terminal;
  #count = 0;

  /** @param skip Whether to go on. */
  constructor(skip: boolean, terminal: Terminal) {
    this.#skip = skip;
    this.#terminal = terminal;
  }

  /**
   * Refuses an input.
   *
   * @param place Its place, for the message; `null` if the cause names it.
   * @throws {InputError} Unless bad inputs are skipped.
   */
  async take(place: string | null, cause: Error): Promise<void> {
    const problem = place === null ? cause.message : `${place}: ${unnumbered(cause.message)}`;
    if (!this.#skip) throw new InputError(problem, { cause });
    this.#count++;
    await this.#terminal.complain(`narrowbert: ${problem}\n`);
  }

  /** @throws {InputError} If anything was left out. */
  check(): void {
    if (this.#count > 0) throw new InputError(`left out ${this.#count} of the inputs, which are named above`);
  }
}

/** A pipeline's message, which begins with `Cannot classify text 2:`, without the number: a place says more. */
function unnumbered(message: string): string {
  return message.replace(/^(Cannot [^:]*?)(\w+) \d+:/, "$1the $2:");
}
