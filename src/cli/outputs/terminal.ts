/** The process's standard streams, as the commands use them; tests put their own in their place. */

import { writeText } from "./writing.ts";

/** Where a command reads and writes. */
export interface Terminal {
  /** When the process began to work for the command, by `performance.now()`. */
  readonly started: number;
  /** Aborted when the command is to end; its reason says why. */
  readonly signal: AbortSignal;
  /** Standard input, or `null` where nothing is piped into it. */
  input(): AsyncIterable<Uint8Array> | null;
  /** Writes to standard output. */
  write(text: string): Promise<void>;
  /** Writes to standard error. */
  complain(text: string): Promise<void>;
  /** How a status line is to look; `null` where none is wanted, as standard error is not a terminal. */
  readonly statusStyle: { columns: number; color: boolean } | null;
  /** Puts a line of status on standard error, in the place of the last one; an empty one takes it away. */
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
