/** The order of a training's data, and going on from any position. */

import assert from "node:assert/strict";
import {
  type BatchInputs,
  type DataPosition,
  type DataTask,
  openDataset,
  type TrainingBatch,
  type TrainingDataOptions,
} from "../../../mod.ts";
import { windowsOf } from "../../../src/train/data/order/windows.ts";
import { openDataFile } from "../../../src/train/data/source/data_files.ts";
import { FileStore } from "../../../src/train/data/source/file_store.ts";
import { Scan } from "../../../src/train/data/source/scan.ts";
import { READERS } from "../../../src/train/data/tasks/readers.ts";
import { fc } from "../../deps.ts";
import { allBatches, EXAMPLES, examplesOf, file, listOf, texts, tokenizer } from "./data.ts";

/** What a batch is, so that two are compared. */
const contents = (batch: TrainingBatch) => ({
  ...batch,
  inputs: Object.fromEntries(Object.keys(batch.inputs).map((name) => [name, listOf(batch, name as keyof BatchInputs)])),
});

const numbersOf = (batches: readonly TrainingBatch[]) => batches.flatMap(({ examples }) => examples);

/** 2,500 texts are blocks of 1,024, 1,024 and 452: with a buffer of 1,200 two or three windows. */
const COUNT = 2500;
const OPTIONS: TrainingDataOptions = { tokenizer, max_seq_length: 16, shuffle_buffer_size: 1200 };

Deno.test("an epoch has every example once, and each epoch another order", async () => {
  const data = examplesOf("mlm", COUNT).training({ ...OPTIONS, per_device_train_batch_size: 100 });
  const batches = await allBatches(data, { num_train_epochs: 2 });
  const epochs = Map.groupBy(batches, ({ next: { epoch, batch, window } }) => batch + window > 0 ? epoch : epoch - 1);
  const orders = [...epochs.values()].map(numbersOf);
  const all = Array.from({ length: COUNT }, (_, i) => i);
  assert.equal(orders.length, 2);
  for (const order of orders) assert.deepEqual(order.toSorted((a, b) => a - b), all);
  assert.notDeepEqual(orders[0], orders[1]);
  for (const epoch of epochs.values()) assert.equal(epoch.at(-1)!.progress, 1);
  const steps = epochs.get(0)!.map(({ progress }, i, all) => progress - (all[i - 1]?.progress ?? 0));
  assert.ok(steps.every((step, i) => Math.abs(step * COUNT - epochs.get(0)![i]!.examples.length) < 1e-6));
});

Deno.test("the order is a function of the seed, and mixes all of a window", async () => {
  const order = async (seed: number) =>
    numbersOf(await allBatches(examplesOf("mlm", 600).training({ ...OPTIONS, seed, per_device_train_batch_size: 1 })));
  const first = await order(1);
  assert.deepEqual(await order(1), first);
  assert.notDeepEqual(await order(2), first);
  // The place of an example in a random order of n is far from its number by n / 3 on average.
  const distance = first.reduce((sum, number, at) => sum + Math.abs(number - at), 0) / first.length;
  assert.ok(Math.abs(distance - 200) < 25, `mean distance ${distance}`);
});

Deno.test("batches of a window have texts of about one length, in random order", async () => {
  const data = examplesOf("mlm", 600).training({ ...OPTIONS, per_device_train_batch_size: 20 });
  const lengths = (await allBatches(data)).map((batch) =>
    listOf<number[][]>(batch, "attention_mask")
      .map((row) => row.reduce((sum, kept) => sum + kept))
  );
  const spread = lengths.map((rows) => Math.max(...rows) - Math.min(...rows));
  assert.ok(spread.reduce((a, b) => a + b) / spread.length < 1, `spreads ${spread}`);
  const means = lengths.map((rows) => rows.reduce((a, b) => a + b) / rows.length);
  assert.notDeepEqual(means, means.toSorted((a, b) => a - b));
});

Deno.test("going on from any position gives the batches that were left, of every task", async () => {
  for (const task of Object.keys(EXAMPLES) as DataTask[]) {
    const options = { ...OPTIONS, per_device_train_batch_size: 197, max_batch_tokens: 3000 };
    const training = () => examplesOf(task, COUNT).training(options);
    const whole = (await allBatches(training(), { num_train_epochs: 2 })).map(contents);
    let positions = whole.map(({ next }, done) => ({ next, done: done + 1 })).slice(0, -1);
    const isBorder = ({ next }: { next: DataPosition }) => next.batch === 0;
    positions = positions.filter((position, i) => isBorder(position) || i % 25 === 0);
    assert.ok(positions.filter(isBorder).length >= 3);
    for (const { next, done } of positions) {
      const from = JSON.parse(JSON.stringify(next)) as DataPosition;
      const rest = (await allBatches(training(), { from, num_train_epochs: next.epoch + 1 })).map(contents);
      assert.deepEqual(rest, whole.slice(done, done + rest.length), `${task} from ${JSON.stringify(from)}`);
      assert.ok(rest.length > 0);
    }
  }
});

