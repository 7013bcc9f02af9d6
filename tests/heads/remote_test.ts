/** Calls of methods in another thread, and a trunk there. The thread is the other end of a channel. */

import assert from "node:assert/strict";
import { errorData, errorFrom } from "../../src/heads/remote/error_data.ts";
import * as errors from "../../src/base/errors.ts";
import { RemoteCalls } from "../../src/heads/remote/calls.ts";
import { answerMethod, RemoteTrunk } from "../../src/heads/remote/remote_trunk.ts";
import { type Methods, serve } from "../../src/heads/remote/serve.ts";
import type { Query } from "../../src/heads/trunk/query.ts";
import type { Answering } from "../../src/heads/trunk/query_batcher.ts";
import { smallTrunk, tokensOf } from "./small_trunk.ts";

/** Calls of methods across a channel. `ended` counts how often it was ended. */
function connected(methods: Methods, { timeoutMs = 60_000 } = {}) {
  const { port1, port2 } = new MessageChannel();
  const state = { ended: 0 };
  const close = () => {
    state.ended++;
    port1.close();
    port2.close();
  };
  const calls = new RemoteCalls(port1, { timeoutMs, onEnd: close });
  serve(port2, methods);
  return { calls, state, port: port2, [Symbol.dispose]: () => calls.end(new Error("the test is over")) };
}

const late = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

Deno.test("a call gives what its method gives, whatever comes between", async () => {
  using side = connected({
    async double(x: number) {
      await late(x);
      return { value: 2 * x };
    },
  });
  assert.deepEqual(await Promise.all([20, 1, 10].map((x) => side.calls.call("double", x))), [40, 2, 20]);
});

Deno.test("errors come back with class, message, code, cause and stack", () => {
  const own = Object.values(errors).filter((one) => one !== errors.NarrowBertError) as unknown as (new (
    message: string,
    options?: ErrorOptions,
  ) => Error)[];
  for (
    const kind of [...own, Error, TypeError, RangeError, SyntaxError, Deno.errors.NotCapable, Deno.errors.NotFound]
  ) {
    const before = new kind("what is wrong", { cause: new RangeError("why") });
    const after = errorFrom(structuredClone(errorData(before)));
    assert.equal(after.constructor, kind);
    assert.deepEqual([after.name, after.message, after.stack], [before.name, before.message, before.stack]);
    assert.equal((after as errors.InputError).code, (before as errors.InputError).code);
    if (before.cause !== undefined) assert.equal((after.cause as Error).constructor, RangeError);
  }
  const reason = new errors.CheckpointError("no", { reason: "bad_zip" });
  assert.equal((errorFrom(errorData(reason)) as errors.CheckpointError).reason, "bad_zip");
  const abort = errorFrom(errorData(new DOMException("stopped", "AbortError")));
  assert(abort instanceof DOMException && abort.name === "AbortError");
  assert.equal(errorFrom(errorData("a text")).message, "a text");
  for (const name of ["OperationError", "QuotaExceededError", "TimeoutError"]) {
    const after = errorFrom(errorData(new DOMException("no", name)));
    assert(after instanceof DOMException && after.name === name, name);
  }
  const many = errorFrom(errorData(new AggregateError([new RangeError("one"), new TypeError("two")], "both")));
  assert(many instanceof AggregateError && many.errors[0] instanceof RangeError && many.errors[1] instanceof TypeError);
  const circle = new Error("round");
  circle.cause = circle;
  assert.equal(errorFrom(errorData(circle)).message, "round");
  class Odd extends Error {
    override name = "Odd";
  }
  assert.equal(errorFrom(errorData(new Odd("odd"))).name, "Odd");
});

Deno.test("an abort ends a call at once, and its method learns of it: before, during and after", async () => {
  const seen: string[] = [];
  using side = connected({
    async wait(_: null, { signal }) {
      seen.push("begun");
      const { promise, resolve } = Promise.withResolvers<void>();
      signal.addEventListener("abort", () => resolve());
      await promise;
      seen.push("aborted");
      return { value: null };
    },
    quick: () => Promise.resolve({ value: 1 }),
  });
  const reason = new Error("enough");
  await assert.rejects(side.calls.call("wait", null, { signal: AbortSignal.abort(reason) }), reason);
  assert.deepEqual(seen, []);
  const during = new AbortController();
  const waiting = side.calls.call("wait", null, { signal: during.signal });
  await late(10);
  during.abort(reason);
  await assert.rejects(waiting, reason);
  await late(10);
  assert.deepEqual(seen, ["begun", "aborted"]);
  const after = new AbortController();
  assert.equal(await side.calls.call("quick", null, { signal: after.signal }), 1);
  after.abort();
  assert.equal(await side.calls.call("quick", null), 1);
});

