/** `narrowbert completions`: scripts that complete command lines. */

import { type CompletedCommand, SHELLS } from "../completions.ts";
import { defineCommand } from "../command.ts";
import { UsageError } from "../options.ts";

/** The command. */
export const completions = defineCommand({
  name: "completions",
  positionals: `${Object.keys(SHELLS).join("|")}`,
  about: "Prints a script by which a shell completes commands, options, their values and names of files.",
  options: {},
  examples: [
    "narrowbert completions bash > ~/.local/share/bash-completion/completions/narrowbert",
    'narrowbert completions zsh > "${fpath[1]}/_narrowbert"',
    "narrowbert completions fish > ~/.config/fish/completions/narrowbert.fish",
  ],
  async run({ positionals: [shell = "", ...rest] }, terminal) {
    const shells = Object.keys(SHELLS);
    if (!Object.hasOwn(SHELLS, shell) || rest.length > 0) {
      throw new UsageError(`completions takes one of ${shells.join(", ")}, got "${[shell, ...rest].join(" ")}"`);
    }
    const { COMMANDS } = await import("../commands.ts"); // which leads back to this file
    const commands: CompletedCommand[] = await Promise.all(
      COMMANDS.map(async ({ name, summary, load }) => ({ name, summary, options: (await load()).options })),
    );
    const words = commands.map((command) => command.name === "completions" ? { ...command, words: shells } : command);
    await terminal.write(SHELLS[shell as keyof typeof SHELLS](words));
  },
});
