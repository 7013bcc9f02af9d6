/** The process's standard streams, as the commands use them; tests put their own in their place. */

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
    await writeAll(Deno.stdout, text);
  }

  async complain(text: string) {
    await this.status("");
    await writeAll(Deno.stderr, text);
  }

  get statusStyle() {
    if (!Deno.stderr.isTerminal()) return null;
    return { columns: Deno.consoleSize().columns || 80, color: !Deno.noColor };
  }

  async status(line: string) {
    if (line === this.#status) return;
    this.#status = line;
    await writeAll(Deno.stderr, `\r\x1b[K${line}`);
  }
}

async function writeAll(stream: { write(bytes: Uint8Array): Promise<number> }, text: string): Promise<void> {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(await stream.write(bytes));
}
