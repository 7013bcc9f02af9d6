/** A model that is lost is loaded again; three losses in a minute end the service. */

import assert from "node:assert/strict";
import { DeviceLostError, InputError, WorkerError } from "../../src/base/errors.ts";
import { ModelKeeper } from "../../src/server/life/model_keeper.ts";
import type { ServedModel } from "../../src/server/models/served_model.ts";
import { createApp } from "../../src/server/app.ts";
import { ask, post, shipped } from "./service.ts";

const turn = (ms = 0) => new Promise((resolve) => setTimeout(resolve, ms));

/** A keeper of models that are only counted. */
function counting(fails: () => Error | null = () => null) {
  const counts = { loaded: 0, disposed: 0, again: 0 };
  const fatal: Error[] = [];
  const keeper = new ModelKeeper("m", {
    async load(isAgain) {
      await turn();
      const error = fails();
      if (error !== null) throw error;
      counts.loaded++;
      if (isAgain) counts.again++;
      return { dispose: () => counts.disposed++ } as unknown as ServedModel;
    },
    onFatal: (error) => fatal.push(error),
  });
  return { keeper, counts, fatal };
}

const lose = (keeper: ModelKeeper, error: Error) =>
  assert.rejects(keeper.use(() => Promise.reject(error)), (thrown) => thrown === error);

Deno.test("a lost model is disposed of and loaded again; meanwhile requests are told", async () => {
  const { keeper, counts, fatal } = counting();
  await assert.rejects(keeper.use(() => Promise.resolve(1)), { name: "HttpError", type: "Unhealthy" });
  await keeper.start();
  assert.equal(await keeper.use(() => Promise.resolve(1)), 1);
  await lose(keeper, new InputError("no loss"));
  assert.deepEqual([keeper.isReady, counts.loaded], [true, 1]);
  await Promise.all([1, 2, 3].map(() => lose(keeper, new WorkerError("gone")))); // one loss
  assert.equal(keeper.isReady, false);
  await assert.rejects(keeper.use(() => Promise.resolve(1)), { type: "Unhealthy" });
  await turn(20);
  assert.deepEqual([keeper.isReady, counts], [true, { loaded: 2, disposed: 1, again: 1 }]);
  assert.deepEqual(fatal, []);
});

Deno.test("three losses in a minute, or loads that fail, are too many", async () => {
  const { keeper, counts, fatal } = counting();
  await keeper.start();
  for (const error of [new WorkerError("gone"), new DeviceLostError("lost"), new WorkerError("gone again")]) {
    await lose(keeper, error);
    await turn(20);
  }
  assert.deepEqual([counts.loaded, counts.disposed, keeper.isReady], [3, 3, false]);
  assert.deepEqual(fatal.map(({ message }) => message), ["the model m was lost 3 times in a minute: gone again"]);

  let isBroken = false;
  const broken = counting(() => isBroken ? new Error("no adapter") : null);
  await broken.keeper.start();
  isBroken = true;
  await lose(broken.keeper, new DeviceLostError("lost"));
  await turn(50);
  assert.match(broken.fatal[0]!.message, /lost 3 times in a minute: no adapter$/);
});

Deno.test("a keeper that is closed loads nothing more", async () => {
  const { keeper, counts } = counting();
  await keeper.start();
  const lost = lose(keeper, new WorkerError("gone"));
  keeper.close();
  await lost;
  await turn(20);
  assert.deepEqual([keeper.isReady, counts.loaded - counts.disposed], [false, 0]);
});

Deno.test("health answers while the GPU works in a Worker; a Worker that ends is replaced, and every caller told", async () => {
  const own = globalThis.Worker;
  const workers: Worker[] = [];
  globalThis.Worker = class extends own {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      workers.push(this);
    }
  };
  try {
    await using app = createApp({ models: [shipped("mlm")], workerTimeoutMs: 1000 });
    await app.ready;
    const expected = await post(app, "/embed", { inputs: "a king" });
    const inputs = Array.from({ length: 3 }, (_, i) => `the wife of a king and queen ${i} `.repeat(6));
    const slow = post(app, "/score", { inputs });
    let worst = 0;
    for (let i = 0; i < 20; i++) {
      await turn(5);
      const start = performance.now();
      assert.equal((await ask(app, "/health")).status, 200);
      worst = Math.max(worst, performance.now() - start);
    }
    await slow;
    console.log(`health within ${worst.toFixed(1)} ms`);
    assert(worst < 50, `${worst} ms`);

    const under = [0, 1, 2].map((i) => ask(app, "/score", { body: { inputs: `${inputs[0]} ${i}` } }));
    await turn(20);
    workers.at(-1)!.terminate();
    const start = performance.now();
    for (const { status, body } of await Promise.all(under)) {
      assert.deepEqual([status, body], [503, {
        error: "The model was lost and is loaded again; try again later",
        error_type: "Unhealthy",
      }]);
    }
    const told = performance.now() - start;
    assert(told < 2500, `told after ${told} ms`);
    assert.equal((await ask(app, "/health")).status, 503);
    while ((await ask(app, "/health")).status !== 200) await turn(50);
    assert.deepEqual(await post(app, "/embed", { inputs: "a king" }), expected, "the same bits");
    assert.equal(workers.length, 2);
    const { body } = await ask(app, "/metrics") as { body: string };
    assert.match(body, /nb_model_reloads\{model="mlm"\} 1\n/);
  } finally {
    globalThis.Worker = own;
  }
});
