import assert from "node:assert/strict";
import { bursts } from "../../src/cli/outputs/bursts.ts";

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const stop = () => {};

Deno.test("what comes at once is a burst, of a bounded length", async () => {
  async function* numbers() {
    for (let i = 0; i < 7; i++) {
      if (i === 2) await pause(5);
      yield i;
    }
  }
  assert.deepEqual(await Array.fromAsync(bursts(numbers(), { most: 3, stop })), [[0, 1], [2, 3, 4], [5, 6]]);
  assert.deepEqual(await Array.fromAsync(bursts((async function* () {})(), { most: 3, stop })), []);
});

Deno.test("what came is given while the next is waited for", async () => {
  const later = Promise.withResolvers<void>();
  async function* numbers() {
    yield 1;
    await later.promise;
    yield 2;
  }
  const found = bursts(numbers(), { most: 9, stop });
  assert.deepEqual((await found.next()).value, [1]);
  later.resolve();
  assert.deepEqual((await found.next()).value, [2]);
  assert.equal((await found.next()).done, true);
});

Deno.test("what came before an error comes first", async () => {
  async function* numbers() {
    yield 1;
    await Promise.resolve();
    throw new RangeError("no more");
  }
  const found = bursts(numbers(), { most: 9, stop });
  assert.deepEqual((await found.next()).value, [1]);
  await assert.rejects(() => found.next(), new RangeError("no more"));
});

Deno.test("whoever has had enough closes the source", async () => {
  let closed = false;
  async function* numbers() {
    try {
      for (;;) yield 1;
    } finally {
      closed = true;
    }
  }
  for await (const burst of bursts(numbers(), { most: 2, stop })) {
    assert.deepEqual(burst, [1, 1]);
    break;
  }
  assert(closed);
});

Deno.test("whoever has had enough need not wait for what a stopped source waits for", async () => {
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  let closed = false;
  async function* numbers() {
    try {
      yield 1;
      await stopped;
    } finally {
      closed = true;
    }
  }
  for await (const burst of bursts(numbers(), { most: 2, stop: resolve })) {
    assert.deepEqual(burst, [1]);
    break;
  }
  assert(closed);
});
