import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { writeAtomically } from "../../src/io/local/atomic_write.ts";
import { readSafetensors, writeSafetensors } from "../../src/io/safetensors/safetensors.ts";
import { inTemporaryFolder } from "./temporary.ts";

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name);

Deno.test("a file is written whole, by path or URL, over an older one, and nothing else is left", () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, "a b.safetensors");
    for (const [value, where] of [[1, path], [2, pathToFileURL(path)]] as const) {
      const data = Float32Array.of(value);
      await writeSafetensors([["x", { dtype: "F32", shape: [1], data }]], { path: where });
      assert.deepEqual((await readSafetensors(where)).get("x")?.data, data);
      assert.deepEqual(names(folder), ["a b.safetensors"]);
    }
  }));

Deno.test("parts are written one after the other", () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, "parts");
    const large = new Uint8Array(5_000_000).fill(7);
    await writeAtomically(path, [Uint8Array.of(1, 2), new Uint8Array(), large]);
    const read = await Deno.readFile(path);
    assert.deepEqual([...read.subarray(0, 3)], [1, 2, 7]);
    assert.equal(read.byteLength, 5_000_002);
  }));

Deno.test("where writing fails half-way, the older file is intact and nothing is left beside it", () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, "model");
    await Deno.writeTextFile(path, "old");
    function* failing(): Generator<Uint8Array> {
      yield Uint8Array.of(1, 2, 3);
      // While it is being written, the new file is beside the old one.
      assert.equal(names(folder).length, 2);
      throw new Error("disk full");
    }
    await assert.rejects(writeAtomically(path, failing()), { message: "disk full" });
    assert.equal(await Deno.readTextFile(path), "old");
    assert.deepEqual(names(folder), ["model"]);
  }));

Deno.test("where the folder does not exist, Deno's own error says so", () =>
  inTemporaryFolder(async (folder) => {
    await assert.rejects(writeAtomically(join(folder, "none", "model"), []), Deno.errors.NotFound);
  }));
