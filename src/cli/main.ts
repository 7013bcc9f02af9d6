/**
 * The command line, `narrowbert`: finds the command, runs it, and turns what it throws into one line on standard error
 * and an exit code: 0 done, 1 failed, 2 wrong usage, 130 or 143 ended by a signal.
 */

import { inspect } from "node:util";
import manifest from "../../deno.json" with { type: "json" };
import { COMMANDS } from "./commands.ts";
import { Interrupted, interruption } from "./interrupts.ts";
import { UsageError } from "./options.ts";
import { printable } from "./table.ts";
import { ProcessTerminal, type Terminal } from "./terminal.ts";

const HELP = `\
narrowbert ${manifest.version}: NarrowBERT on WebGPU

Usage: narrowbert <command> [options] [text ...]

Commands:
${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(13)} ${summary}`).join("\n")}

Options:
  -h, --help    show this help; after a command, the help of that command
  --version     show the version
  --debug       show the stack of an error

Examples:
  narrowbert fill-mask "the [MASK] of a king"
  narrowbert classify "a large animal with a long trunk"
  narrowbert doctor

Exit codes: 0 done, 1 failed or (with --skip-bad) something left out, 2 wrong usage,
130 and 143 ended by SIGINT and SIGTERM, with all lines complete that were printed.
`;

/** Runs one command line and gives its exit code. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await dispatch(args, terminal);
    await terminal.status("");
    return 0;
  } catch (error) {
    await terminal.status("").catch(() => {});
    if (error instanceof Deno.errors.BrokenPipe) return 0; // the reader, like `head`, has had enough
    await terminal.complain(complaint(error, args)).catch(() => {}); // nobody reads the errors either
    if (error instanceof Interrupted) return error.exitCode;
    return error instanceof UsageError ? 2 : 1;
  }
}

async function dispatch(args: readonly string[], terminal: Terminal): Promise<void> {
  const [first, ...rest] = args;
  const command = await COMMANDS.find(({ name }) => name === first)?.load();
  if (hasFlag(args, "--help", "-h")) return await terminal.write(command?.help ?? HELP);
  if (command !== undefined) return await command.run(rest, terminal);
  if (hasFlag(args, "--version")) return await terminal.write(`narrowbert ${manifest.version}\n`);
  const names = COMMANDS.map(({ name }) => name).join(", ");
  throw new UsageError(
    first === undefined ? `no command: give one of ${names}` : `no command "${first}": give one of ${names}`,
  );
}

/** Whether one of the flags stands before a `--`. */
function hasFlag(args: readonly string[], ...flags: string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end < 0 ? args.length : end).some((arg) => flags.includes(arg));
}

function complaint(error: unknown, args: readonly string[]): string {
  if (hasFlag(args, "--debug")) return `narrowbert: ${inspect(error)}\n`;
  const message = (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, " ");
  const command = COMMANDS.find(({ name }) => name === args[0]);
  const help = error instanceof UsageError ? `; see narrowbert ${command ? command.name + " " : ""}--help` : "";
  return `narrowbert: ${printable(message)}${help}\n`;
}

if (import.meta.main) Deno.exit(await main(Deno.args, new ProcessTerminal(interruption())));
