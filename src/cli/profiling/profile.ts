/** `narrowbert profile`: where the time of another command goes. */

import { suggestion } from "../../base/suggestion.ts";
import { type Command, type CommandRow, COMMON_OPTIONS, TRACE } from "../command.ts";
import { helpPage } from "../help.ts";
import { namedFiles } from "../named_files.ts";
import { count, flag, type Options, readOptions, UsageError, value } from "../options.ts";
import { profiled } from "./profiled.ts";

const OPTIONS = {
  table: value("FILE", "write the tables there, and not on standard error"),
  report: value("FILE", "write a page of HTML too"),
  trace: TRACE,
  top: count("kernels that have a line of their own (20)"),
  json: flag("write the tables as JSON: { adapters, peak, kernels, parts, totals, … }"),
  ...COMMON_OPTIONS,
} satisfies Options;

/** The command, which runs those of some rows. */
export const profileOf = (rows: readonly CommandRow[]): Command => ({
  name: "profile",
  options: OPTIONS,
  computes: false,
  help: helpPage({
    usage: "narrowbert profile [options] COMMAND ...",
    about: `\
Runs a command that computes, unchanged, and then says on standard error where its time went: each
kernel's calls, time, share of the GPU's time, and rates, as a share of what the adapter can do at
most, which is measured after the command, in about a second; the parts of the model, narrow layers
among them; and what the CPU did. Its own options stand before COMMAND. Kernels have times if the
adapter has timestamp-query. An error or a signal ends it with the tables of what was done.`,
    options: OPTIONS,
    examples: [
      "narrowbert profile classify --input texts.txt > /dev/null",
      "narrowbert profile --report profile.html --trace trace.json embed --input texts.txt --jsonl",
      "narrowbert profile train classify --model models/bert --train train.csv --output models/mine",
    ],
  }),
  filesOf: (args) => namedFiles(OPTIONS, readOptions(partsOf(args).own, OPTIONS).values),
  async run(args, terminal) {
    const { own, name, rest } = partsOf(args);
    const { values: { table: file, report, trace, top, json } } = readOptions(own, OPTIONS);
    const command = await commandOf(rows, name);
    const run = () => command.run(rest, terminal);
    const tables = { file, top, json };
    await profiled(
      { name: command.name, files: command.filesOf(rest), run },
      { traces: trace === undefined ? [] : [trace], report, tables },
      terminal,
    );
  },
});

/** The options of `profile`, the name of the command that it runs, and that command's arguments. */
function partsOf(args: readonly string[]): { own: string[]; name: string | undefined; rest: string[] } {
  const takesValue = (arg: string) => {
    const option = Object.entries(OPTIONS).find(([name]) => `--${name}` === arg);
    return option !== undefined && option[1].placeholder !== undefined;
  };
  let at = 0;
  while (at < args.length && args[at]!.startsWith("-") && args[at] !== "--") at += takesValue(args[at]!) ? 2 : 1;
  const own = args.slice(0, at);
  if (args[at] === "--") at++;
  return { own, name: args[at], rest: args.slice(at + 1) };
}

/** @throws {UsageError} If there is no such command, or nothing that it computes. */
async function commandOf(rows: readonly CommandRow[], name: string | undefined): Promise<Command> {
  if (name === undefined) throw new UsageError("profile runs a command: give one, such as classify, and its arguments");
  const row = rows.find((row) => row.name === name);
  const names = rows.map(({ name }) => name);
  if (row === undefined) {
    throw new UsageError(`profile runs a command, and there is no "${name}"${suggestion(name, names)}`);
  }
  if (name === "profile") throw new UsageError("profile runs another command, not itself");
  const command = await row.load();
  if (command.computes) return command;
  throw new UsageError(`profile runs a command that computes by a model, and ${name} does not`);
}
