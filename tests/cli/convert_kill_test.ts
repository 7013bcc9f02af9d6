/** A conversion that is killed at any moment leaves a whole folder or none. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { inTemporaryFolder } from "../io/temporary.ts";
import { kill9 } from "./processes.ts";
import { narrowbert } from "./terminals.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const SOURCE = fileURLToPath(new URL("../../examples/models/wordnet/mlm", import.meta.url));

/** Kills, spread over the time that a conversion takes. */
const KILLS = 6;

Deno.test(`${KILLS} kills of a conversion: its folder is whole or not there, and the next one says what was left`, () =>
  inTemporaryFolder(async (folder) => {
    const out = `${folder}/out`;
    const begin = () => {
      const writes = [`--allow-write=${out}`, `--allow-write=${out}.unfinished`];
      const args = ["run", "--no-prompt", "--allow-read", ...writes, MAIN, "convert", SOURCE, out];
      return new Deno.Command(Deno.execPath(), { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
    };
    const names = () => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    const start = performance.now();
    assert.equal((await begin().status).code, 0);
    const takes = performance.now() - start;
    await Deno.remove(out, { recursive: true });
    for (let kill = 1; kill <= KILLS; kill++) {
      const child = begin();
      // Most of the time goes by before anything is written.
      const late = kill > KILLS / 2;
      const timer = setTimeout(() => kill9(child), late ? takes * kill / KILLS : 1e9);
      while (!late && names().length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      if (!late) kill9(child);
      await child.status;
      clearTimeout(timer);
      if (names().includes("out")) {
        const { code, stdout } = await narrowbert(["info", "--model", out]);
        assert.equal(code, 0);
        assert.match(stdout, /74 F16/);
        await Deno.remove(out, { recursive: true });
      } else if (names().length > 0) {
        const { code, stderr } = await narrowbert(["convert", SOURCE, out]);
        assert.equal(code, 1);
        assert.match(stderr, /out\.unfinished" is there, .* if none does, remove it\n$/);
        await Deno.remove(`${out}.unfinished`, { recursive: true });
      }
      assert.deepEqual(names(), []);
    }
  }));
