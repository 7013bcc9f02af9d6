/** Pipelines whose model is in a Worker. */

import assert from "node:assert/strict";
import { pipeline } from "../../mod.ts";
import { runDeno } from "../cli/processes.ts";
import { folderOf } from "../cli/folders.ts";

const MOD = new URL("../../mod.ts", import.meta.url).href;
const TEXTS = [
  "a large animal",
  "the wife of a king",
  "to go by air",
  "a can for holding soft drinks",
  "in the evening",
];

Deno.test("a pipeline in a Worker gives what it gives here: one, lists, streams, batched, saved", async () => {
  using here = await pipeline("text-classification");
  using there = await pipeline("text-classification", undefined, { worker: true });
  assert.deepEqual(there.model.config, here.model.config);
  assert.equal(there.model.weightBytes, here.model.weightBytes);
  assert.deepEqual(await there(TEXTS[0]!, { top_k: 3 }), await here(TEXTS[0]!, { top_k: 3 }));
  const expected = await here(TEXTS);
  assert.deepEqual(await there(TEXTS), expected);
  assert.deepEqual(await Array.fromAsync(there.stream(TEXTS)), await Array.fromAsync(here.stream(TEXTS)));
  using batched = there.batched();
  const one = await Promise.all(TEXTS.map((text) => batched(text)));
  assert.deepEqual(one.map(([best]) => best!.label), expected.map(({ label }) => label));
  await using folder = await folderOf({});
  await there.save_pretrained(folder.path);
  using again = await pipeline("text-classification", folder.path, { worker: { timeoutMs: 30_000 } });
  assert.deepEqual(await again(TEXTS), expected);
});

Deno.test("every task that has a shipped model answers alike in a Worker", async () => {
  const inputs = {
    "fill-mask": ["a large [MASK] with a long neck"],
    "token-classification": ["the tiger is a large cat"],
    "feature-extraction": ["a large animal"],
    "multiple-choice": ["steamship", ["a vessel that travels on water", "a feeling of great joy"]],
    "score": ["the wife of a king"],
  };
  for (const [task, input] of Object.entries(inputs)) {
    using here = await pipeline(task as "fill-mask");
    using there = await pipeline(task as "fill-mask", undefined, { worker: true });
    assert.deepEqual(await there(...input as [string]), await here(...input as [string]), task);
  }
});

Deno.test("errors of inputs and options have their classes, and say which input", async () => {
  using there = await pipeline("text-classification", undefined, { worker: true });
  await assert.rejects(there("x ".repeat(3000)), { name: "InputError", code: "input", message: /takes 96 tokens/ });
  const mixed = await there(["a bird", "x ".repeat(3000)], { errors: "yield" });
  assert.equal((mixed[1] as Error & { index: number }).index, 1);
  const cases: [object, string | undefined, RegExp][] = [
    [{ worker: true }, "/nowhere", /^CheckpointError: Cannot open "\/nowhere"/],
    [{ worker: true, dtype: "f8" }, undefined, /^RangeError: .*dtype "f8"/],
    [{ worker: true, device: {} }, undefined, /^TypeError: .*device/],
    [{ worker: 1 }, undefined, /^TypeError: .*worker must be true, false or \{ timeoutMs \}, got 1$/],
    [{ worker: { timeout: 1 } }, undefined, /^TypeError: .*no option "timeout"/],
    [{ worker: [] }, undefined, /^TypeError: .*worker must be true, false or/],
    [{ worker: { timeoutMs: 0 } }, undefined, /^RangeError: .*timeoutMs must be a time from 1000 in ms, got 0$/],
    [{ worker: true, config: { hidden_size: 3 } }, undefined, /^ConfigError: /],
  ];
  for (const [options, model, message] of cases) {
    await assert.rejects(pipeline("text-classification", model, options), message);
  }
  assert.throws(
    () => (there.model as unknown as { forward: unknown }).forward,
    /^TypeError: Cannot use forward of this NarrowBertForSequenceClassification: it /,
  );
});

