/** Many requests at once, clients that leave, and deadlines. */

import assert from "node:assert/strict";
import type { App } from "../../src/server/app.ts";
import { allKinds, type Answer, ask, assertNear, post, served, shipped } from "./service.ts";

const SLOW = Array.from({ length: 8 }, (_, i) => `the wife of a king and queen of the ${i} long animal `.repeat(6));

/** The value of a metric. */
async function metric(app: App, name: string): Promise<number> {
  const { body } = await ask(app, "/metrics") as { body: string };
  return Number(body.split("\n").find((line) => line.startsWith(`${name} `))?.split(" ")[1]);
}

const turn = (ms = 0) => new Promise((resolve) => setTimeout(resolve, ms));

Deno.test("2,000 requests at once are answered or refused at once, and the service is back to normal", async () => {
  await using app = await served({ models: [shipped("topic")], maxConcurrentRequests: 32, warmup: true });
  const expected = await post(app, "/predict", { inputs: "king 3" });
  const refusals: number[] = [];
  const answers = await Promise.all(Array.from({ length: 2000 }, async (_, i) => {
    const start = performance.now();
    const request = new Request("http://x/predict", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ inputs: `king ${i}` }),
    });
    const handled = performance.now();
    const response = await app.fetch(request);
    if (response.status === 429) refusals.push(performance.now() - handled);
    assert(handled >= start);
    return { status: response.status, headers: response.headers, body: await response.json() } as Answer;
  }));
  const statuses = Map.groupBy(answers, ({ status }) => status);
  assert.deepEqual([...statuses.keys()].sort(), [200, 429]);
  assert.equal(statuses.get(200)!.length, 32);
  for (const { headers, body } of statuses.get(429)!) {
    assert.deepEqual(body, { error: "Model is overloaded", error_type: "Overloaded" });
    assert.equal(headers.get("retry-after"), "1");
  }
  assertNear(answers[3]!.body, expected);
  const start = performance.now();
  assertNear(await post(app, "/predict", { inputs: "king 3" }), expected);
  assert(performance.now() - start < 1000);
  assert.equal(await metric(app, 'te_request_failure{err="overloaded"}'), 1968);
  assert.equal(await metric(app, "nb_active_requests"), 0);
});

Deno.test("clients that leave take their queries out of the queue, and the others notice nothing", async () => {
  await using app = await served({ models: [shipped("mlm")] });
  const alone = await post(app, "/embed", { inputs: "a king" });
  const before = await metric(app, "te_batch_next_size_sum");
  const slow = post(app, "/score", { inputs: SLOW[0] }); // is computed meanwhile
  await turn();
  await turn();
  const gone = new AbortController();
  const left = Array.from(
    { length: 50 },
    (_, i) => ask(app, "/embed", { body: { inputs: `nobody wants ${i}` }, signal: gone.signal }),
  );
  const other = post(app, "/embed", { inputs: "a king" });
  await turn();
  gone.abort();
  for (const { status } of await Promise.all(left)) assert.equal(status, 503);
  assertNear(await other, alone);
  const scored = await slow as { tokens: unknown[] };
  assert.equal(await metric(app, "te_batch_next_size_sum") - before, scored.tokens.length + 1);
  assert.equal(await metric(app, 'te_request_failure{err="dropped"}'), 50);
});

Deno.test("deadlines: a body that does not come 408, a place in the queue 503, the whole 504", async () => {
  const endless = () => new ReadableStream({ start: (c) => c.enqueue(new TextEncoder().encode('{"inputs":')) });
  await using hasty = await served({ models: [shipped("mlm")], bodyTimeoutMs: 50 });
  const slowBody = await ask(hasty, "/embed", { body: endless() });
  assert.deepEqual([slowBody.status, slowBody.body], [408, {
    error: "The body must come within 0.05 s",
    error_type: "BodyTimeout",
  }]);
  const never = await ask(hasty, "/v1/embeddings", { body: endless() });
  assert.equal((never.body as { error: { code: string } }).error.code, "body_timeout");

  await using impatient = await served({ models: [shipped("mlm")], queueTimeoutMs: 1, maxBatchRequests: 4 });
  const [first, ...others] = await Promise.all(SLOW.map((inputs) => ask(impatient, "/score", { body: { inputs } })));
  const late = others.find(({ status }) => status === 503);
  assert(first!.status === 200 || first!.status === 503);
  assert.deepEqual((late!.body as { error_type: string }).error_type, "Unhealthy");
  assert.equal(late!.headers.get("retry-after"), "1");

  await using short = await served({ models: [shipped("mlm")], requestTimeoutMs: 1 });
  const slow = await ask(short, "/score", { body: { inputs: SLOW } });
  assert.deepEqual([slow.status, slow.body], [504, {
    error: "The request took longer than 0.001 s",
    error_type: "Timeout",
  }]);
  for (const app of [hasty, impatient, short]) {
    assert.equal((await ask(app, "/health")).status, 200);
    assert.equal(await metric(app, "nb_active_requests"), 0);
  }
});

