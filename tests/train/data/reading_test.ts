/** Reading ahead, ending early, and the order of an evaluation. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { datasetOf, openDataset } from "../../../mod.ts";
import { lookAhead, untilUnwanted } from "../../../src/train/data/reading/look_ahead.ts";
import { inTemporaryFolder } from "../../io/temporary.ts";
import { allBatches, EXAMPLES, examplesOf, file, listOf, texts, tokenizer } from "./data.ts";

/** Numbers from 0, and a record of what was made and closed. */
function numbers(count: number, made: (number | string)[], fail = Infinity) {
  return async function* (): AsyncGenerator<number> {
    try {
      for (let i = 0; i < count; i++) {
        await Promise.resolve();
        if (i === fail) throw new Error(`no ${i}`);
        made.push(i);
        yield i;
      }
    } finally {
      made.push("closed");
    }
  };
}

/** Lets all that waits for nothing but promises run. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("some items are made while another is used, and no more", async () => {
  const made: (number | string)[] = [];
  const items = lookAhead(numbers(6, made)(), 2);
  await settled();
  assert.deepEqual(made, [], "nothing is made before somebody asks");
  assert.equal((await items.next()).value, 0);
  await settled();
  assert.deepEqual(made, [0, 1, 2]);
  assert.equal((await items.next()).value, 1);
  await settled();
  assert.deepEqual(made, [0, 1, 2, 3]);
  await items.return(undefined);
  assert.equal(made.at(-1), "closed");
  for (const depth of [0, 1, 5, 20]) {
    assert.deepEqual(await Array.fromAsync(lookAhead(numbers(6, [])(), depth)), [0, 1, 2, 3, 4, 5]);
  }
});

Deno.test("an error comes in its turn, and closes what makes the items", async () => {
  const made: (number | string)[] = [];
  const items = lookAhead(numbers(6, made, 2)(), 4);
  const taken: number[] = [];
  await assert.rejects(async () => {
    for await (const item of items) taken.push(item);
  }, { message: "no 2" });
  assert.deepEqual([taken, made], [[0, 1], [0, 1, "closed"]]);
});

Deno.test("work that nobody wants any more is told so before it is waited for", async () => {
  const log: string[] = [];
  const items = untilUnwanted(async function* (unwanted) {
    try {
      for (let i = 0;; i++) yield i;
    } finally {
      log.push(`unwanted: ${unwanted.aborted}`);
      await settled();
      log.push("closed");
    }
  });
  for await (const item of items) if (item === 3) break;
  assert.deepEqual(log, ["unwanted: true", "closed"]);
});

Deno.test("a training that is left in the middle of a window reads no more of it", async () => {
  const lines = texts(30_000);
  const data = await openDataset(file("a.txt", lines.join("\n")), { task: "mlm" });
  const options = { tokenizer, per_device_train_batch_size: 8, shuffle_buffer_size: 2048 };
  let encoded = 0;
  const encode = tokenizer.batch_encode_plus.bind(tokenizer);
  tokenizer.batch_encode_plus = (texts, options) => {
    encoded += texts.length;
    return encode(texts, options);
  };
  try {
    for await (const batch of data.training(options).batches()) {
      assert.equal(batch.examples.length, 8);
      break;
    }
    await settled();
    const before = encoded;
    assert.ok(before < 2 * 2048 + 100, `${before} texts are encoded`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(encoded, before);
  } finally {
    Reflect.deleteProperty(tokenizer, "batch_encode_plus");
  }
});

Deno.test("timers run while a window is tokenized", async () => {
  const data = datasetOf(EXAMPLES.mlm(8000), { task: "mlm" });
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const start = performance.now();
  const batches = data.training({ tokenizer }).batches();
  const first = await batches.next();
  const took = performance.now() - start;
  clearInterval(timer);
  await batches.return(undefined);
  assert.equal(first.value?.examples.length, 8);
  assert.ok(ticks > Math.min(10, took / 40), `${ticks} ticks in ${took} ms`);
});

Deno.test("an evaluation has all examples in order, in batches of bounded size", async () => {
  const data = examplesOf("classify", 2500);
  const batches = await Array.fromAsync(data.evaluation({ tokenizer, max_batch_tokens: 700 }));
  assert.deepEqual(batches.flatMap(({ examples }) => examples), Array.from({ length: 2500 }, (_, i) => i));
  for (const { tokens } of batches) assert.ok(tokens <= 700);
  // Each is as large as it can be: the next example would not fit.
  batches.slice(0, -1).forEach(({ tokens }, i) => {
    const [row] = listOf<number[][]>(batches[i + 1]!, "attention_mask");
    assert.ok(tokens + row!.reduce((sum, kept) => sum + kept) > 700);
  });
  const counted = await Array.fromAsync(data.evaluation({ tokenizer, per_device_eval_batch_size: 400 }));
  assert.ok(counted.every(({ examples }) => examples.length <= 400));
});

Deno.test("every evaluation masks the same words", async () => {
  const data = examplesOf("mlm", 100);
  const labels = async (size: number) =>
    (await Array.fromAsync(data.evaluation({ tokenizer, per_device_eval_batch_size: size })))
      .flatMap((batch) => listOf<number[][]>(batch, "labels").flat()).filter((label) => label !== -100);
  assert.deepEqual(await labels(100), await labels(7));
});

Deno.test("data that change while they are used are refused", () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, "a.txt");
    await Deno.writeTextFile(path, texts(3000).join("\n"));
    const data = await openDataset(path, { task: "mlm" });
    const training = data.training({ tokenizer, shuffle_buffer_size: 1024 });
    await Deno.writeTextFile(path, "\nmore", { append: true });
    await assert.rejects(allBatches(training), {
      name: "InputError",
      message: `Cannot read ${path}: it changed since it was opened; open the data again`,
    });
  }));
