/** Completion for fish. */

import { type CompletedCommand, completedOptions } from "./completed.ts";

/** A script that defines it. */
export function fish(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ name: command, summary, options, words }) => {
    const here = `complete -c narrowbert -n '__fish_seen_subcommand_from ${command}'`;
    return [
      `complete -c narrowbert -n __fish_use_subcommand -a ${command} -d ${quoted(summary)}`,
      ...(words ? [`${here} -a ${quoted(words.join(" "))}`] : []),
      ...completedOptions(options).map(({ name, short, summary, value }) => {
        const words = value === null ? "" : value === "file" ? " -r -F" : ` -x -a ${quoted(value.join(" "))}`;
        return `${here} -l ${name}${short ? ` -s ${short}` : ""}${words} -d ${quoted(summary)}`;
      }),
    ];
  });
  return `complete -c narrowbert -f\n${lines.map((line) => `${line}\n`).join("")}`;
}

function quoted(word: string): string {
  return `'${word.replaceAll(/[\\']/g, "\\$&")}'`;
}
