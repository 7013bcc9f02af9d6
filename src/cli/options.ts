/** The options of commands: how each is written, explained, read and completed. */

import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { suggestion } from "../base/suggestion.ts";

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {
  override name = "UsageError";
  /** The command whose help says more; that of the command line, if it is not known. */
  command?: string;
}

/** One option of a command. */
export interface Option<Value> {
  /** Its value in `--help`, such as `N`; `FILE` or `PATH` if it names a file or folder. A switch has none. */
  readonly placeholder?: string;
  /** A letter that stands for its name. */
  readonly short?: string;
  /** What it does, for `--help`. Completions show it up to the first semicolon or colon. */
  readonly help: string;
  /** All values that it may have, if they can be listed. */
  readonly choices?: readonly string[];
  /** Whether `--no-NAME` says the opposite. */
  readonly negatable?: boolean;
  /**
   * Makes the option's value of what the command line gives, in order.
   *
   * @param name The option as users write it: `--top-k`.
   * @throws {UsageError} On a value that it cannot have.
   */
  read(given: readonly Given[], name: string): Value;
}

/** What a command line gives for an option: a text, or for a switch `true` or `false`. */
type Given = string | boolean;

/** Options by name. */
export type Options = Readonly<Record<string, Option<unknown>>>;

/** The values of options. */
export type Values<O extends Options> = {
  readonly [Name in keyof O]: O[Name] extends Option<infer Value> ? Value : never;
};

/** A switch: on if it is given. */
export function flag(help: string, { short }: { short?: string } = {}): Option<boolean> {
  return { help, short, read: (given) => given.at(-1) === true };
}

/** A switch that is on, off by `--no-NAME`, or not given. */
export function toggle(help: string): Option<boolean | undefined> {
  return { help, negatable: true, read: (given) => given.at(-1) as boolean | undefined };
}

/** A text; if it is given several times, the last one. */
export function value(
  placeholder: string,
  help: string,
  { short }: { short?: string } = {},
): Option<string | undefined> {
  return { placeholder, help, short, read: (given) => given.at(-1) as string | undefined };
}

/** A text that may be given several times. */
export function values(
  placeholder: string,
  help: string,
  { short }: { short?: string } = {},
): Option<readonly string[]> {
  return { placeholder, help, short, read: (given) => given as readonly string[] };
}

/** Words with commas between them. */
export function list(placeholder: string, help: string): Option<readonly string[] | undefined> {
  return {
    placeholder,
    help,
    read(given, name) {
      if (given.length === 0) return undefined;
      const words = (given as readonly string[]).flatMap((words) => words.split(",").map((word) => word.trim()));
      if (words.every((word) => word !== "")) return words;
      throw new UsageError(`${name} must be words with commas between them, got "${given.join(",")}"`);
    },
  };
}

/** One of several words. */
export function choice<Choice extends string>(choices: readonly Choice[], help: string): Option<Choice | undefined> {
  return {
    placeholder: choices.join("|"),
    help,
    choices,
    read(given, name) {
      const last = given.at(-1);
      const chosen = choices.find((choice) => choice === last);
      if (chosen !== undefined || last === undefined) return chosen;
      throw new UsageError(`${name} must be one of ${choices.join(", ")}, got "${last}"`);
    },
  };
}

/** A whole number, from 1 by default. */
export function count(help: string, { from = 1 }: { from?: number } = {}): Option<number | undefined> {
  return { placeholder: "N", help, read: (given, name) => readCount(given.at(-1), { name, from }) };
}

/** A number. What it may be is checked by whoever takes it. */
export function number(help: string): Option<number | undefined> {
  return {
    placeholder: "X",
    help,
    read(given, name) {
      const last = given.at(-1);
      if (last === undefined) return undefined;
      if (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(`${last}`)) return Number(last);
      throw new UsageError(`${name} must be a number, got "${last}"`);
    },
  };
}

/** A whole number from 1, or `all`, which gives `null`. */
export function countOrAll(help: string): Option<number | null | undefined> {
  return {
    placeholder: "N|all",
    help,
    read: (given, name) => given.at(-1) === "all" ? null : readCount(given.at(-1), { name, from: 1 }),
  };
}

function readCount(given: Given | undefined, { name, from }: { name: string; from: number }): number | undefined {
  if (given === undefined) return undefined;
  if (/^\d{1,9}$/.test(`${given}`) && Number(given) >= from) return Number(given);
  const below = /^\d{10,}$/.test(`${given}`) ? " and below a billion" : "";
  throw new UsageError(`${name} must be a whole number from ${from}${below}, got "${given}"`);
}

/**
 * Reads options and positional arguments from a command line; after `--` everything is positional.
 *
 * @throws {UsageError} On an unknown option, or a value that is missing, not wanted or wrong.
 */
export function readOptions<O extends Options>(
  args: readonly string[],
  options: O,
): { values: Values<O>; positionals: string[] } {
  const config: ParseArgsOptionsConfig = {};
  for (const [name, { placeholder, short }] of Object.entries(options)) {
    const type = placeholder === undefined ? "boolean" : "string";
    config[name] = { type, multiple: true, ...(short !== undefined && { short }) };
  }
  const { values: given, positionals } = parse(args, config);
  const read = Object.entries(options).map(([name, option]) => {
    return [name, option.read((given[name] ?? []) as Given[], `--${name}`)];
  });
  return { values: Object.fromEntries(read) as Values<O>, positionals };
}

function parse(args: readonly string[], options: ParseArgsOptionsConfig) {
  const config = { args: [...args], options, allowPositionals: true };
  try {
    return parseArgs({ ...config, allowNegative: true, strict: true });
  } catch (error) {
    for (const token of parseArgs({ ...config, strict: false, tokens: true }).tokens) {
      if (token.kind !== "option" || options[token.name]?.type !== "string" || token.inlineValue) continue;
      if (token.value !== undefined && !/^-./.test(token.value)) continue;
      const name = `--${token.name}`;
      throw new UsageError(`${name} needs a value; one that begins with a hyphen is written ${name}=-...`);
    }
    const [problem = ""] = (error as Error).message.split(/\.\s/); // what comes after the first sentence is advice
    const [, unknown] = /^Unknown option '(--[^']+)'/.exec(problem) ?? [];
    const names = Object.keys(options).map((name) => `--${name}`);
    throw new UsageError(problem + (unknown === undefined ? "" : suggestion(unknown, names)));
  }
}
