/** The process's standard streams, as the commands use them; tests replace them. */

import { writeText } from "./writing.ts";

/** The streams of a command. */
export interface Terminal {
  /** Time of the command's first line, by `performance.now()`. */
  readonly started: number;
  /** Aborted when the command must end; its reason says why. */
  readonly signal: AbortSignal;
  /** Standard input, or `null` if nothing is piped into it. */
  input(): AsyncIterable<Uint8Array> | null;
  /** Writes to standard output. */
  write(text: string): Promise<void>;
  /** Writes to standard error. */
  complain(text: string): Promise<void>;
  /** Width and color of status lines; `null` if there are none, as standard error is not a terminal. */
  readonly statusStyle: { columns: number; color: boolean } | null;
  /** Replaces the status line on standard error; an empty text removes it. */
  status(line: string): Promise<void>;
}

/** The streams of this process. */
export class ProcessTerminal implements Terminal {
  readonly started = performance.now();
  readonly signal: AbortSignal;
  #status = "";

  constructor(signal: AbortSignal) {
    this.signal = signal;
  }

  input() {
    return Deno.stdin.isTerminal() ? null : Deno.stdin.readable;
  }

  async write(text: string) {
    if (Deno.stdout.isTerminal()) await this.status("");
    await writeText(Deno.stdout, text, this.signal);
  }

  async complain(text: string) {
    await this.status("");
    await writeText(Deno.stderr, text, this.signal);
  }

  get statusStyle() {
    if (!Deno.stderr.isTerminal()) return null;
    return { columns: Deno.consoleSize().columns || 80, color: !Deno.noColor };
  }

  async status(line: string) {
    if (line === this.#status) return;
    this.#status = line;
    await writeText(Deno.stderr, `\r\x1b[K${line}`, this.signal);
  }
}
