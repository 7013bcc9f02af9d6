/**
 * A training whose process is killed again and again, at random moments, goes on each time, and ends with the bytes of
 * the training that nobody disturbed. `deno task test:long` kills it 50 times.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { TrainingFolder } from "../../mod.ts";
import { random } from "../../src/base/random.ts";
import { latestCheckpoint } from "../../src/train/checkpoint/reader.ts";
import { inTemporaryFolder } from "../io/temporary.ts";
import { optimizerOf, startModel, train } from "./resumed_training.ts";
import { goOn } from "./trainers.ts";

const KILLS = Deno.args.includes("--long") ? 50 : 10;

/** Milliseconds in which a trainer starts, reads its checkpoint and takes some steps. */
const SPAN = 900;

Deno.test(`a training that is killed ${KILLS} times ends with the bytes of one that is not`, () =>
  inTemporaryFolder(async (parent) => {
    const folder = join(parent, "killed");
    const next = random(7);
    let last = 0;
    let progress = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      // Every third is killed while it starts or goes on, the others when they have saved something.
      const fromFirst = kill % 3 !== 2;
      const { told, signal, errors } = await goOn(folder, {
        until: 1e6,
        fromFirst,
        killAfter: (next() + 1) / 2 * (fromFirst ? SPAN / 3 : SPAN),
      });
      assert.deepEqual([signal, errors], ["SIGKILL", ""]);
      const { checkpoint, problems } = await latestCheckpoint(folder);
      assert.deepEqual(problems, []);
      const step = checkpoint?.step ?? 0;
      assert.ok(step >= Math.max(last, told || 0), `${step} after ${told} and ${last}`);
      progress += Number(step > last);
      last = step;
    }
    assert.ok(progress >= KILLS / 2, `${progress} went on`);
    const until = last + 5;
    const { signal, told, errors } = await goOn(folder, { until });
    assert.deepEqual([signal, told, errors], [null, until, ""]);

    using training = await TrainingFolder.open(join(parent, "undisturbed"));
    using model = await startModel();
    using optimizer = optimizerOf(model);
    await train(optimizer, 0, until);
    const path = await training.save(optimizer, { step: until, data: { place: until } });
    const files = [...Deno.readDirSync(path)].map(({ name }) => name).sort();
    assert.ok(files.includes("optimizer.safetensors"));
    for (const name of files) {
      const killed = Deno.readFileSync(join(folder, `checkpoint-${until}`, name));
      assert.deepEqual(killed, Deno.readFileSync(join(path, name)), name);
    }
  }));