Deno.test("files give the batches that the same examples in memory give", async () => {
  const lines = EXAMPLES.classify(COUNT).map((example) => JSON.stringify(example));
  const data = await openDataset(
    [file("a.jsonl", lines.slice(0, 1024).join("\n")), file("b.jsonl", lines.slice(1024).join("\n"))],
    { task: "classify" },
  );
  const options = { ...OPTIONS, per_device_train_batch_size: 500 };
  const expected = await allBatches(examplesOf("classify", COUNT).training(options));
  assert.deepEqual((await allBatches(data.training(options))).map(contents), expected.map(contents));
});

Deno.test("batches keep their bounds, and the number of batches of an epoch is known", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        count: fc.integer({ min: 1, max: 300 }),
        rows: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
        tokens: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }),
        task: fc.constantFrom<DataTask[]>("mlm", "choose"),
      }),
      async ({ count, rows, tokens, task }) => {
        const data = examplesOf(task, count).training({
          tokenizer,
          ...(rows !== undefined && { per_device_train_batch_size: rows }),
          ...(tokens !== undefined && { max_batch_tokens: tokens }),
        });
        const batches = await allBatches(data);
        assert.deepEqual(await data.size(), { batches: batches.length, exact: true });
        const most = rows ?? (tokens === undefined ? 8 : Infinity);
        for (const { examples, tokens: used } of batches) {
          assert.ok(examples.length <= most);
          assert.ok(used <= (tokens ?? Infinity) || examples.length === 1);
        }
      },
    ),
    { numRuns: 30 },
  );
});

Deno.test("over several windows the number of batches is exact without tokens, and expected with them", async () => {
  const size = (options: object) => examplesOf("mlm", COUNT).training({ ...OPTIONS, ...options }).size();
  assert.deepEqual(await size({ per_device_train_batch_size: 64 }), {
    batches:
      (await allBatches(examplesOf("mlm", COUNT).training({ ...OPTIONS, per_device_train_batch_size: 64 }))).length,
    exact: true,
  });
  const { batches, exact } = await size({ max_batch_tokens: 500 });
  const found = (await allBatches(examplesOf("mlm", COUNT).training({ ...OPTIONS, max_batch_tokens: 500 }))).length;
  assert.equal(exact, false);
  assert.ok(Math.abs(batches / found - 1) < 0.05, `${batches} expected, ${found} found`);
});

Deno.test("fewer examples than a batch are one smaller batch, and a warning", async () => {
  const data = examplesOf("mlm", 3).training({ tokenizer, per_device_train_batch_size: 4 });
  assert.deepEqual(data.warnings, ["the data have 3 examples, fewer than a batch of 4: every batch has them all"]);
  assert.deepEqual((await allBatches(data)).map(({ examples }) => examples.length), [3]);
  assert.deepEqual(examplesOf("mlm", 4).training({ tokenizer, per_device_train_batch_size: 4 }).warnings, []);
});

Deno.test("positions that there are not are refused", async () => {
  const data = examplesOf("mlm", 40).training({ tokenizer });
  const refuses = (from: unknown, message: string) =>
    assert.rejects(async () => await allBatches(data, { from: from as DataPosition }), { name: "InputError", message });
  const none = (place: string) =>
    `Cannot go on in the data: there is no position ${place}; give the data and options of the training's beginning`;
  await refuses({ epoch: 0, window: 0, batch: 5 }, none('{"epoch":0,"window":0,"batch":5}'));
  await refuses({ epoch: 0, window: 1, batch: 0 }, none('{"epoch":0,"window":1,"batch":0}'));
  const must = "Cannot go on in the data: a position must have epoch, window, batch, whole numbers from 0, got";
  await refuses({ epoch: 0, window: 1 }, `${must} {"epoch":0,"window":1}`);
  await refuses({ epoch: 0, window: 0, batch: -1 }, `${must} {"epoch":0,"window":0,"batch":-1}`);
  await refuses(null, `${must} null`);
  assert.deepEqual(await allBatches(data, { from: { epoch: 1, window: 0, batch: 0 } }), []);
});

Deno.test("long texts end blocks and windows early, so that these do not fill the memory", async () => {
  const long = "word ".repeat(2 ** 16);
  const lines = texts(12).map((text) => `${text} ${long}`);
  const reader = READERS.mlm;
  const store = new FileStore({ reader, columns: {} });
  const opened = await openDataFile(file("a.txt", lines.join("\n")), { task: "mlm", format: undefined });
  await store.add(opened, { scan: new Scan(reader, {}), onBytes() {}, signal: undefined });
  assert.deepEqual(store.blocks.map(({ count }) => count), [4, 4, 4]);
  assert.deepEqual(
    (await store.read(store.blocks[1]!)).map(({ place }) => place),
    [5, 6, 7, 8].map((n) => `a.txt:${n}`),
  );
  const blocks = Array.from({ length: 80 }, (_, i) => ({ first: 10 * i, count: 10, bytes: 2 ** 20 }));
  const windows = windowsOf(blocks, { seed: 0, epoch: 0, examples: 16_384 });
  assert.deepEqual(windows.map(({ examples, before }) => [examples, before]), [[320, 0], [320, 320], [160, 640]]);
});
