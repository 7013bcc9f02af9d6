/** Keys, other origins, options, and failures that are not the client's. */

import assert from "node:assert/strict";
import { readSafetensors, writeSafetensors } from "../../mod.ts";
import { createApp, type LogEntry, type ServerOptions } from "../../src/server/app.ts";
import { pipelineModel } from "../golden/pipelines/pipeline_case.ts";
import { ask, served, shipped } from "./service.ts";

Deno.test("with a key only what is public answers without it, and no body is read before", async () => {
  await using app = await served({ models: [shipped("mlm")], apiKey: "secret" });
  for (const path of ["/", "/health", "/ready", "/ping", "/metrics"]) {
    assert.equal((await ask(app, path)).status, 200, path);
  }
  const wrong = [
    undefined,
    "",
    "secret",
    "Bearer",
    "Bearer ",
    "Bearer secre",
    "Bearer secrets",
    "bearer secret",
    "Bearer  secret",
    "Basic c2VjcmV0",
  ];
  for (const path of ["/info", "/v1/models", "/docs", "/openapi.json", "/nowhere", "/embed"]) {
    for (const authorization of wrong) {
      const answer = await ask(app, path, authorization === undefined ? {} : { headers: { authorization } });
      assert.equal(answer.status, 401, `${path} ${authorization}`);
      assert.equal(answer.headers.get("www-authenticate"), "Bearer");
      assert.match(JSON.stringify(answer.body), /Unauthorized|invalid_api_key/);
      assert.doesNotMatch(JSON.stringify(answer.body), /secret/);
    }
  }
  let isRead = false;
  const body = new ReadableStream({ pull: () => void (isRead = true) }, { highWaterMark: 0 });
  assert.equal((await ask(app, "/embed", { body })).status, 401);
  assert.equal(isRead, false);
  assert.equal((await ask(app, "/", { body: "{}" })).status, 401, "POST / is not public");
  const authorization = "Bearer secret";
  assert.equal((await ask(app, "/embed", { headers: { authorization }, body: { inputs: "a" } })).status, 200);
  const openapi = (await ask(app, "/openapi.json", { headers: { authorization } })).body as { security: unknown };
  assert.deepEqual(openapi.security, [{ key: [] }]);
});

Deno.test("pages of other origins are refused unless they are named", async () => {
  const preflight = { method: "OPTIONS", headers: { origin: "http://a", "access-control-request-method": "POST" } };
  for (
    const [corsAllowOrigin, allowed] of [[[], null], [["http://a"], "http://a"], [["*"], "*"], [
      ["http://b"],
      null,
    ]] as const
  ) {
    await using app = await served({ models: [shipped("mlm")], corsAllowOrigin, apiKey: "k" });
    const asked = await ask(app, "/embed", preflight);
    assert.equal(asked.headers.get("access-control-allow-origin"), allowed, `${corsAllowOrigin}`);
    const answer = await ask(app, "/health", { headers: { origin: "http://a" } });
    assert.equal(answer.headers.get("access-control-allow-origin"), allowed, `${corsAllowOrigin}`);
    const refused = await ask(app, "/embed", { body: "{}", headers: { origin: "http://a" } });
    assert.deepEqual([refused.status, refused.headers.get("access-control-allow-origin")], [401, allowed]);
  }
});

Deno.test("options are checked before anything is loaded", () => {
  const models = [shipped("mlm")];
  const cases: [ServerOptions, RegExp][] = [
    [{ models: [] }, /models must name one at least/],
    [{ models: [...models, ...models] }, /two called "mlm"/],
    [{ models, maxConcurrentRequests: 0 }, /maxConcurrentRequests must be a whole number from 1, got 0/],
    [{ models, maxBatchTokens: 1.5 }, /maxBatchTokens/],
    [{ models, maxBatchRows: 0 }, /maxBatchRows/],
    [{ models, payloadLimit: NaN }, /payloadLimit/],
    [{ models, requestTimeoutMs: 2 ** 31 }, /requestTimeoutMs/],
    [{ models, apiKey: "" }, /apiKey must not be empty/],
  ];
  for (const [options, message] of cases) assert.throws(() => createApp(options), { name: "RangeError", message });
});

Deno.test("a model that cannot be loaded is an error of `ready`, and until then the service is not healthy", async () => {
  for (const source of ["/nowhere", new Map()]) {
    const app = createApp({ models: [source], worker: false });
    assert.equal((await ask(app, "/health")).status, 503);
    const early = await ask(app, "/embed", { body: { inputs: "a" } });
    assert.deepEqual([early.status, (early.body as { error_type: string }).error_type], [503, "Unhealthy"]);
    assert.equal((await ask(app, "/info")).status, 503);
    await assert.rejects(app.ready, { code: "checkpoint" });
    await app.close();
  }
});

Deno.test("numbers that are not finite are an error, never an answer", async () => {
  const files = await pipelineModel("multi-label");
  const weights = await readSafetensors(files.get("model.safetensors")!);
  const huge = new Map([...weights].map(([name, tensor]) => {
    const data = Float32Array.from(tensor.data as Float32Array);
    if (name.startsWith("classifier")) data.fill(3e38);
    return [name, { ...tensor, dtype: "F32", data }];
  }));
  files.set("model.safetensors", await writeSafetensors(huge as never));
  const logged: LogEntry[] = [];
  await using app = await served({ models: [files], log: (entry) => logged.push(entry) });
  const answer = await ask(app, "/predict", { body: { inputs: "a king", raw_scores: true } });
  assert.deepEqual([answer.status, answer.body], [424, {
    error: "The model gave a number that is not finite, so the answer is withheld",
    error_type: "Backend",
  }]);
  assert.deepEqual(logged.map(({ level, status, route }) => [level, status, route]), [["error", 424, "/predict"]]);
  assert.match(logged[0]!.error!, /the model gave -?(Infinity|NaN)/);
  assert.equal((await ask(app, "/embed", { body: { inputs: "a king" } })).status, 200);
});

Deno.test("a request is logged with what it took, and nothing that its client wrote", async () => {
  const logged: LogEntry[] = [];
  await using app = await served({ models: [shipped("mlm")], log: (entry) => logged.push(entry) });
  await ask(app, "/embed", { body: { inputs: "my secret text" }, headers: { "x-request-id": "id-1" } });
  await ask(app, "/secret/path?secret=1");
  const gone = AbortSignal.abort();
  const left = new Request("http://x/embed", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
    signal: gone,
  });
  await app.fetch(left);
  const [first, second, third] = logged;
  assert.deepEqual([third!.status, third!.level, third!.error], [499, "info", "The client has left"]);
  assert.deepEqual(Object.keys(first!), [
    "time",
    "level",
    "request_id",
    "method",
    "route",
    "status",
    "duration_ms",
    "model",
    "tokens",
    "queue_ms",
    "inference_ms",
  ]);
  assert.deepEqual([first!.request_id, first!.tokens, second!.route, second!.status], ["id-1", 5, "", 404]);
  assert.doesNotMatch(JSON.stringify(logged), /secret/);
});
