/**
 * The data of a training of WordNet's size, 107,000 texts of 15 tokens: how fast they are checked and become batches, and
 * how much of a training waits for them if a step takes 100 ms on the GPU. Windows are a quarter of the usual ones, so
 * that several are read. No GPU takes part.
 */

import { type DataTask, NarrowBertTokenizerFast, openDataset, type TrainingDataOptions } from "../mod.ts";
import { random } from "../src/base/random.ts";
import { benchRate } from "./rate.ts";
import { figures, report } from "./report.ts";

const TEXTS = 107_000;
/** Milliseconds of a step on the GPU, and how many are done. */
const STEP = 100;
const STEPS = 80;
/** How much longer data may make a training. */
const MOST = 3;

const tokenizer = await NarrowBertTokenizerFast.from_pretrained(
  new URL("../examples/models/wordnet/mlm", import.meta.url),
);
const words = (await Deno.readTextFile(new URL("texts.txt", import.meta.url))).split(/\s+/);

/** Random runs of 5 to 17 words of English texts, with one of 41 labels. */
function linesOf(task: DataTask): string {
  const next = random(1);
  const below = (count: number) => Math.floor((next() + 1) / 2 * count);
  return Array.from({ length: TEXTS }, () => {
    const at = below(words.length - 20);
    const text = words.slice(at, at + 5 + below(13)).join(" ");
    return task === "mlm" ? text : JSON.stringify({ text, label: `topic ${below(41)}` });
  }).join("\n");
}

const WORKS: readonly { task: "mlm" | "classify"; name: string; options: TrainingDataOptions }[] = [
  { task: "mlm", name: "words.txt", options: { tokenizer, per_device_train_batch_size: 128 } },
  { task: "classify", name: "topics.jsonl", options: { tokenizer, per_device_train_batch_size: 64 } },
];

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Shares of the time of a training, in percent. */
const shares: Record<string, number> = {};

for (const { task, name, options } of WORKS) {
  const file = new File([linesOf(task)], name);
  const data = await openDataset(file, { task });
  const training = data.training({ ...options, shuffle_buffer_size: 4096 });

  benchRate(
    { name: `check ${name}`, group: "data", unit: "MB/s", times: 1, amount: file.size / 1e6, n: 5 },
    () => openDataset(file, { task }),
  );

  benchRate(
    { name: `batches of ${name}`, group: "data", unit: "examples/s", times: 1, amount: TEXTS, n: 3, warmup: 1 },
    async () => {
      let examples = 0;
      for await (const batch of training.batches({ num_train_epochs: 1 })) examples += batch.examples.length;
      if (examples !== TEXTS) throw new Error(`${examples} examples of ${TEXTS}`);
    },
  );

  Deno.bench({ name: `${STEPS} steps of ${STEP} ms, ${name}`, group: "data", warmup: 1, n: 1 }, async () => {
    let alone = 0;
    for (let step = 0; step < 10; step++) {
      const start = performance.now();
      await sleep(STEP);
      alone += (performance.now() - start) / 10;
    }
    const batches = training.batches();
    await batches.next(); // a training waits for its first window
    const begun = performance.now();
    let waited = 0;
    for (let step = 0; step < STEPS; step++) {
      const start = performance.now();
      await batches.next();
      waited += performance.now() - start;
      await sleep(STEP);
    }
    const took = performance.now() - begun;
    await batches.return(undefined);
    shares[`waiting for batches of ${name}`] = 100 * waited / took;
    shares[`a training by ${name} is longer`] = 100 * (took / (STEPS * alone) - 1);
  });
}

report(() => {
  const most = Object.fromEntries(Object.keys(shares).map((name) => [name, MOST]));
  return Object.keys(shares).length === 0 ? [] : [figures({ name: "data", unit: "%", values: shares, most })];
});
