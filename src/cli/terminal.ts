/** The process's standard streams, as the commands use them; tests put their own in their place. */

/** Where a command reads and writes. */
export interface Terminal {
  /** All of standard input, or `null` where nothing is piped into it. */
  readInput(): Promise<string | null>;
  /** Writes to standard output. */
  write(text: string): Promise<void>;
  /** Writes to standard error. */
  complain(text: string): Promise<void>;
}

/** The streams of this process. */
export const processTerminal: Terminal = {
  readInput: async () => Deno.stdin.isTerminal() ? null : await new Response(Deno.stdin.readable).text(),
  write: (text) => writeAll(Deno.stdout, text),
  complain: (text) => writeAll(Deno.stderr, text),
};

async function writeAll(stream: { write(bytes: Uint8Array): Promise<number> }, text: string): Promise<void> {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > 0) bytes = bytes.subarray(await stream.write(bytes));
}
