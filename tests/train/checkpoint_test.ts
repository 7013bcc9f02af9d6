/** Checkpoints of a training: the order in which they are written, and what is left when that is interrupted. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { CheckpointError } from "../../src/base/errors.ts";
import { CheckpointFolder } from "../../src/train/checkpoint/folder.ts";
import { latestCheckpoint } from "../../src/train/checkpoint/reader.ts";
import type { CheckpointFile } from "../../src/train/checkpoint/writer.ts";
import { inTemporaryFolder } from "../io/temporary.ts";
import { assertWhole, filesOf } from "./contents.ts";
import { watched } from "./systems.ts";

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

/** A folder with the checkpoints of some steps. */
async function withSteps(folder: string, ...steps: number[]): Promise<void> {
  using checkpoints = await CheckpointFolder.open(folder, { keep: Infinity });
  for (const step of steps) await checkpoints.write(step, filesOf(step));
}

Deno.test("checkpoints hold what was written, the newest is found, and older ones than are kept are removed", () =>
  inTemporaryFolder(async (parent) => {
    const folder = join(parent, "deep", "training");
    assert.deepEqual(await latestCheckpoint(folder), { checkpoint: null, problems: [] }, "no folder");
    using checkpoints = await CheckpointFolder.open(folder, { keep: 3 });
    assert.deepEqual((await checkpoints.latest()).checkpoint, null);
    for (const step of [0, 9, 10, 99_999_999, 100_000_000]) {
      const path = await checkpoints.write(step, filesOf(step));
      const { checkpoint, problems } = await latestCheckpoint(folder);
      assert.deepEqual([checkpoint!.path, checkpoint!.step, problems], [path, step, []]);
      await assertWhole(checkpoint!);
    }
    assert.deepEqual(names(folder), [".lock", "checkpoint-10", "checkpoint-100000000", "checkpoint-99999999"]);
    await assert.rejects((await checkpoints.latest()).checkpoint!.read("weights"), {
      name: "CheckpointError",
      message: `Cannot read "weights" in "${join(folder, "checkpoint-100000000")}": there is no such file`,
    });
  }));

Deno.test("everything is on the disk before the checkpoint has its name, and that before an older one is removed", () =>
  inTemporaryFolder(async (folder) => {
    await withSteps(folder, 1, 2);
    const seen: string[] = [];
    using checkpoints = await CheckpointFolder.open(folder, { system: watched((operation) => seen.push(operation)) });
    seen.length = 0;
    await checkpoints.write(3, [
      { name: "a", data: [Uint8Array.of(1), Uint8Array.of(2, 3)] },
      { name: "b", data: Uint8Array.of(4) },
    ]);
    const root = folder.split("/").at(-1)!;
    assert.deepEqual(seen, [
      "make .tmp-checkpoint-3",
      ...["create a", "write a", "write a", "sync a", "close a"],
      ...["create b", "write b", "sync b", "close b"],
      ...["create manifest.json", "write manifest.json", "sync manifest.json", "close manifest.json"],
      "sync .tmp-checkpoint-3",
      "rename .tmp-checkpoint-3 checkpoint-3",
      `sync ${root}`,
      ...["rename checkpoint-1 .tmp-checkpoint-1", `sync ${root}`, "remove .tmp-checkpoint-1"],
    ]);
  }));

