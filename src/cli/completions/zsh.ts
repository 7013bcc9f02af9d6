/** Completion for zsh. */

import { type CompletedCommand, type CompletedOption, completedOptions } from "./completed.ts";

/** A script that defines it; it belongs into a folder of `fpath`, as `_narrowbert`. */
export function zsh(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}\n`);
  // A command that runs another one, once that is there, is completed as the other one.
  const runners = commands.filter(({ runs }) => runs).map(({ name, words = [] }) =>
    `  if [[ $command == ${name} ]]; then
    local -i at=\${words[(i)(${words.join("|")})]}
    if (( at < CURRENT )); then
      command=$words[at]
      shift $(( at - 1 )) words
      (( CURRENT -= at - 1 ))
    fi
  fi
`
  ).join("");
  const cases = commands.map(({ name, options, words }) => {
    const specs = [...completedOptions(options).flatMap(specsOf), words ? `1:word:(${words.join(" ")})` : "*:text:"];
    return `    ${name})\n      _arguments ${specs.map(quoted).join(" \\\n        ")}\n      ;;\n`;
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
${runners}  case $command in
${cases.join("")}  esac
}
if [ "$funcstack[1]" = _narrowbert ]; then _narrowbert "$@"; else compdef _narrowbert narrowbert; fi
`;
}

/** An option as `_arguments` takes it, once for its name and once for its letter. */
function specsOf({ name, short, summary, value }: CompletedOption): string[] {
  const action = value === null ? "" : value === "file" ? ":file:_files" : `:value:(${value.join(" ")})`;
  const text = summary.replaceAll(/[[\]\\]/g, "\\$&");
  return [`--${name}`, ...(short ? [`-${short}`] : [])].map((option) => `*${option}[${text}]${action}`);
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
