/** Lays out what `--help` prints. */

import type { Options } from "./options.ts";

/** Width of a page of help. */
const WIDTH = 96;
/** Column at which explanations of options begin; a longer option has a line to itself. */
const COLUMN = 24;

/** Parts of a command's help. */
export interface Page {
  /** The command line. */
  usage: string;
  /** What the command does: lines that are printed as they are. */
  about: string;
  options: Options;
  /** Command lines. */
  examples: readonly string[];
}

/** The help of a command. */
export function helpPage({ usage, about, options, examples }: Page): string {
  return `\
Usage: ${usage}

${about}

Options:
${Object.entries(options).map(([name, option]) => optionHelp(name, option)).join("")}
Examples:
${examples.map((example) => `  ${example}\n`).join("")}`;
}

function optionHelp(name: string, { short, negatable, placeholder, help }: Options[string]): string {
  const names = `${short ? `-${short}, ` : ""}--${negatable ? "[no-]" : ""}${name}`;
  const head = `  ${names}${placeholder === undefined ? "" : ` ${placeholder}`}`;
  const [first = "", ...rest] = wrapped(help, WIDTH - COLUMN);
  const indent = " ".repeat(COLUMN);
  const opening = head.length + 2 <= COLUMN ? `${head.padEnd(COLUMN)}${first}` : `${head}\n${indent}${first}`;
  return [opening, ...rest.map((line) => indent + line)].map((line) => `${line}\n`).join("");
}

/** A text in lines of at most `width` characters. */
function wrapped(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1)!;
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
