import assert from "node:assert/strict";
import { InputError, OverloadedError } from "../../src/base/errors.ts";
import type { BatchReport } from "../../src/heads/trunk/batching.ts";
import type { NamedAnswers, Query } from "../../src/heads/trunk/query.ts";
import { type Answering, QueryBatcher } from "../../src/heads/trunk/query_batcher.ts";

const query = (id: number, tokens = 1): Query =>
  ({ tokens: { input_ids: new Array(tokens).fill(id) }, ask: { states: {} } }) as unknown as Query;
const idOf = ({ tokens }: Query) => Number(tokens.input_ids[0]);
const answerTo = (one: Query) => ({ states: { values: Float32Array.of(idOf(one)) } }) as unknown as NamedAnswers;
const idsIn = (answers: readonly NamedAnswers[]) => answers.map(({ states }) => (states!.values as Float32Array)[0]);

/** A trunk that answers when it is told to. */
class SlowTrunk implements Answering {
  readonly batches: number[][] = [];
  readonly signals: AbortSignal[] = [];
  #ends: (() => void)[] = [];
  readonly #isFree: boolean;

  /** @param options `isFree`: it answers at once. */
  constructor({ isFree = false } = {}) {
    this.#isFree = isFree;
  }

  async answer(queries: readonly Query[], { signal }: { signal?: AbortSignal | undefined }) {
    this.batches.push(queries.map(idOf));
    this.signals.push(signal!);
    if (!this.#isFree) await new Promise<void>((resolve) => this.#ends.push(resolve));
    const wrong = queries.find((one) => idOf(one) < 0);
    if (wrong !== undefined) throw new InputError(`query ${idOf(wrong)} does not fit`);
    return queries.map(answerTo);
  }

  /** Ends the batch that began first. */
  async end(): Promise<void> {
    this.#ends.shift()!();
    await turns();
  }
}

/** Lets the event loop run a few times. */
async function turns(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setTimeout(resolve));
}

Deno.test("queries of callers that come together, or while a batch is computed, share a batch, and keep their order", async () => {
  const trunk = new SlowTrunk();
  const batcher = new QueryBatcher(trunk);
  const found = [batcher.answer([query(1), query(2)]), batcher.answer([query(3)])];
  await turns();
  found.push(batcher.answer([query(4)]), batcher.answer([query(5), query(6)]));
  await turns();
  assert.deepEqual([trunk.batches, batcher.waiting], [[[1, 2, 3]], 3]);
  await trunk.end();
  await trunk.end();
  assert.deepEqual((await Promise.all(found)).map(idsIn), [[1, 2], [3], [4], [5, 6]]);
  assert.deepEqual(trunk.batches, [[1, 2, 3], [4, 5, 6]]);
  assert.deepEqual(await batcher.answer([]), []);
});

Deno.test("a batch has at most so many queries and tokens; a second full one does not wait for the first", async () => {
  const trunk = new SlowTrunk();
  const batcher = new QueryBatcher(trunk, { maxBatch: 3, maxTokens: 10 });
  const found = batcher.answer([1, 2, 3, 4, 5, 6, 7].map((id) => query(id)));
  await turns();
  assert.deepEqual(trunk.batches, [[1, 2, 3], [4, 5, 6]]);
  await trunk.end();
  assert.deepEqual(trunk.batches.length, 2); // the rest waits until nothing runs
  await trunk.end();
  await trunk.end();
  assert.deepEqual(idsIn(await found), [1, 2, 3, 4, 5, 6, 7]);
  const long = batcher.answer([query(8, 6), query(9, 6), query(10, 30), query(11)]);
  await turns();
  for (let i = 0; i < 3; i++) await trunk.end();
  if (trunk.batches.length > 6) await trunk.end();
  await long;
  assert.deepEqual(trunk.batches.slice(3), [[8], [9], [10], [11]].slice(0, trunk.batches.length - 3));
});

Deno.test("a first query waits for others as long as it is told to", async () => {
  const trunk = new SlowTrunk({ isFree: true });
  const batcher = new QueryBatcher(trunk, { maxWaitMs: 60, maxBatch: 3 });
  const start = performance.now();
  const first = batcher.answer([query(1)]);
  await turns();
  assert.deepEqual(trunk.batches, []);
  const second = batcher.answer([query(2)]);
  await Promise.all([first, second]);
  assert.deepEqual(trunk.batches, [[1, 2]]);
  assert(performance.now() - start >= 55);
  const full = performance.now();
  await Promise.all([3, 4, 5].map((id) => batcher.answer([query(id)])));
  assert.deepEqual(trunk.batches, [[1, 2], [3, 4, 5]]);
  assert(performance.now() - full < 50, "a full batch does not wait");
});

