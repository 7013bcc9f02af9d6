/** The interface of all commands, and how one is defined. */

import { helpPage } from "./help.ts";
import { type NamedFile, namedFiles } from "./named_files.ts";
import { flag, type Options, readOptions, UsageError, value, type Values } from "./options.ts";
import type { Terminal } from "./outputs/terminal.ts";

/** One command: a file in `commands/` and a row in `commands.ts`. */
export interface Command {
  /** Its name on the command line. */
  readonly name: string;
  /** Its options, including those that every command has. */
  readonly options: Options;
  /** Whether it computes by a model, so that a profile of it shows something. */
  readonly computes: boolean;
  /** What `--help` prints: usage, options, examples. */
  readonly help: string;
  /** The files that its options name, but for that of `--trace`. @throws {UsageError} If its arguments are wrong. */
  filesOf(args: readonly string[]): NamedFile[];
  /** Runs it. An error becomes a line on standard error and an exit code. */
  run(args: readonly string[], terminal: Terminal): Promise<void>;
}

/** What {@linkcode defineCommand} takes. */
export interface CommandDefinition<O extends Options> {
  readonly name: string;
  /** Name of its positional arguments, such as `[text ...]`; without it the command takes none. */
  readonly positionals?: string;
  /** What it does, in lines of at most 96 characters. */
  readonly about: string;
  readonly options: O;
  /** Whether it computes by a model; then it has the option `--trace`. */
  readonly computes?: boolean;
  /** Command lines, for `--help`. */
  readonly examples: readonly string[];
  run(given: { values: Values<O>; positionals: readonly string[] }, terminal: Terminal): Promise<void>;
}

/** The option of every command that computes by a model. */
export const TRACE = value(
  "FILE",
  "write what happens when, down to each kernel, there, in the format of chrome://tracing and Perfetto",
);

/** Options that every command has; `main` handles them. */
export const COMMON_OPTIONS = {
  debug: flag("show the stack of an error"),
  help: flag("show this help", { short: "h" }),
} satisfies Options;

/** Makes a command of its definition. */
export function defineCommand<O extends Options>(definition: CommandDefinition<O>): Command {
  const { name, positionals: wanted, about, examples, computes = false } = definition;
  const options: Options = { ...definition.options, ...(computes && { trace: TRACE }), ...COMMON_OPTIONS };
  const files = (values: Readonly<Record<string, unknown>>) => namedFiles(definition.options, values);
  const named = (error: unknown) => {
    if (error instanceof UsageError) error.command ??= name;
    return error;
  };
  return {
    name,
    options,
    computes,
    help: helpPage({
      usage: `narrowbert ${name} [options]${wanted ? ` [--] ${wanted}` : ""}`,
      about,
      options,
      examples,
    }),
    filesOf(args) {
      try {
        return files(readOptions(args, options).values);
      } catch (error) {
        throw named(error);
      }
    },
    async run(args, terminal) {
      try {
        const { values, positionals } = readOptions(args, options);
        const [unwanted] = positionals;
        if (!wanted && unwanted !== undefined) throw new UsageError(`${name} takes no arguments, got "${unwanted}"`);
        const run = () => definition.run({ values: values as Values<O>, positionals }, terminal);
        const trace = computes ? values.trace as Values<{ trace: typeof TRACE }>["trace"] : undefined;
        if (trace === undefined) return await run();
        const { profiled } = await import("./profiling/profiled.ts");
        await profiled({ name, files: files(values), run }, { traces: [trace] }, terminal);
      } catch (error) {
        throw named(error);
      }
    },
  };
}

/** A command that is loaded on demand, since most import much that others do not need. */
export interface CommandRow {
  /** Its name on the command line. */
  readonly name: string;
  /** What it does, in a line. */
  readonly summary: string;
  load(): Promise<Command>;
}
