import assert from "node:assert/strict";
import { COMMANDS } from "../../src/cli/commands.ts";
import { folderOf } from "./folders.ts";
import { narrowbert } from "./terminals.ts";

async function script(shell: string): Promise<string> {
  const { code, stdout } = await narrowbert(["completions", shell]);
  assert.equal(code, 0);
  return stdout;
}

/** What bash completes the last of the words to, in a folder with two files. */
async function completed(...words: string[]): Promise<string[]> {
  await using folder = await folderOf({ "a text.txt": "", "b.txt": "", "narrowbert.bash": await script("bash") });
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args: [
      ...["--norc", "--noprofile", "-c"],
      'source ./narrowbert.bash && COMP_WORDS=("$@") && COMP_CWORD=$(($# - 1)) && { _narrowbert || :; } && ' +
      'printf "%s\\n" "${COMPREPLY[@]}"',
      ...["bash", "narrowbert", ...words],
    ],
    cwd: folder.path,
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
}

Deno.test("bash completes commands, options, values and files", async () => {
  assert.deepEqual(await completed(""), [...COMMANDS.map(({ name }) => name), "--help", "--version"]);
  assert.deepEqual(await completed("c"), ["classify", "choose", "cache", "convert", "completions"]);
  assert.deepEqual(await completed("embed", "--no"), ["--normalize", "--no-normalize"]);
  assert.deepEqual(await completed("embed", "a text", "--pooling", "m"), ["max", "mean", "mean_sqrt_len_tokens"]);
  assert.deepEqual(await completed("classify", "-i", "a"), ["a text.txt"]);
  assert.deepEqual(await completed("classify", "--model", "b"), ["b.txt"]);
  assert.deepEqual(await completed("classify", "-o", "a"), ["a text.txt"]);
  assert.deepEqual(await completed("classify", "--res"), ["--resume"]);
  assert.deepEqual(await completed("classify", "--top-k", ""), []);
  assert.deepEqual(await completed("completions", "z"), ["zsh"]);
  assert.deepEqual(await completed("profile", "c"), ["classify", "choose"]);
  assert.deepEqual(await completed("profile", "--to"), ["--top"]);
  assert.deepEqual(await completed("profile", "--top", "5", "embed", "--no"), ["--normalize", "--no-normalize"]);
  assert.deepEqual(await completed("classify", "profile", "--to"), ["--top-k"]);
});

for (const shell of ["zsh", "fish"]) {
  Deno.test(`${shell} is told of every command and option, and of what the options may be`, async () => {
    const text = await script(shell);
    for (const { name, summary, load } of COMMANDS) {
      assert(text.includes(summary), name);
      for (const [option, { choices = [] }] of Object.entries((await load()).options)) {
        assert.match(text, new RegExp(shell === "zsh" ? `'\\*--${option}\\[` : `from ${name}' -l ${option} `), option);
        assert(text.includes(choices.join(" ")), option);
      }
    }
    for (const line of text.split("\n")) {
      assert.equal(line.replaceAll(/\\'/g, "").split("'").length % 2, 1, `a quote is open in ${line}`);
    }
  });
}
