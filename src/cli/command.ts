/** What a command of the command line is. */

import { helpPage } from "./help.ts";
import { flag, type Options, readOptions, UsageError, type Values } from "./options.ts";
import type { Terminal } from "./outputs/terminal.ts";

/** One command: a file in `commands/` and a row in `commands.ts`. */
export interface Command {
  /** Its name on the command line. */
  readonly name: string;
  /** Its options, those that every command has among them. */
  readonly options: Options;
  /** What `--help` prints: usage, options, examples. */
  readonly help: string;
  /** Does it. What it throws becomes a line on standard error and an exit code. */
  run(args: readonly string[], terminal: Terminal): Promise<void>;
}

/** What a command is made of. */
export interface CommandDefinition<O extends Options> {
  readonly name: string;
  /** What its positional arguments are called, `[text ...]`; without it there are none. */
  readonly positionals?: string;
  /** What it does, in lines of at most 96 characters. */
  readonly about: string;
  readonly options: O;
  /** Command lines, for `--help`. */
  readonly examples: readonly string[];
  run(given: { values: Values<O>; positionals: readonly string[] }, terminal: Terminal): Promise<void>;
}

/** Options that every command has; `main` acts on them. */
const COMMON_OPTIONS = {
  debug: flag("show the stack of an error"),
  help: flag("show this help", { short: "h" }),
} satisfies Options;

/** Makes a command of its definition. */
export function defineCommand<O extends Options>(definition: CommandDefinition<O>): Command {
  const { name, positionals: wanted, about, examples } = definition;
  const options = { ...definition.options, ...COMMON_OPTIONS };
  return {
    name,
    options,
    help: helpPage({ usage: `${name} [options]${wanted ? ` [--] ${wanted}` : ""}`, about, options, examples }),
    async run(args, terminal) {
      const { values, positionals } = readOptions(args, options);
      const [unwanted] = positionals;
      if (!wanted && unwanted !== undefined) throw new UsageError(`${name} takes no arguments, got "${unwanted}"`);
      await definition.run({ values: values as Values<O>, positionals }, terminal);
    },
  };
}

/** A command that is loaded when it is asked for, as most need much that others do not. */
export interface CommandRow {
  /** Its name on the command line. */
  readonly name: string;
  /** What it does, in a line. */
  readonly summary: string;
  load(): Promise<Command>;
}
