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
  // A command that runs another one, once that is there, is completed as the other one.
  const runners = commands.filter(({ runs }) => runs).map(({ name, words = [] }) =>
    `  if [ "$command" = ${name} ]; then
    for word in "\${COMP_WORDS[@]:2:COMP_CWORD-2}"; do
      case "$word" in
        ${words.join(" | ")}) command=$word; break ;;
      esac
    done
  fi
`
  ).join("");
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
  local command="\${COMP_WORDS[1]}" word
${runners}  case "$command" in
${words.join("")}  esac
}
complete -F _narrowbert narrowbert
`;
}
