/** Handles inputs that cannot be read or answered. */

import { InputError } from "../../base/errors.ts";
import type { Terminal } from "../outputs/terminal.ts";

/** The first input that cannot be answered ends the command; with `--skip-bad` all of them are named and left out. */
export class Refusals {
  readonly #skip: boolean;
  readonly #terminal: Terminal;
  readonly #output: string | undefined;
  #count: number;

  /**
   * @param skip Whether to go on.
   * @param settings `output`: the file in which they have a place. `before`: how many an earlier run has left out.
   */
  constructor(
    skip: boolean,
    { terminal, output, before = 0 }: { terminal: Terminal; output?: string | undefined; before?: number },
  ) {
    this.#skip = skip;
    this.#terminal = terminal;
    this.#output = output;
    this.#count = before;
  }

  /**
   * Says whether the command goes on behind an input that is refused.
   *
   * @param place Its place, for the message; `null` if the cause names it.
   * @throws {InputError} Unless bad inputs are skipped.
   */
  admit(place: string | null, cause: Error): void {
    if (this.#skip) return;
    const cure = this.#output === undefined ? "" : "; --skip-bad goes on without it";
    throw new InputError(messageOf(place, cause) + cure, { cause });
  }

  /**
   * Leaves an input out, and returns what is wrong with it.
   *
   * @throws {InputError} Unless bad inputs are skipped.
   */
  async take(place: string | null, cause: Error): Promise<string> {
    this.admit(place, cause);
    this.#count++;
    await this.#terminal.complain(`narrowbert: ${messageOf(place, cause)}\n`);
    return place === null ? cause.message : unnumbered(cause.message);
  }

  /** @throws {InputError} If anything was left out. */
  check(): void {
    if (this.#count === 0) return;
    const where = this.#output === undefined ? "are named above" : `have their errors in ${this.#output}`;
    throw new InputError(`left out ${this.#count} of the inputs, which ${where}`);
  }
}

function messageOf(place: string | null, cause: Error): string {
  return place === null ? cause.message : `${place}: ${unnumbered(cause.message)}`;
}

/** A pipeline's message, which begins with `Cannot classify text 2:`, without the number: a place says more. */
function unnumbered(message: string): string {
  return message.replace(/^(Cannot [^:]*?)(\w+) \d+:/, "$1the $2:");
}