Deno.test("wherever a trainer stops, a whole checkpoint is left, and the next trainer goes on from it", () =>
  inTemporaryFolder(async (parent) => {
    let interrupted = 0;
    for (let last = 0;; last++) {
      const folder = join(parent, String(last));
      await withSteps(folder, 1);
      let operations = -1; // Opening is one.
      const system = watched((operation) => {
        // Nothing is done any more, not even what tidies up.
        if (operations++ >= last) throw new Error(`killed before ${operation}`);
      });
      using checkpoints = await CheckpointFolder.open(folder, { keep: 1, system });
      const error = await checkpoints.write(2, filesOf(2)).then(() => null, (error: Error) => error);
      const { checkpoint, problems } = await latestCheckpoint(folder);
      await assertWhole(checkpoint!);
      assert.deepEqual(problems, []);
      assert.ok(error === null ? checkpoint!.step === 2 : [1, 2].includes(checkpoint!.step), `${error}`);
      checkpoints[Symbol.dispose]();
      using next = await CheckpointFolder.open(folder, { keep: 1 });
      assert.deepEqual(names(folder).filter((name) => name.startsWith(".tmp")), []);
      await next.write(3, filesOf(3));
      assert.deepEqual(names(folder), [".lock", "checkpoint-3"]);
      if (error === null) break;
      assert.match(error.message, /^killed before /);
      interrupted++;
    }
    assert.ok(interrupted > 25, `${interrupted} places`);
  }));

Deno.test("on a full disk the checkpoint before is as it was, nothing else is left, and the error says so", () =>
  inTemporaryFolder(async (folder) => {
    await withSteps(folder, 5);
    let writes = 0;
    const full = Object.assign(new Error("No space left on device"), { code: "ENOSPC" });
    const system = watched((operation) => {
      if (operation.startsWith("write") && ++writes === 3) throw full;
    });
    using checkpoints = await CheckpointFolder.open(folder, { system });
    await assert.rejects(checkpoints.write(6, filesOf(6)), {
      name: "Error",
      message: `Cannot write the checkpoint of step 6 to "${folder}": the disk is full, or the quota is used up; ` +
        "checkpoint-5 is as it was. Free some space, or keep fewer",
      cause: full,
    });
    assert.deepEqual(names(folder), [".lock", "checkpoint-5"]);
    await assertWhole((await checkpoints.latest()).checkpoint!);
    await checkpoints.write(6, filesOf(6));
    await assertWhole((await checkpoints.latest()).checkpoint!);
  }));

Deno.test("data that fail while they are made leave no checkpoint, and their error is the caller's own", () =>
  inTemporaryFolder(async (folder) => {
    using checkpoints = await CheckpointFolder.open(folder);
    const lost = new Error("device lost");
    function* failing(): Generator<Uint8Array> {
      yield Uint8Array.of(1);
      throw lost;
    }
    await assert.rejects(checkpoints.write(1, [{ name: "a", data: failing() }]), (error) => error === lost);
    assert.deepEqual(names(folder), [".lock"]);
  }));

