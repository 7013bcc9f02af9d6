/** Writes log entries as lines of JSON, in their order, without keeping anybody waiting. */

import type { Terminal } from "../outputs/terminal.ts";

/** Most lines that wait for a reader that is slow; further ones are left out. */
const MOST = 10_000;

/** The log of a service. */
export class LogWriter {
  readonly #terminal: Pick<Terminal, "write">;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(terminal: Pick<Terminal, "write">) {
    this.#terminal = terminal;
  }

  /** Writes an entry, behind those before it. */
  add(entry: object): void {
    if (this.#waiting >= MOST) return;
    this.#waiting++;
    const line = `${JSON.stringify(entry)}\n`;
    const write = () => this.#terminal.write(line).catch(() => {}); // whoever read it is gone
    this.#last = this.#last.then(write).finally(() => this.#waiting--);
  }

  /** Resolves when all of it is written, or has no reader. */
  async end(): Promise<void> {
    await this.#last;
  }
}
