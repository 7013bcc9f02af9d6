/**
 * The command line, `narrowbert`: finds the command, runs it, and turns what it throws into one line on standard error
 * and an exit code: 0 done, 1 failed, 2 wrong usage, 130 or 143 ended by a signal.
 */

import { inspect } from "node:util";
import manifest from "../../deno.json" with { type: "json" };
import { COMMANDS } from "./commands.ts";
import { Interrupted, interruption } from "./interrupts.ts";
import { suggestion } from "../base/suggestion.ts";
import { UsageError } from "./options.ts";
import { printable } from "./outputs/table.ts";
import { ProcessTerminal, type Terminal } from "./outputs/terminal.ts";

const HELP = `\
narrowbert ${manifest.version}: NarrowBERT on WebGPU

Usage: narrowbert <command> [options] [text ...]

Commands:
${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(13)} ${summary}`).join("\n")}

Options:
  -h, --help    show this help; after a command, the help of that command, as "help COMMAND" does
  --version     show the version
  --debug       show the stack of an error

Examples:
  narrowbert fill-mask "the [MASK] of a king"
  narrowbert classify "a large animal with a long trunk"
  narrowbert doctor

Exit codes: 0 done, 1 failed or (with --skip-bad) something left out, 2 wrong usage,
130 and 143 ended by SIGINT and SIGTERM, with complete lines printed. If the reading program has
stopped, the last line may be cut off when it is longer than 4 KiB.
`;

/** Runs one command line and gives its exit code. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  const line = partsOf(args);
  try {
    await dispatch(line, terminal);
    await terminal.status("");
    return 0;
  } catch (error) {
    await terminal.status("").catch(() => {});
    if (error instanceof Deno.errors.BrokenPipe) return 0; // the reader, such as `head`, has closed the pipe
    await terminal.complain(complaint(error, line)).catch(() => {}); // standard error is closed too
    if (error instanceof Interrupted) return error.exitCode;
    return error instanceof UsageError ? 2 : 1;
  }
}

/** A command line in its parts. */
interface CommandLine {
  /** The options before the command: those of {@linkcode HELP}. */
  readonly before: readonly string[];
  readonly name: string | undefined;
  /** The arguments after the command. */
  readonly after: readonly string[];
}

function partsOf(args: readonly string[]): CommandLine {
  const at = args.findIndex((arg) => !["-h", "--help", "--version", "--debug"].includes(arg));
  const end = at < 0 ? args.length : at;
  return { before: args.slice(0, end), name: args[end], after: args.slice(end + 1) };
}

function isCommand(text: string | undefined): boolean {
  return COMMANDS.some(({ name }) => name === text);
}

async function dispatch({ before, name, after }: CommandLine, terminal: Terminal): Promise<void> {
  if (hasFlag(before, "--help", "-h")) return await terminal.write(HELP);
  if (name === "help" && after.length === 0) return await terminal.write(HELP);
  if (name === "help") {
    return await dispatch({ before, name: after[0], after: isCommand(after[0]) ? ["--help"] : [] }, terminal);
  }
  if (hasFlag(before, "--version")) return await terminal.write(`narrowbert ${manifest.version}\n`);
  const command = await COMMANDS.find((row) => row.name === name)?.load();
  if (hasFlag(after, "--help", "-h")) return await terminal.write(command?.help ?? HELP);
  if (command !== undefined) return await command.run(after, terminal);
  const names = COMMANDS.map(({ name }) => name);
  const list = names.join(", ");
  if (name === undefined) throw new UsageError(`no command: give one of ${list}`);
  throw new UsageError(`no command "${name}": give one of ${list}${suggestion(name, names)}`);
}

/** Whether one of the flags stands before a `--`. */
function hasFlag(args: readonly string[], ...flags: string[]): boolean {
  const end = args.indexOf("--");
  return args.slice(0, end < 0 ? args.length : end).some((arg) => flags.includes(arg));
}

function complaint(error: unknown, { before, name, after }: CommandLine): string {
  if (hasFlag([...before, ...after], "--debug")) return `narrowbert: ${inspect(error)}\n`;
  const message = (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n(?! {2}- )\s*/g, " ");
  const command = error instanceof UsageError ? error.command ?? COMMANDS.find((row) => row.name === name)?.name : name;
  const help = error instanceof UsageError ? `; see narrowbert ${command ? `${command} ` : ""}--help` : "";
  return `narrowbert: ${printable(message)}${help}\n`;
}

if (import.meta.main) Deno.exit(await main(Deno.args, new ProcessTerminal(interruption())));