Deno.test("aborts and progress cross the boundary", async () => {
  const seen: string[] = [];
  const progress_callback = ({ status }: { status: string }) => void seen.push(status);
  using there = await pipeline("text-classification", undefined, { worker: true, progress_callback });
  assert(seen.includes("progress_total") && seen.at(-1) === "ready");
  const many = Array.from({ length: 3000 }, (_, i) => `${TEXTS[i % 5]} ${i}`);
  const controller = new AbortController();
  const reason = new Error("enough");
  const done: number[] = [];
  const call = there(many, {
    signal: controller.signal,
    progress_callback: ({ done: count }) => {
      done.push(count);
      controller.abort(reason);
    },
  });
  await assert.rejects(call, reason);
  assert.equal(done.length, 1);
  assert.equal((await there(TEXTS)).length, 5);
  const aborted = pipeline("text-classification", undefined, { worker: true, signal: AbortSignal.abort(reason) });
  await assert.rejects(aborted, reason);
  const thrown = () => {
    throw reason;
  };
  await assert.rejects(pipeline("score", undefined, { worker: true, progress_callback: thrown }), reason);
});

Deno.test("a call after dispose is refused; calls under way are answered first", async () => {
  const there = await pipeline("text-classification", undefined, { worker: true });
  const under = there(TEXTS);
  there.dispose();
  assert.equal((await under).length, 5);
  await assert.rejects(there(TEXTS), { name: "DisposedError", code: "disposed" });
});

Deno.test("a Worker takes the permission to read the library, and ends with its pipeline", async () => {
  const root = new URL("../../", import.meta.url);
  const names = ["config.json", "model.safetensors", "tokenizer_config.json", "vocab.txt"];
  const folder = new URL("examples/models/wordnet/tag/", root);
  const files = await Promise.all(
    names.map(async (name) => [name, (await Deno.readFile(new URL(name, folder))).toBase64()]),
  );
  await using scripts = await folderOf({
    "tag.ts": `import { pipeline } from "${MOD}";
      const files = await new Response(Deno.stdin.readable).json();
      const model = new Map(files.map(([name, text]) => [name, Uint8Array.fromBase64(text)]));
      try {
        using tag = await pipeline("token-classification", model, { worker: true });
        console.log((await tag("tiger")).length);
      } catch (error) {
        console.log(error.name, error.code, error.message);
      }`,
  });
  const run = (allowed: string[]) => runDeno([...allowed, `${scripts.path}/tag.ts`], { stdin: JSON.stringify(files) });
  const allowed = await run([`--allow-read=${root.pathname}`]);
  assert.deepEqual([allowed.code, allowed.stdout], [0, "2\n"], allowed.stderr);
  const denied = await run([]);
  assert.equal(denied.code, 0);
  assert.match(
    denied.stdout,
    /^PermissionError permission Deno may not read the Worker's modules, .*: it takes (--allow-read=.*)\n$/,
  );
  const [, flag] = /(--allow-read=.*)\n/.exec(denied.stdout)!;
  assert.equal((await run([flag!])).stdout, "2\n");
});

Deno.test("a Worker whose module cannot be loaded is an error at once, in browsers too, which give no reason", async () => {
  const own = globalThis.Worker;
  class Absent extends EventTarget {
    onmessage = null;
    onmessageerror = null;
    onerror: ((event: Event) => void) | null = null;
    constructor() {
      super();
      setTimeout(() => this.onerror!(new Event("error", { cancelable: true })));
    }
    postMessage() {}
    terminate() {}
  }
  globalThis.Worker = Absent as unknown as typeof Worker;
  try {
    const message =
      /^WorkerError: The GPU's Worker cannot run: its module .*entry\.ts cannot be loaded; a bundle does not/;
    await assert.rejects(pipeline("text-classification", undefined, { worker: true }), message);
  } finally {
    globalThis.Worker = own;
  }
});