Deno.test("too many queries are refused, unless none waits", async () => {
  const trunk = new SlowTrunk();
  const batcher = new QueryBatcher(trunk, { maxQueue: 3 });
  const running = batcher.answer([1, 2, 3, 4, 5].map((id) => query(id)));
  await turns();
  const waiting = batcher.answer([query(6), query(7)]);
  await assert.rejects(
    batcher.answer([query(8), query(9)]),
    new OverloadedError(
      "Cannot answer 2 more queries: 2 wait, and at most 3 may; try again later",
    ),
  );
  const last = batcher.answer([query(10)]);
  await assert.rejects(batcher.answer([query(11)]), OverloadedError);
  await trunk.end();
  await trunk.end();
  assert.deepEqual((await Promise.all([running, waiting, last])).map(idsIn), [[1, 2, 3, 4, 5], [6, 7], [10]]);
});

Deno.test("whoever aborts is told at once, and leaves the queue; a batch that nobody wants is stopped", async () => {
  const trunk = new SlowTrunk();
  const batcher = new QueryBatcher(trunk);
  const [gone, other] = [new AbortController(), new AbortController()];
  const first = batcher.answer([query(1)], { signal: gone.signal });
  const second = batcher.answer([query(2)], { signal: other.signal });
  await turns();
  const third = batcher.answer([query(3)], { signal: gone.signal });
  const fourth = batcher.answer([query(4)]);
  gone.abort(new Error("gone"));
  await assert.rejects(first, { message: "gone" });
  await assert.rejects(third, { message: "gone" });
  assert.deepEqual([trunk.signals[0]!.aborted, batcher.waiting], [false, 1]);
  other.abort(new Error("too late"));
  await assert.rejects(second, { message: "too late" });
  assert.equal(trunk.signals[0]!.aborted, true);
  await trunk.end();
  await trunk.end();
  assert.deepEqual(idsIn(await fourth), [4]);
  assert.deepEqual(trunk.batches, [[1, 2], [4]]);
  await assert.rejects(batcher.answer([query(5)], { signal: AbortSignal.abort(new Error("before")) }), {
    message: "before",
  });
  assert.deepEqual(trunk.batches.length, 2);
});

Deno.test("a query that does not fit fails its caller alone; another failure is everyone's", async () => {
  const batcher = new QueryBatcher(new SlowTrunk({ isFree: true }));
  const [good, bad, last] = await Promise.allSettled([
    batcher.answer([query(1), query(2)]),
    batcher.answer([query(3), query(-4)]),
    batcher.answer([query(5)]),
  ]);
  assert.deepEqual([good, last].map((one) => idsIn((one as PromiseFulfilledResult<NamedAnswers[]>).value)), [[1, 2], [
    5,
  ]]);
  assert.equal((bad as PromiseRejectedResult).reason.message, "query -4 does not fit");
  const lost = new QueryBatcher({ answer: () => Promise.reject(new Error("the device is lost")) });
  const told = await Promise.allSettled([lost.answer([query(1)]), lost.answer([query(2)])]);
  assert.deepEqual(told.map((one) => (one as PromiseRejectedResult).reason.message), [
    "the device is lost",
    "the device is lost",
  ]);
});

Deno.test("options of batching are checked", () => {
  const trunk = new SlowTrunk();
  for (const name of ["maxBatch", "maxTokens", "maxRows", "maxQueue"]) {
    for (const value of [0, -1, 1.5, NaN, "8"]) {
      assert.throws(() => new QueryBatcher(trunk, { [name]: value }), {
        name: "RangeError",
        message: `Cannot batch calls: ${name} must be a whole number from 1, got ${value}`,
      });
    }
  }
  for (const value of [-1, NaN, Infinity]) {
    assert.throws(() => new QueryBatcher(trunk, { maxWaitMs: value }), /maxWaitMs must be a time/);
  }
  assert.throws(() => new QueryBatcher(trunk, { onBatch: 5 as never }), {
    name: "TypeError",
    message: "Cannot batch calls: onBatch must be a function, got a number",
  });
  assert.throws(() => new QueryBatcher(trunk, { maxWait: 5 } as object), { name: "TypeError", message: /maxWait/ });
});

Deno.test("a batch has at most so many narrow rows, as the trunk counts them", async () => {
  const trunk = Object.assign(new SlowTrunk(), { rowsOf: (one: Query) => idOf(one) });
  const reports: BatchReport[] = [];
  const batcher = new QueryBatcher(trunk, { maxRows: 6, onBatch: (batch) => reports.push(batch) });
  const found = batcher.answer([1, 2, 3, 4, 9, 5].map((id) => query(id, 2)));
  await turns();
  for (let i = 0; i < 4; i++) await trunk.end();
  assert.deepEqual(idsIn(await found), [1, 2, 3, 4, 9, 5]);
  assert.deepEqual(trunk.batches, [[1, 2, 3], [4], [9], [5]]);
  const sizes = reports.map(({ queries, tokens, rows }) => [queries, tokens, rows]);
  assert.deepEqual(sizes, [[3, 6, 6], [1, 2, 4], [1, 2, 9], [1, 2, 5]]);
  assert(reports.every(({ waitedMs, tookMs }) => waitedMs >= 0 && tookMs >= 0));
});