const BAD: [what: string, damage: (checkpoint: string) => void, message: RegExp][] = [
  ["a changed byte", (path) => {
    const file = join(path, "model.safetensors");
    const bytes = Deno.readFileSync(file);
    bytes[7]! ^= 1;
    Deno.writeFileSync(file, bytes);
  }, /^Cannot read "model.safetensors" in ".*checkpoint-2": its SHA-256 must be [0-9a-f]{64}, got [0-9a-f]{64}$/],
  ["a short file", (path) => {
    Deno.truncateSync(join(path, "training_state.json"), 39);
  }, /^Cannot read "training_state.json" in .*: it must be 40 bytes long, got 39$/],
  ["a long file", (path) => {
    Deno.writeFileSync(join(path, "empty"), Uint8Array.of(1));
  }, /^Cannot read "empty" in .*: it must be 0 bytes long, and is longer$/],
  ["a missing file", (path) => {
    Deno.removeSync(join(path, "optimizer.safetensors"));
  }, /^Cannot read "optimizer.safetensors" in .*: the manifest lists it, and there is no such file$/],
  ["no manifest", (path) => {
    Deno.removeSync(join(path, "manifest.json"));
  }, /^Cannot read the checkpoint ".*checkpoint-2": it has no manifest.json$/],
  ["half a manifest", (path) => {
    Deno.truncateSync(join(path, "manifest.json"), 99);
  }, /^Cannot read the checkpoint .*JSON/],
  ["a manifest that is no text", (path) => {
    Deno.writeFileSync(join(path, "manifest.json"), Uint8Array.of(0xff, 0xfe));
  }, /^Cannot read the checkpoint .*: its manifest is no text$/],
  ["a manifest of another step", (path) => {
    Deno.copyFileSync(join(path, "..", "checkpoint-1", "manifest.json"), join(path, "manifest.json"));
  }, /^Cannot read the checkpoint .*: the manifest's step must be 2, got 1$/],
  [
    "a path in the manifest",
    (path) => {
      const file = join(path, "manifest.json");
      Deno.writeTextFileSync(
        file,
        Deno.readTextFileSync(file).replace("training_state.json", "../training_state.json"),
      );
    },
    /^Cannot read the checkpoint .*: a file of the manifest must have a name, a size and a SHA-256, got \{"name":"\.\./,
  ],
  ["another format", (path) => {
    const file = join(path, "manifest.json");
    Deno.writeTextFileSync(file, Deno.readTextFileSync(file).replace('"format": 1', '"format": 2'));
  }, /^Cannot read the checkpoint .*: the manifest's format must be 1, got 2$/],
  ["a folder in place of a file", (path) => {
    Deno.removeSync(join(path, "optimizer.safetensors"));
    Deno.mkdirSync(join(path, "optimizer.safetensors"));
  }, /^Cannot read "optimizer.safetensors" in .*: the manifest lists it, and there is no such file$/],
  ["a folder in place of the manifest", (path) => {
    Deno.removeSync(join(path, "manifest.json"));
    Deno.mkdirSync(join(path, "manifest.json"));
  }, /^Cannot read the checkpoint .*checkpoint-2": it has no manifest.json$/],
  ["a size that no memory has", (path) => {
    const file = join(path, "manifest.json");
    Deno.writeTextFileSync(file, Deno.readTextFileSync(file).replace('"size": 22000', '"size": 9007199254740991'));
  }, /^Cannot read "model.safetensors" in .*: it must be 9007199254740991 bytes long, got 22000$/],
];

for (const [what, damage, message] of BAD) {
  Deno.test(`a checkpoint with ${what} is passed over, named, and replaced`, () =>
    inTemporaryFolder(async (folder) => {
      await withSteps(folder, 1, 2);
      damage(join(folder, "checkpoint-2"));
      using checkpoints = await CheckpointFolder.open(folder);
      const { checkpoint, problems } = await checkpoints.latest();
      assert.equal(checkpoint!.step, 1);
      await assertWhole(checkpoint!);
      assert.equal(problems.length, 1);
      assert.ok(problems[0] instanceof CheckpointError);
      assert.match(problems[0].message, message);
      await checkpoints.write(2, filesOf(2));
      const after = await checkpoints.latest();
      assert.deepEqual([after.checkpoint!.step, after.problems], [2, []]);
      await assertWhole(after.checkpoint!);
    }));
}

/** What other programs have under names like ours; null for a file. */
const FOREIGN: [what: string, files: Record<string, string> | null][] = [
  ["Hugging Face's trainer", { "model.safetensors": "x", "optimizer.pt": "x", "trainer_state.json": "{}" }],
  ["an empty folder", {}],
  ["a manifest of something else", { "manifest.json": '{"version":1}', "notes.txt": "x" }],
  ["an optimizer of something else", { "optimizer.safetensors": "x" }],
  // It cannot be told from a file of someone's own, so it is not replaced.
  ["a file in its place", null],
];

for (const [what, files] of FOREIGN) {
  Deno.test(`what is no checkpoint of ours is never removed: ${what}`, () =>
    inTemporaryFolder(async (folder) => {
      const make = (name: string) => {
        const path = join(folder, name);
        if (files === null) return Deno.writeTextFileSync(path, "x");
        Deno.mkdirSync(path);
        for (const [file, text] of Object.entries(files)) Deno.writeTextFileSync(join(path, file), text);
      };
      const foreign = ["checkpoint-1", "checkpoint-2", "checkpoint-500"];
      foreign.forEach(make);
      const temporary = [".tmp-notes", ".tmp-checkpoint-3", ".tmp-checkpoint-3-old"];
      for (const name of temporary) Deno.mkdirSync(join(folder, name));
      const ours = `.tmp-checkpoint-3-${crypto.randomUUID()}`;
      Deno.mkdirSync(join(folder, ours));
      using checkpoints = await CheckpointFolder.open(folder, { keep: 1 });
      assert.equal(names(folder).includes(ours), false, "a leftover of ours is removed");
      for (const step of [3, 500]) {
        await assert.rejects(checkpoints.write(step, filesOf(step)), {
          name: "Error",
          message:
            `Cannot write the checkpoint of step ${step} to "${folder}": checkpoint-500 there is no checkpoint ` +
            "of a TrainingFolder; move it away, or choose another folder",
        });
      }
      const { checkpoint, problems } = await checkpoints.latest();
      assert.deepEqual([checkpoint, problems.length], [null, 3]);
      for (const step of [501, 502]) await checkpoints.write(step, filesOf(step));
      assert.deepEqual(names(folder), [...temporary, ".lock", ...foreign, "checkpoint-502"].sort());
      const left = (name: string) => names(join(folder, name));
      if (files !== null) { for (const name of foreign) assert.deepEqual(left(name), Object.keys(files).sort()); }
      await assertWhole((await checkpoints.latest()).checkpoint!);
    }));
}

Deno.test("a second trainer of a folder is refused until the first has finished with it", () =>
  inTemporaryFolder(async (folder) => {
    const first = await CheckpointFolder.open(folder);
    const refused = {
      message: `Cannot train in "${folder}": another trainer writes its checkpoints there; wait for it, or choose ` +
        "another folder",
    };
    await assert.rejects(CheckpointFolder.open(folder), refused);
    const { promise: late, resolve: come } = Promise.withResolvers<void>();
    const [{ name, data }, ...others] = filesOf(1) as [CheckpointFile, ...CheckpointFile[]];
    async function* slowly() {
      await late;
      yield data as Uint8Array;
    }
    const writing = first.write(1, [{ name, data: slowly() }, ...others]);
    await assert.rejects(first.write(2, filesOf(2)), /another one is being written; wait for it/);
    first[Symbol.dispose]();
    await assert.rejects(CheckpointFolder.open(folder), refused, "its checkpoint is still being written");
    come();
    await writing;
    await assert.rejects(first.write(2, filesOf(2)), /the folder was closed/);
    using second = await CheckpointFolder.open(folder);
    await assertWhole((await second.latest()).checkpoint!);
  }));

Deno.test("a step that is there already, or is before one, is refused, as are wrong names and numbers", () =>
  inTemporaryFolder(async (folder) => {
    using checkpoints = await CheckpointFolder.open(folder);
    await checkpoints.write(7, filesOf(7));
    for (const step of [7, 6]) {
      await assert.rejects(checkpoints.write(step, filesOf(step)), {
        message:
          `Cannot write the checkpoint of step ${step} to "${folder}": there is the one of step 7 already; go on ` +
          "from it, or remove it",
      });
    }
    for (const step of [-1, 0.5, NaN, 1e15]) await assert.rejects(checkpoints.write(step, []), RangeError);
    const data = new Uint8Array();
    for (const name of ["", "a/b", "..", ".hidden", "manifest.json", "a b", "-a"]) {
      await assert.rejects(checkpoints.write(8, [{ name, data }]), TypeError, name);
    }
    await assert.rejects(checkpoints.write(8, [{ name: "a", data }, { name: "a", data }]), /there are two files a/);
    await assert.rejects(CheckpointFolder.open(folder, { keep: 0 }), /keep must be 1 or more, got 0/);
    assert.deepEqual(names(folder), [".lock", "checkpoint-7"]);
    await assertWhole((await checkpoints.latest()).checkpoint!);
  }));