Deno.test("events come while a call runs; what their receiver throws ends it", async () => {
  let aborted = false;
  using side = connected({
    async count(_: null, { tell, signal }) {
      signal.addEventListener("abort", () => aborted = true);
      for (const i of [1, 2, 3]) tell(i);
      await late(20);
      return { value: "counted" };
    },
  });
  const seen: unknown[] = [];
  assert.equal(await side.calls.call("count", null, { onEvent: (event) => seen.push(event) }), "counted");
  assert.deepEqual(seen, [1, 2, 3]);
  const onEvent = () => {
    throw new Error("the receiver's own");
  };
  await assert.rejects(side.calls.call("count", null, { onEvent }), /^Error: the receiver's own$/);
  await late(30);
  assert.equal(aborted, true);
});

Deno.test("a Worker without a sign of life is given up, with all calls; one that is only slow is not", async () => {
  using side = connected({
    async slow() {
      await late(250);
      return { value: "done" };
    },
  }, { timeoutMs: 40 });
  assert.equal(await side.calls.call("slow", null), "done");
  side.port.onmessage = () => {}; // it hangs
  const calls = [side.calls.call("slow", null), side.calls.call("slow", null)];
  const dead = { name: "WorkerError", code: "worker", message: /no sign of life for 0.04 s; load the model again/ };
  for (const call of calls) await assert.rejects(call, dead);
  await assert.rejects(side.calls.call("slow", null), dead);
  assert.equal(side.state.ended, 1);
});

Deno.test("a hung Worker is given up too if its callers abort before; a busy caller does not take it for dead", async () => {
  using side = connected({ slow: () => late(400).then(() => ({ value: "done" })) }, { timeoutMs: 120 });
  const busy = side.calls.call("slow", null);
  for (let i = 0; i < 3; i++) { // this thread is busy for longer than that
    const end = performance.now() + 180;
    while (performance.now() < end);
    await late(0);
  }
  assert.equal(await busy, "done");
  side.port.onmessage = () => {};
  let died: unknown = null;
  const begun = performance.now();
  while (died === null && performance.now() - begun < 5000) {
    await side.calls.call("slow", null, { signal: AbortSignal.timeout(50) }).catch((error) => {
      if (error instanceof errors.WorkerError) died = error;
    });
  }
  assert.match(String(died), /no sign of life for 0.12 s/);
});

Deno.test("a Worker that tells of its death fails all calls, with what it threw as the cause", async () => {
  using side = connected({ never: () => new Promise(() => {}) });
  const calls = [side.calls.call("never", null), side.calls.call("never", null)];
  side.port.postMessage({ kind: "died", error: errorData(new RangeError("out of room")) });
  for (const call of calls) {
    await assert.rejects(call, (error: errors.WorkerError) => {
      assert.match(error.message, /has ended: out of room; load the model again/);
      return error instanceof errors.WorkerError && error.cause instanceof RangeError;
    });
  }
});

Deno.test("a trunk behind a channel answers as it does here, to many callers, aborted ones left out", async () => {
  using trunk = await smallTrunk();
  const queries = Array.from({ length: 9 }, (_, i) => ({
    tokens: tokensOf(i),
    ask: { label_logits: {}, mean_state: {}, top_words: { positions: [1], top_k: 3 }, states: { positions: [0, 2] } },
  })) as unknown as Query[];
  const expected = await (trunk as Answering).answer(queries, {});
  using side = connected(answerMethod(() => trunk as Answering));
  const remote = new RemoteTrunk(side.calls, { passTokens: trunk.passTokens, config: trunk.config });
  assert.equal(remote.passTokens, trunk.passTokens);
  assert.deepEqual(await remote.answer(queries), expected);
  // Two equal texts in one call share their numbers.
  const twice = await remote.answer([queries[3]!, queries[3]!]);
  assert.deepEqual(twice[0], twice[1]);
  const controller = new AbortController();
  const aborted = remote.answer(queries, { signal: controller.signal });
  const other = remote.answer([queries[2]!]);
  controller.abort(new Error("gone"));
  await assert.rejects(aborted, /^Error: gone$/);
  assert.equal((await other).length, 1);
  const bad = [{ tokens: { input_ids: [-1] }, ask: { label_logits: {} } }] as unknown as Query[];
  await assert.rejects(remote.answer(bad), { name: "InputError", code: "input" });
});
