/** The command lines in guides, which tests run. */

import { fileURLToPath } from "node:url";
import type { Finished } from "./processes.ts";

const BIN = fileURLToPath(new URL("../../bin/narrowbert", import.meta.url));

/** The command lines in the `sh` blocks of a guide. */
export function commandsOf(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^```sh\n(.*?)^```$/gms)];
  return blocks.flatMap(([, block]) => block!.replaceAll("\\\n", "").trim().split("\n")).filter((line) => line !== "");
}

/** Runs one of them in a folder. */
export async function runCommand(command: string, cwd: string, env: Record<string, string> = {}): Promise<Finished> {
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", command.replaceAll("bin/narrowbert", '"$0"'), BIN],
    cwd,
    env,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
