/** One output for two runs at once: one of them writes it, and the other is refused and touches nothing. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { folderOf, smallModel } from "./folders.ts";
import { type Finished, kill9, runDeno } from "./processes.ts";
import { narrowbert } from "./terminals.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const ENDINGS = ["", ".resume", ".unfinished"];

/** The names in a folder. */
function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

/** The arguments of Deno that run a command with one output. */
function running(output: string, args: readonly string[]): string[] {
  return ["--allow-read", ...ENDINGS.map((end) => `--allow-write=${output}${end}`), MAIN, ...args, "-o", output];
}

function checkRefused({ code, stderr }: Finished, output: string): void {
  assert.equal(code, 2, stderr);
  const problem = "(another process writes .*now: wait for it|another process has written .* meanwhile|.* is there)";
  assert.match(stderr, new RegExp(`^narrowbert: ${problem}`));
  assert(stderr.includes(output), stderr);
}

for (const [command, ending] of [["classify", "csv"], ["classify", "jsonl"], ["classify", "json"], ["embed", "npy"]]) {
  Deno.test(`two runs that start together with one .${ending}: the file is that of the one that exits with 0`, async () => {
    await using folder = await folderOf({
      "a.txt": Array.from({ length: 40 }, (_, i) => `a large animal ${i}\n`).join(""),
      "b.txt": Array.from({ length: 40 }, (_, i) => `to go by air ${i}\n`).join(""),
    });
    const at = (name: string) => `${folder.path}/${name}`;
    const alone = new Map<string, Uint8Array>();
    for (const input of ["a", "b"]) {
      const whole = at(`${input}.${ending}`);
      assert.equal((await narrowbert([command!, "-i", at(`${input}.txt`), "-o", whole])).code, 0);
      alone.set(input, await Deno.readFile(whole));
    }
    for (let round = 0; round < 2; round++) {
      const out = at(`out${round}.${ending}`);
      const found = await Promise.all(
        ["a", "b"].map((input) => runDeno(running(out, [command!, "-i", at(`${input}.txt`)]))),
      );
      const winner = found.findIndex(({ code }) => code === 0);
      assert(winner >= 0, JSON.stringify(found));
      checkRefused(found[1 - winner]!, out);
      const [input, size] = [["a", "b"][winner]!, (await Deno.stat(out)).size];
      const expected = alone.get(input)!;
      assert(Math.abs(size - expected.length) <= expected.length / 10, `${size} of ${expected.length} bytes`);
      if (ending === "npy") assert.equal(size, expected.length);
      else {
        const text = await Deno.readTextFile(out);
        const [own, other] = input === "a" ? ["a large animal", "to go by air"] : ["to go by air", "a large animal"];
        assert.deepEqual([text.split(own!).length - 1, text.includes(other!)], [40, false]);
      }
    }
    const left = ["a", "b"].flatMap((name) => [`${name}.${ending}`, `${name}.txt`]);
    assert.deepEqual(namesIn(folder.path), [...left, `out0.${ending}`, `out1.${ending}`]);
  });
}

for (const ending of ["csv", "json"]) {
  Deno.test(`while a run writes a .${ending}, another is refused at once; killed, it stands in nobody's way`, async () => {
    await using folder = await folderOf({ "in.csv": "text\na dog\n" });
    const [out, input] = [`${folder.path}/out.${ending}`, `${folder.path}/in.csv`];
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", ...running(out, ["classify"])],
      stdin: "piped", // it waits for the rest of it
      stdout: "null",
      stderr: "null",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("a cat\n"));
    const held = `${out}${ending === "csv" ? ".resume" : ".unfinished"}`;
    while (!(await Deno.stat(held).then(() => true, () => false))) await new Promise((done) => setTimeout(done, 5));
    const before = namesIn(folder.path);
    // One that names no model that could be loaded is refused all the same: nothing is loaded before.
    const model = ["--model", `${folder.path}/none`];
    const found = await narrowbert(["classify", ...model, "-i", input, "-o", out]);
    assert.equal(found.code, 2, found.stderr);
    assert.match(found.stderr, /another process writes .* now: wait for it, or choose another --output|is there/);
    const left = namesIn(folder.path);
    assert(before.every((name) => left.includes(name)), `${before} before, ${left} now`);
    kill9(child);
    await child.status;
    await writer.abort().catch(() => {});
    if ((await Deno.stat(out).catch(() => null))?.size) await Deno.remove(out); // it had come to write a row
    assert.deepEqual(await narrowbert(["classify", "-i", input, "-o", out]), { code: 0, stdout: "", stderr: "" });
    assert.deepEqual(namesIn(folder.path), ["in.csv", `out.${ending}`]);
  });
}

Deno.test("what another program writes there meanwhile is not written over, and stays when the run fails", async () => {
  await using model = await smallModel("one-label");
  for (const ending of ["csv", "json"]) {
    await using folder = await folderOf({});
    const out = `${folder.path}/out.${ending}`;
    const texts = async function* () {
      await Deno.writeTextFile(out, "mine\n"); // the output has been looked at
      yield new TextEncoder().encode("a\n");
    };
    const line = ["classify", "--model", model.path, "-o", out];
    const { code, stderr } = await narrowbert(line, texts());
    assert.equal(code, 2, `${ending}: ${stderr}`);
    assert.match(stderr, /another process has written .* meanwhile: choose another --output/);
    assert.equal(await Deno.readTextFile(out), "mine\n");
    assert.deepEqual(namesIn(folder.path), [`out.${ending}`]);
  }
});