Deno.test("a body that breaks off is no answer, and one without end is cut at the limit", async () => {
  await using app = await served({ models: [shipped("mlm")], payloadLimit: 1000 });
  const broken = new ReadableStream({ start: (c) => c.error(new Error("the connection is gone, see /tmp/x.ts")) });
  const answer = await ask(app, "/embed", { body: broken });
  assert.deepEqual(answer.body, { error: "The body was not sent to its end", error_type: "Cancelled" });
  let sent = 0;
  const flood = new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(sent++ < 1e6 ? 100 : 0).fill(32)) });
  assert.equal((await ask(app, "/embed", { body: flood })).status, 413);
  assert(sent < 100, `${sent} parts were read`);
});

Deno.test("a service that drains answers what it has, and takes no more", async () => {
  const app = await served({ models: [shipped("mlm")] });
  const under = Array.from({ length: 20 }, (_, i) => post(app, "/embed", { inputs: `king ${i}` }));
  await turn();
  let isClosed = false;
  const closed = app.close().then(() => isClosed = true);
  const late = await ask(app, "/embed", { body: { inputs: "late" } });
  assert.deepEqual([late.status, late.body], [503, {
    error: "The service is shutting down",
    error_type: "Unhealthy",
  }]);
  assert.equal(late.headers.get("connection"), "close");
  assert.deepEqual([(await ask(app, "/health")).status, (await ask(app, "/ready")).status, isClosed], [
    200,
    503,
    false,
  ]);
  for (const answer of await Promise.all(under)) assert.equal((answer as number[][])[0]!.length, 128);
  await closed;
  assert.equal((await ask(app, "/health")).status, 503);
});

Deno.test("batching is invisible: mixed tasks of 64 clients have the answers that each has alone", async () => {
  await using app = await served({ models: await allKinds() });
  const kinds: ((i: number) => [string, object])[] = [
    (i) => ["/embed", { model: "mlm", inputs: [`animal ${i}`, "a king"] }],
    (i) => ["/fill_mask", { model: "mlm", inputs: `the ${i} [MASK] of a king` }],
    (i) => ["/score", { model: "mlm", inputs: `a large ${i} animal` }],
    (i) => ["/predict", { model: "topic", inputs: `a can for ${i} drinks` }],
    (i) => ["/embed_all", { model: "topic", inputs: `king ${i}` }],
    (i) => ["/token_classification", { model: "tag", inputs: `tiger ${i} cat` }],
    (i) => ["/multiple_choice", { model: "choose", inputs: `ship ${i}`, parameters: { choices: ["a boat", "joy"] } }],
    (i) => ["/zero_shot", { model: "nli", inputs: `cat ${i}`, parameters: { candidate_labels: ["a", "b", "c"] } }],
    (i) => ["/rerank", { model: "rank", query: `cat ${i}`, texts: ["mouse", "tiger", "king"] }],
    (i) => ["/v1/embeddings", { model: "mlm", input: `king ${i}` }],
  ];
  const requests = Array.from({ length: 200 }, (_, i) => kinds[i % kinds.length]!(i % 37));
  const alone: unknown[] = [];
  for (const [path, body] of requests) alone.push(await post(app, path, body));
  const together: unknown[] = [];
  let next = 0;
  const client = async () => {
    for (let i = next++; i < requests.length; i = next++) together[i] = await post(app, ...requests[i]!);
  };
  await Promise.all(Array.from({ length: 64 }, client));
  assertNear(together, alone);
});
