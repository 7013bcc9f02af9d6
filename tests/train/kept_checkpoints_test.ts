/** Which checkpoints stay beside a new one, and a checkpoint that takes the place of another one of its step. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { AdamW, TrainingFolder } from "../../mod.ts";
import { CheckpointFolder } from "../../src/train/checkpoint/folder.ts";
import { latestCheckpoint } from "../../src/train/checkpoint/reader.ts";
import type { CheckpointFile } from "../../src/train/checkpoint/writer.ts";
import { inTemporaryFolder } from "../io/temporary.ts";
import { filesOf } from "./contents.ts";
import { startModel } from "./resumed_training.ts";
import { watched } from "./systems.ts";

const names = (folder: string) =>
  [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name !== ".lock").sort();

/** The files of a step, with a mark. */
const marked = (step: number, mark: number): CheckpointFile[] => [
  ...filesOf(step),
  { name: "mark", data: Uint8Array.of(mark) },
];

async function markOf(folder: string): Promise<number> {
  const { checkpoint, problems } = await latestCheckpoint(folder);
  assert.deepEqual(problems, []);
  return (await checkpoint!.read("mark"))[0]!;
}

Deno.test("the checkpoints that are named stay beside a new one, whatever their number, and all others go", () =>
  inTemporaryFolder(async (folder) => {
    using checkpoints = await CheckpointFolder.open(folder, { keep: 1 });
    Deno.mkdirSync(join(folder, "checkpoint-3"));
    Deno.writeTextFileSync(join(folder, "checkpoint-3", "optimizer.pt"), "Hugging Face's");
    const write = async (step: number, keeps?: number[]) => {
      await checkpoints.write(step, filesOf(step), { ...(keeps && { keeps }) });
      return names(folder).join(" ").replaceAll("checkpoint-", "");
    };
    assert.equal(await write(4, []), "3 4");
    assert.equal(await write(5, [4]), "3 4 5");
    assert.equal(await write(6, [4, 5, 99]), "3 4 5 6");
    assert.equal(await write(7, [4]), "3 4 7");
    assert.equal(await write(8), "3 8"); // those that `keep` says
    await write(9, [8]);
    await checkpoints.prune([], { upTo: 8 });
    assert.deepEqual(names(folder), ["checkpoint-3", "checkpoint-9"]);
    await checkpoints.prune([9], { upTo: 9 });
    await checkpoints.prune([], { upTo: 9 });
    assert.deepEqual(names(folder), ["checkpoint-3"]);
  }));

Deno.test("a checkpoint takes the place of one of its step only if it is asked to, and never that of another program", () =>
  inTemporaryFolder(async (folder) => {
    using checkpoints = await CheckpointFolder.open(folder);
    await checkpoints.write(5, marked(5, 1), { replaces: true }); // there is none yet
    await assert.rejects(checkpoints.write(5, marked(5, 2)), /there is the one of step 5 already/);
    assert.equal(await markOf(folder), 1);
    await checkpoints.write(5, marked(5, 2), { replaces: true });
    assert.equal(await markOf(folder), 2);
    await assert.rejects(checkpoints.write(4, marked(4, 2), { replaces: true }), /there is the one of step 5 already/);
    assert.deepEqual(names(folder), ["checkpoint-5"]);
    Deno.mkdirSync(join(folder, "checkpoint-6"));
    await assert.rejects(
      checkpoints.write(6, marked(6, 1), { replaces: true }),
      /checkpoint-6 there is no checkpoint of/,
    );
    assert.deepEqual(names(folder), ["checkpoint-5", "checkpoint-6"]);
  }));

for (const isKilled of [true, false]) {
  const ends = isKilled ? "is killed" : "fails";
  Deno.test(`wherever a trainer ${ends} that replaces its only checkpoint, one of the two is left`, () =>
    inTemporaryFolder(async (parent) => {
      const found = { old: 0, new: 0 };
      for (let last = 0;; last++) {
        const folder = join(parent, String(last));
        {
          using checkpoints = await CheckpointFolder.open(folder);
          await checkpoints.write(2, marked(2, 1));
        }
        let operations = -1;
        const system = watched((operation) => {
          const isOver = isKilled ? operations++ >= last : operations++ === last;
          if (isOver) throw new Error(`stopped before ${operation}`);
        });
        const checkpoints = await CheckpointFolder.open(folder, { system });
        const error = await checkpoints.write(2, marked(2, 2), { replaces: true }).then(() => null, (error) => error);
        checkpoints[Symbol.dispose]();
        using next = await CheckpointFolder.open(folder);
        assert.deepEqual(names(folder), ["checkpoint-2"], `${error}`);
        found[await markOf(folder) === 1 ? "old" : "new"]++;
        await next.write(2, marked(2, 3), { replaces: true });
        assert.equal(await markOf(folder), 3);
        if (error === null) break;
        assert.match(error.message, /^stopped before /);
      }
      assert.ok(found.old > 20 && found.new > 1, JSON.stringify(found));
    }));
}

Deno.test("a folder of another program that has the name of what is replaced stays", () =>
  inTemporaryFolder(async (folder) => {
    Deno.mkdirSync(join(folder, ".old-checkpoint-3"));
    Deno.writeTextFileSync(join(folder, ".old-checkpoint-3", "notes"), "mine");
    using _ = await CheckpointFolder.open(folder);
    assert.deepEqual(names(folder), [".old-checkpoint-3"]);
  }));

Deno.test("a checkpoint of a training has files of its own, which are checked as all others are", () =>
  inTemporaryFolder(async (folder) => {
    using training = await TrainingFolder.open(folder);
    using model = await startModel();
    using optimizer = new AdamW(model);
    await optimizer.step({ input_ids: [[2, 5, 3]], labels: [0] });
    const files = new Map([["notes.txt", new TextEncoder().encode("mine")]]);
    const path = await training.save(optimizer, { step: 1, files });
    const last = await training.latest();
    assert.equal(new TextDecoder().decode(await last!.read("notes.txt")), "mine");
    await assert.rejects(last!.read("other.txt"), { name: "CheckpointError", message: /there is no such file/ });
    Deno.writeTextFileSync(join(path, "notes.txt"), "ours");
    await assert.rejects(training.latest(), { name: "CheckpointError", message: /notes\.txt/ });
    await assert.rejects(
      training.save(optimizer, { step: 2, files: new Map([["config.json", Uint8Array.of(1)]]) }),
      { name: "TypeError", message: "Cannot write a checkpoint: there are two files config.json" },
    );
  }));
