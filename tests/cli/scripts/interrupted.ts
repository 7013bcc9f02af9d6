/**
 * Runs a command line on a terminal, as if SIGINT came when a status line holds the text of the first argument, and
 * prints what it left. Run by tune_test.ts.
 */

import { Interrupted } from "../../../src/cli/interrupts.ts";
import { main } from "../../../src/cli/main.ts";
import { MemoryTerminal } from "../terminals.ts";

const [text, ...args] = Deno.args;
const controller = new AbortController();
const terminal = new MemoryTerminal(null, controller.signal);
terminal.statusStyle = { columns: 120, color: false };
const status = terminal.status.bind(terminal);
terminal.status = (line) => {
  if (line.includes(text!)) controller.abort(new Interrupted("SIGINT"));
  return status(line);
};
const code = await main(args, terminal);
console.log(JSON.stringify({ code, stdout: terminal.stdout, stderr: terminal.stderr }));