Deno.test("equal queries share one answer: those that wait always, those under way if the weights are fixed", async () => {
  for (const isFixed of [true, false]) {
    const trunk = Object.assign(new SlowTrunk(), { isFixed });
    const batcher = new QueryBatcher(trunk, { maxQueue: 1 });
    const found = [batcher.answer([query(1), query(2), query(1)])];
    await turns();
    assert.deepEqual(trunk.batches, [[1, 2]], "a query and its like are computed once");
    found.push(batcher.answer([query(3)]), batcher.answer([query(3)]), batcher.answer([query(3)]));
    const joined = batcher.answer([query(2)]);
    if (isFixed) found.push(joined);
    else await assert.rejects(joined, OverloadedError, "it is computed anew, and the queue is full");
    assert.equal(batcher.waiting, 1);
    await trunk.end();
    await trunk.end();
    const ids = (await Promise.all(found)).map(idsIn);
    assert.deepEqual(ids, [[1, 2, 1], [3], [3], [3], ...(isFixed ? [[2]] : [])]);
    assert.deepEqual(trunk.batches, [[1, 2], [3]]);
  }
});

Deno.test("queries differ by their options, types and positions, and not by how these are stored", async () => {
  const trunk = new SlowTrunk({ isFree: true });
  const reports: BatchReport[] = [];
  const batcher = new QueryBatcher(trunk, { onBatch: (batch) => reports.push(batch) });
  const asked = [
    { tokens: { input_ids: [1, 2] }, ask: { states: {} } },
    { tokens: { input_ids: [1, 2], token_type_ids: [0, 0] }, ask: { states: {} } },
    { tokens: { input_ids: [1, 2], token_type_ids: [0, 1] }, ask: { states: {} } },
    { tokens: { input_ids: [12] }, ask: { states: {} } },
    { tokens: { input_ids: [1, 2] }, ask: { states: { positions: [0, 1] } } },
    { tokens: { input_ids: [1, 2] }, ask: { states: { positions: Uint32Array.of(0, 1) } } },
    { tokens: { input_ids: Uint32Array.of(1, 2) }, ask: { states: { positions: [1] } } },
    { tokens: { input_ids: [1, 2] }, ask: { mean_state: {} } },
  ] as unknown as Query[];
  assert.deepEqual(idsIn(await batcher.answer(asked)), [1, 1, 1, 12, 1, 1, 1, 1]);
  await turns();
  assert.deepEqual(reports.map(({ queries }) => queries), [6]);
});

Deno.test("a caller that joined a query has its answer when the first one has aborted", async () => {
  const trunk = Object.assign(new SlowTrunk(), { isFixed: true });
  const batcher = new QueryBatcher(trunk);
  for (const isBegun of [false, true]) {
    const gone = new AbortController();
    const blocker = isBegun ? null : batcher.answer([query(9)]);
    if (!isBegun) await turns();
    const first = batcher.answer([query(1)], { signal: gone.signal });
    if (isBegun) await turns();
    let begins = 0;
    const second = batcher.answer([query(1)], { onBegin: () => begins++ });
    gone.abort(new Error("gone"));
    await assert.rejects(first, { message: "gone" });
    if (!isBegun) await trunk.end();
    assert.equal(trunk.signals.at(-1)!.aborted, false);
    await trunk.end();
    assert.deepEqual(idsIn(await second), [1]);
    assert.equal(begins, 1);
    await blocker;
  }
  assert.deepEqual(trunk.batches, [[9], [1], [1]]);
});

Deno.test("a query that nobody wants any more is not joined", async () => {
  const trunk = Object.assign(new SlowTrunk(), { isFixed: true });
  const batcher = new QueryBatcher(trunk);
  const gone = new AbortController();
  const first = batcher.answer([query(1)], { signal: gone.signal });
  await turns();
  gone.abort(new Error("gone"));
  await assert.rejects(first, { message: "gone" });
  assert.equal(trunk.signals[0]!.aborted, true);
  const again = batcher.answer([query(1)]);
  await trunk.end();
  await trunk.end();
  assert.deepEqual(idsIn(await again), [1]);
  assert.deepEqual(trunk.batches, [[1], [1]]);
});

Deno.test("a query that waits too long ends its call with a TimeoutError, and leaves the queue", async () => {
  const trunk = new SlowTrunk();
  const batcher = new QueryBatcher(trunk, { maxQueueMs: 30 });
  const running = batcher.answer([query(1)]);
  await turns();
  const late = batcher.answer([query(2)]);
  await assert.rejects(late, { name: "TimeoutError", message: /has waited for 30 ms/ });
  assert.equal(batcher.waiting, 0);
  await trunk.end(); // what is computed already may take longer
  assert.deepEqual(idsIn(await running), [1]);
  assert.deepEqual(trunk.batches, [[1]]);
  assert.throws(() => new QueryBatcher(trunk, { maxQueueMs: -1 }), /maxQueueMs must be a time/);
});
