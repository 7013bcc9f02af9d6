/** A commit in a folder of its own, for as long as it is compared with. */

import { fileURLToPath } from "node:url";
import type { Tree } from "./side.ts";

/** The working tree, with whatever is not committed. */
export const HERE: Tree = { label: "the working tree", root: new URL("../../", import.meta.url) };

/** A git worktree of a commit, which is removed when it is disposed of. */
export class Checkout implements Tree, Disposable {
  /** The short hash. */
  readonly label: string;
  readonly root: URL;

  /** @throws {RangeError} If git knows no such commit, or cannot check it out. */
  constructor(commit: string) {
    this.label = git(["rev-parse", "--short", "--verify", "--quiet", "--end-of-options", `${commit}^{commit}`]);
    this.root = new URL(`.deno/against/${this.label}-${Deno.pid}/`, HERE.root);
    git(["worktree", "add", "--quiet", "--detach", fileURLToPath(this.root), this.label]);
  }

  [Symbol.dispose](): void {
    git(["worktree", "remove", "--force", fileURLToPath(this.root)]);
  }
}

/** What git prints. It runs synchronously, so that it has finished when the process ends. */
function git(args: string[]): string {
  const { success, stdout, stderr } = new Deno.Command("git", { args, cwd: HERE.root }).outputSync();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (!success) {
    const reason = text(stderr) || "it knows no such commit; git log names those that there are";
    throw new RangeError(`Cannot compare: git ${args.join(" ")} failed: ${reason}`);
  }
  return text(stdout);
}
