/** Scripts by which shells complete command lines of narrowbert, made of the commands' options. */

import type { Options } from "./options.ts";

/** What a shell can complete of a command. */
export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: Options;
  /** Its positional arguments, where they are among a few words. */
  readonly words?: readonly string[];
}

/** Makes a shell's script. */
type Script = (commands: readonly CompletedCommand[]) => string;

/** The script for each shell. */
export const SHELLS = { bash, zsh, fish } satisfies Record<string, Script>;

/** An option as the user may write it. */
interface Written {
  /** `top-k` */
  readonly name: string;
  readonly short?: string;
  readonly help: string;
  /** Words that its value is one of; `file` where it is a file or folder, `text` where it is anything else. */
  readonly value: readonly string[] | "file" | "text" | null;
}

function written(options: Options): Written[] {
  return Object.entries(options).flatMap(([name, { short, help, placeholder, choices, negatable }]) => {
    const isFile = placeholder === "FILE" || placeholder?.startsWith("PATH");
    const value = placeholder === undefined ? null : choices ?? (isFile ? "file" : "text");
    const opposite = negatable ? [{ name: `no-${name}`, help: `not: ${help}`, value: null }] : [];
    return [{ name, short, help, value }, ...opposite];
  });
}

function bash(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name).join(" ");
  const cases = commands.map(({ name, options, words = [] }) => {
    const all = written(options).map((option) => `--${option.name}`);
    return `    ${name}) words="${[...words, ...all].join(" ")}" ;;\n`;
  });
  const values = commands.flatMap(({ name: command, options }) =>
    written(options).flatMap(({ name, short, value }) => {
      if (value === null) return [];
      const patterns = [`"${command} --${name}"`, ...(short ? [`"${command} -${short}"`] : [])].join(" | ");
      if (value === "file") return [`    ${patterns}) COMPREPLY=($(compgen -f -- "$word")); return ;;\n`];
      const list = value === "text" ? "" : value.join(" ");
      return [`    ${patterns}) COMPREPLY=($(compgen -W "${list}" -- "$word")); return ;;\n`];
    })
  );
  return `\
_narrowbert() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words=
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names} --help --version" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]} \${COMP_WORDS[COMP_CWORD-1]}" in
${values.join("")}  esac
  case "\${COMP_WORDS[1]}" in
${cases.join("")}  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o filenames -F _narrowbert narrowbert
`;
}

function zsh(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}\n`);
  const cases = commands.map(({ name, options, words }) => {
    const specs = written(options).flatMap(({ name, short, help, value }) => {
      const text = help.replaceAll(/[[\]:\\]/g, "\\$&");
      const completed = value === null
        ? ""
        : value === "file"
        ? ":file:_files"
        : value === "text"
        ? ":text:"
        : `:value:(${value.join(" ")})`;
      return [`--${name}`, ...(short ? [`-${short}`] : [])].map((option) => `*${option}[${text}]${completed}`);
    });
    const rest = words ? `1:word:(${words.join(" ")})` : "*:text:";
    return `    ${name}) _arguments ${[...specs, rest].map(quoted).join(" ")} ;;\n`;
  });
  return `\
#compdef narrowbert
_narrowbert() {
  local -a commands
  commands=(
${names.join("")}  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join("")}  esac
}
_narrowbert "$@"
`;
}

function fish(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ name: command, summary, options, words }) => {
    const here = `complete -c narrowbert -n '__fish_seen_subcommand_from ${command}'`;
    return [
      `complete -c narrowbert -n __fish_use_subcommand -f -a ${command} -d ${quoted(summary)}`,
      ...(words ? [`${here} -f -a ${quoted(words.join(" "))}`] : []),
      ...written(options).map(({ name, short, help, value }) => {
        const letter = short ? ` -s ${short}` : "";
        const completed = value === null
          ? ""
          : value === "file"
          ? " -r -F"
          : ` -x${value === "text" ? "" : ` -a ${quoted(value.join(" "))}`}`;
        return `${here} -l ${name}${letter}${completed} -d ${quoted(help)}`;
      }),
    ];
  });
  return `complete -c narrowbert -f\n${lines.map((line) => `${line}\n`).join("")}`;
}

/** A word in single quotes, which zsh and fish both read. */
function quoted(word: string): string {
  return `'${word.replaceAll("\\", "\\\\").replaceAll("'", "'\\''")}'`;
}
