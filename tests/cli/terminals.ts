/** A terminal in memory: what `main` reads and writes in tests. */

import { main } from "../../src/cli/main.ts";
import type { Terminal } from "../../src/cli/terminal.ts";

/** What a command line left. */
export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a command line in this process; `stdin` is `null` where nothing is piped. */
export async function narrowbert(args: string[], stdin: string | null = null): Promise<Outcome> {
  const outcome: Outcome = { code: -1, stdout: "", stderr: "" };
  const terminal: Terminal = {
    readInput: () => Promise.resolve(stdin),
    write: (text) => Promise.resolve(void (outcome.stdout += text)),
    complain: (text) => Promise.resolve(void (outcome.stderr += text)),
  };
  outcome.code = await main(args, terminal);
  return outcome;
}
