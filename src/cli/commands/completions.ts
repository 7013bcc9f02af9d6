/** `narrowbert completions`: scripts that complete command lines. */

import { type Command, type CommandRow, defineCommand } from "../command.ts";
import { bash } from "../completions/bash.ts";
import type { CompletedCommand } from "../completions/completed.ts";
import { fish } from "../completions/fish.ts";
import { zsh } from "../completions/zsh.ts";
import { CACHE_ACTIONS } from "../hub/cache.ts";
import { UsageError } from "../options.ts";
import { TASKS } from "../learning/training.ts";

const SHELLS: Readonly<Record<string, (commands: readonly CompletedCommand[]) => string>> = { bash, zsh, fish };
const NAMES = Object.keys(SHELLS);

/** The command, which completes the given commands and itself. */
export const completionsOf = (rows: readonly CommandRow[]): Command =>
  defineCommand({
    name: "completions",
    positionals: NAMES.join("|"),
    about: "Prints a script by which a shell completes commands, options, their values and names of files.",
    options: {},
    examples: [
      "narrowbert completions bash > ~/.local/share/bash-completion/completions/narrowbert",
      'narrowbert completions zsh > "${fpath[1]}/_narrowbert"',
      "narrowbert completions fish > ~/.config/fish/completions/narrowbert.fish",
    ],
    async run({ positionals }, terminal) {
      const asked = positionals.join(" ");
      const script = Object.hasOwn(SHELLS, asked) ? SHELLS[asked] : undefined;
      if (script === undefined) throw new UsageError(`completions takes one of ${NAMES.join(", ")}, got "${asked}"`);
      const loaded = await Promise.all(rows.map(async ({ load, ...row }) => ({ ...row, command: await load() })));
      const computing = loaded.filter(({ command }) => command.computes).map(({ name }) => name);
      const commands = loaded.map(({ name, summary, command: { options } }): CompletedCommand => ({
        name,
        summary,
        options,
        ...(name === "completions" && { words: NAMES }),
        ...(name === "cache" && { words: CACHE_ACTIONS }),
        ...(name === "profile" && { words: computing, runs: true }),
        ...((name === "train" || name === "evaluate") && { words: TASKS }),
      }));
      await terminal.write(script(commands));
    },
  });
