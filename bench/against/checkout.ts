/** A commit in a folder of its own, for as long as it is compared with. */

import { fileURLToPath } from "node:url";
import type { Tree } from "./side.ts";

/** The working tree, with whatever is not committed. */
export const HERE: Tree = { label: "the working tree", root: new URL("../../", import.meta.url) };

/**
 * A git worktree of a commit, which is removed when it is disposed of. What a run left behind that could not remove its
 * own, git forgets at the next.
 */
export class Checkout implements Tree, Disposable {
  /** The short hash. */
  readonly label: string;
  readonly root: URL;

  /** @throws {RangeError} If git knows no such commit, or cannot check it out. */
  constructor(commit: string) {
    this.label = hashOf(commit);
    git(["worktree", "prune"]);
    this.root = new URL(`.deno/against/${this.label}-${Deno.pid}/`, HERE.root);
    git(["worktree", "add", "--quiet", "--detach", fileURLToPath(this.root), this.label]);
  }

  /** Never throws: a signal to the whole process group ends git too, and the handler must still exit. */
  [Symbol.dispose](): void {
    try {
      if (run(["worktree", "remove", "--force", fileURLToPath(this.root)]).success) return;
      Deno.removeSync(this.root, { recursive: true });
    } catch {
      // The folder stays, or is gone already.
    }
  }
}

/** The short hash of a commit. */
function hashOf(commit: string): string {
  const args = ["rev-parse", "--short", "--verify", "--quiet", "--end-of-options", `${commit}^{commit}`];
  const { success, printed, errors } = run(args);
  if (!success) throw unknownCommit(commit, errors);
  return printed;
}

/** The error about a first word that git takes for no commit. @param errors What git says; quiet, it says nothing. */
export function unknownCommit(commit: string, errors: string): RangeError {
  const reason = errors ||
    `git knows no such commit; the first word is the commit: deno task bench:against main ${commit}`;
  return new RangeError(`Cannot compare with "${commit}": ${reason}`);
}

/** Runs git. @throws {RangeError} If it fails. */
function git(args: string[]): void {
  const { success, code, errors } = run(args);
  if (!success) throw new RangeError(`Cannot compare: git ${args.join(" ")} failed: ${errors || `code ${code}`}`);
}

/** What git prints. It runs synchronously, so that it has finished when the process ends. */
function run(args: string[]): { success: boolean; code: number; printed: string; errors: string } {
  const { success, code, stdout, stderr } = new Deno.Command("git", { args, cwd: HERE.root }).outputSync();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { success, code, printed: text(stdout), errors: text(stderr) };
}
