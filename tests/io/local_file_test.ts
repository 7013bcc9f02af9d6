/** Files that stay on disk and are read by ranges. Each test fails if it leaves a file open. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { CheckpointError, PermissionError } from "../../src/base/errors.ts";
import { openCheckpoint } from "../../src/io/checkpoint/open.ts";
import { openFolder, type ProgressInfo } from "../../src/io/folder/folder.ts";
import { LocalFile } from "../../src/io/local/local_file.ts";
import { readSafetensors } from "../../src/io/safetensors/safetensors.ts";
import { buildFloats } from "./build.ts";
import { inTemporaryFolder } from "./temporary.ts";

const FILE = "model.safetensors";

function test(name: string, run: (folder: string) => Promise<void>): void {
  Deno.test({ name, sanitizeResources: true, fn: () => inTemporaryFolder(run) });
}

test("a file is read by ranges, into new memory or memory that is given", async (folder) => {
  const path = join(folder, "a");
  await Deno.writeFile(path, Uint8Array.from({ length: 100 }, (_, i) => i));
  const file = new LocalFile(path);
  assert.equal(file.size, 100);
  assert.deepEqual(file.read(0, 3), Uint8Array.of(0, 1, 2));
  assert.deepEqual(file.read(98, 100), Uint8Array.of(98, 99));
  assert.deepEqual(file.read(50, 50), new Uint8Array());
  const memory = new Uint8Array(2);
  assert.equal(file.read(7, 9, memory), memory);
  assert.deepEqual(memory, Uint8Array.of(7, 8));
});

const CHANGES: [name: string, change: (path: string) => Promise<void>, problem: string][] = [
  ["cut short", (path) => Deno.truncate(path, 70), "changed"],
  ["longer", (path) => Deno.writeFile(path, Uint8Array.of(1), { append: true }), "changed"],
  ["written again", (path) => Deno.utime(path, 1, 1), "changed"],
  ["another one", async (path) => {
    const { mtime, size } = await Deno.stat(path);
    await Deno.writeFile(`${path}.new`, new Uint8Array(size));
    await Deno.utime(`${path}.new`, mtime!, mtime!);
    await Deno.rename(`${path}.new`, path);
  }, "changed"],
  ["removed", (path) => Deno.remove(path), "was removed"],
];

for (const [name, change, problem] of CHANGES) {
  test(`weights of a file that is ${name} while it is loaded are an error`, async (folder) => {
    const path = join(folder, FILE);
    await Deno.writeFile(path, buildFloats({ a: [1, 2], b: [3] }));
    const checkpoint = await openCheckpoint(await openFolder(folder));
    assert.deepEqual(checkpoint.float32("a"), Float32Array.of(1, 2));
    await change(path);
    assert.throws(() => checkpoint.float32("b"), {
      name: "CheckpointError",
      message: `Cannot read "${path}": the file ${problem} while it was loaded; load the model again`,
    });
  });
}

const REPLACED: [name: string, replace: (folder: string) => Promise<void>, problem: string][] = [
  ["another one has its name", async (folder) => {
    await Deno.rename(folder, `${folder}.old`);
    await Deno.mkdir(folder);
    await Deno.writeFile(join(folder, FILE), buildFloats({ a: [1] }));
  }, "was replaced by another"],
  ["it is removed", (folder) => Deno.remove(folder, { recursive: true }), "was removed"],
  ["a file is in place of the folder around it", async (folder) => {
    await Deno.remove(join(folder, ".."), { recursive: true });
    await Deno.writeTextFile(join(folder, ".."), "");
  }, "was removed"],
  ["a link leads to another", async (folder) => {
    await Deno.rename(folder, `${folder}.old`);
    await Deno.mkdir(`${folder}.new`);
    await Deno.symlink(`${folder}.new`, folder);
  }, "was replaced by another"],
];

for (const [name, replace, problem] of REPLACED) {
  test(`a folder is one until all is loaded: ${name}`, async (outer) => {
    const folder = join(outer, "models", "model");
    await Deno.mkdir(join(folder, "1_Pooling"), { recursive: true });
    await Deno.writeFile(join(folder, FILE), buildFloats({ a: [1] }));
    const opened = await openFolder(folder);
    assert.notEqual(await opened.find(FILE), null);
    // Other files in it may come and go.
    await Deno.writeTextFile(join(folder, "a.txt"), "a");
    assert.equal((await opened.find("a.txt"))?.size, 1);
    await replace(folder);
    for (const inside of [opened, opened.inside("1_Pooling")]) {
      await assert.rejects(inside.find(FILE), {
        name: "CheckpointError",
        message: `Cannot read "${FILE}" in "${inside.location}": the folder ${problem} while it was loaded; load the ` +
          "model again",
      });
    }
  });
}

test("a file that is removed right before it is opened says so", async (folder) => {
  const path = join(folder, FILE);
  await Deno.writeFile(path, buildFloats({ a: [1] }));
  const opened = await openFolder(folder, {
    progress_callback: ({ status }) => status === "download" && Deno.removeSync(path),
  });
  await assert.rejects(opened.find(FILE), {
    name: "CheckpointError",
    message: `Cannot read "${path}": the file was removed while it was loaded; load the model again`,
  });
  assert.equal(await opened.find(FILE), null);
});

test("a file that ends before its length says so", async (folder) => {
  const path = join(folder, "a");
  await Deno.writeFile(path, new Uint8Array(10));
  const file = new LocalFile(path);
  assert.throws(() => file.read(8, 12), { name: "CheckpointError", message: /the file changed while it was loaded/ });
});

test("what is wrong in a header, or is not there, leaves no file open", async (folder) => {
  const path = join(folder, FILE);
  for (const bytes of [new Uint8Array(7), new Uint8Array(8), buildFloats({ a: [1] }).subarray(0, -1)]) {
    await Deno.writeFile(path, bytes);
    await assert.rejects(openCheckpoint(await openFolder(folder)), {
      name: "CheckpointError",
      message: /^Cannot read /,
    });
  }
  await Deno.writeFile(path, buildFloats({ a: [1, NaN] }));
  const checkpoint = await openCheckpoint(await openFolder(folder));
  assert.throws(() => checkpoint.float32("a"), { message: /element \[1\] of shape \[2\] must be finite/ });
});

test("a link out of a confined folder is refused, also if it is weights that an index lists; a signal and the progress are heard", async (folder) => {
  const model = join(folder, "model");
  await Deno.mkdir(model);
  await Deno.writeFile(join(folder, "outside"), buildFloats({ a: [1] }));
  await Deno.symlink(join(folder, "outside"), join(model, FILE));
  await Deno.writeFile(join(model, "inside"), new Uint8Array(3));
  const events: ProgressInfo["status"][] = [];
  const opened = await openFolder(model, { progress_callback: ({ status }) => events.push(status) });
  assert.equal((await openCheckpoint(opened)).names().length, 1);
  const refused = { name: "CheckpointError", message: /must be inside the folder, and is a link/ };
  await assert.rejects(opened.confined().find(FILE), refused);
  await Deno.rename(join(model, FILE), join(model, "shard"));
  await Deno.writeTextFile(join(model, `${FILE}.index.json`), '{"metadata":{},"weight_map":{"a":"shard"}}');
  await assert.rejects(openCheckpoint(opened), refused);
  assert.equal(await opened.find("none"), null);
  await assert.rejects(opened.find("../outside"), { name: "CheckpointError", message: /must be a plain file name/ });
  const signal = AbortSignal.abort(new Error("enough"));
  await assert.rejects((await openFolder(model, { signal })).find("inside"), { message: "enough" });
  events.length = 0;
  assert.equal((await opened.find("inside"))?.size, 3);
  assert.deepEqual(events, ["initiate", "download", "progress", "progress_total", "done"]);
});

Deno.test("files in memory are opened as views", async () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const file = await (await openFolder(new Map([["a", bytes]]))).find("a");
  const view = file!.read(1, 3);
  assert.deepEqual([file!.size, view.buffer, view.byteOffset, view.length], [3, bytes.buffer, 1, 2]);
});

const REFUSED: [error: unknown, problem: string | null][] = [
  [
    new Deno.errors.PermissionDenied("Permission denied (os error 13)"),
    "this user may not read the file; change its permissions",
  ],
  [new Deno.errors.NotADirectory("Not a directory"), "the file was removed while it was loaded; load the model again"],
  [new Deno.errors.FilesystemLoop("Too many levels"), "the file is a link that leads back to itself"],
  [new Error("Input/output error (os error 5)"), "Input/output error (os error 5)"],
  [new Deno.errors.NotCapable("Requires sys access"), ""],
  [new CheckpointError("Cannot read it"), null],
];

for (const [error, problem] of REFUSED) {
  test(`a file is refused with one clear error: ${(error as Error).name}`, async (folder) => {
    const path = join(folder, FILE);
    await Deno.writeFile(path, new Uint8Array(9));
    const file = new LocalFile(path);
    const { readSync } = Deno.FsFile.prototype;
    Deno.FsFile.prototype.readSync = () => {
      throw error;
    };
    try {
      assert.throws(() => file.read(0, 9), (found: Error) => {
        if (problem === null) return found === error;
        if (problem === "") return found instanceof PermissionError && found.message === (error as Error).message;
        assert.equal(found.message, `Cannot read "${path}": ${problem}`);
        return found instanceof CheckpointError && found.cause === error;
      });
    } finally {
      Deno.FsFile.prototype.readSync = readSync;
    }
  });
}

test("a path below a file, and a name that is too long, are refused in this library's words", async (folder) => {
  const path = join(folder, FILE);
  await Deno.writeFile(path, new Uint8Array(9));
  for (const read of [readSafetensors, openFolder] as ((where: string) => Promise<unknown>)[]) {
    await assert.rejects(read(join(path, "a")), {
      name: "CheckpointError",
      message: /there is no such (file|folder)$/,
    });
    await assert.rejects(read(join(folder, "a".repeat(300))), { name: "CheckpointError", message: /^Cannot read "/ });
  }
});
