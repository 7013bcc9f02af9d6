/** Completion for bash. */

import { type CompletedCommand, completedOptions } from "./completed.ts";

/** A script that defines it, to be sourced. */
export function bash(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name);
  const values = commands.flatMap(({ options }) => completedOptions(options)).flatMap(({ name, short, value }) => {
    if (value === null) return [];
    const completed = value === "file" ? "files" : `words ${value.join(" ")}`;
    return [`    --${name}${short ? ` | -${short}` : ""}) _narrowbert_${completed.trimEnd()}; return ;;\n`];
  });
  const words = commands.map(({ name, options, words = [] }) => {
    const written = completedOptions(options).map((option) => `--${option.name}`);
    return `    ${name}) _narrowbert_words ${[...words, ...written].join(" ")} ;;\n`;
  });
  return `\
_narrowbert_words() {
  COMPREPLY=($(compgen -W "$*" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
_narrowbert_files() {
  local IFS=$'\\n' # names may hold spaces
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
}
_narrowbert() {
  if [ "$COMP_CWORD" -eq 1 ]; then
    _narrowbert_words ${names.join(" ")} --help --version
    return
  fi
  case "\${COMP_WORDS[COMP_CWORD-1]}" in
${[...new Set(values)].join("")}  esac
  case "\${COMP_WORDS[1]}" in
${words.join("")}  esac
}
complete -F _narrowbert narrowbert
`;
}
