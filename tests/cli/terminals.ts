/** A terminal in memory: what `main` reads and writes in tests. */

import { main } from "../../src/cli/main.ts";
import type { Terminal } from "../../src/cli/outputs/terminal.ts";

/** What a command line left. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** What is piped into a command: a text, or parts that come one after the other. */
export type Input = string | AsyncIterable<Uint8Array>;

/** A terminal that keeps what is written. */
export class MemoryTerminal implements Terminal {
  readonly started = performance.now();
  readonly signal: AbortSignal;
  statusStyle: Terminal["statusStyle"] = null;
  stdout = "";
  stderr = "";
  /** Every line of status, in order. */
  readonly statuses: string[] = [];
  readonly #input: Input | null;

  /** @param input What is piped into it; `null` where nothing is. */
  constructor(input: Input | null = null, signal = new AbortController().signal) {
    this.#input = input;
    this.signal = signal;
  }

  input() {
    return typeof this.#input === "string" ? chunks(this.#input) : this.#input;
  }

  write(text: string) {
    this.stdout += text;
    return Promise.resolve();
  }

  complain(text: string) {
    this.stderr += text;
    return Promise.resolve();
  }

  status(line: string) {
    this.statuses.push(line);
    return Promise.resolve();
  }
}

/** Parts of an input, which come one after the other. */
export async function* chunks(...parts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    yield await Promise.resolve(typeof part === "string" ? new TextEncoder().encode(part) : part);
  }
}

/** Runs a command line in this process; `stdin` is `null` where nothing is piped. */
export async function narrowbert(args: string[], stdin: Input | null = null): Promise<Outcome> {
  const terminal = new MemoryTerminal(stdin);
  const code = await main(args, terminal);
  const { stdout, stderr } = terminal;
  return { code, stdout, stderr };
}

/** Runs a command line that must succeed and gives its JSON. */
export async function narrowbertJson<T>(args: string[], stdin: Input | null = null): Promise<T> {
  const { code, stdout, stderr } = await narrowbert(args, stdin);
  if (code !== 0 || stderr !== "") throw new Error(`narrowbert ${args.join(" ")} exits with ${code}: ${stderr}`);
  return JSON.parse(stdout);
}
