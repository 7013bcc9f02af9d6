/**
 * Records what transformers.js answers, on the CPU, with the models of tests/golden/pipelines: writes
 * tests/golden/transformers_js/. `deno task transformers_js`; npm gets transformers.js, and pip what exports the models to
 * ONNX, once.
 */

import { Buffer } from "node:buffer";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import {
  AutoModelForSequenceClassification,
  AutoTokenizer,
  cos_sim,
  dot,
  env,
  pipeline,
  Tensor,
} from "@huggingface/transformers";
import { exported } from "../../bench/peers/files.ts";
import { type PipelineCase, pipelineModel } from "../../tests/golden/pipelines/pipeline_case.ts";
import { ENCODED, FUNCTIONS, PIPELINE_CALLS } from "./calls.ts";

const GOLDEN = new URL("../../tests/golden/transformers_js/calls.json.gz", import.meta.url);
const MODELS = new URL("../../tests/golden/pipelines/models/", import.meta.url);
const ON_CPU = { device: "cpu", dtype: "fp32" } as const;

/** Writes a model as transformers.js loads it. */
async function writeModel(name: PipelineCase["model"], root: string): Promise<void> {
  await Deno.mkdir(`${root}/${name}/onnx`, { recursive: true });
  for (const [file, bytes] of await pipelineModel(name)) {
    if (!file.endsWith(".safetensors")) await Deno.writeFile(`${root}/${name}/${file}`, bytes);
  }
  const onnx = await exported(`transformers_js_${name}`, ["model", fileURLToPath(new URL(name, MODELS))]);
  await Deno.copyFile(onnx, `${root}/${name}/onnx/model.onnx`);
}

/** What an answer is as JSON: a tensor by its type, its dimensions and its bytes. */
function stored(answer: unknown): unknown {
  if (answer instanceof Tensor) {
    const { type, dims, data } = answer;
    if (data instanceof BigInt64Array) return { type, dims, numbers: Array.from(data, Number) };
    const { buffer, byteOffset, byteLength } = data as Uint8Array<ArrayBuffer>;
    return { type, dims, base64: Buffer.from(buffer, byteOffset, byteLength).toString("base64") };
  }
  if (Array.isArray(answer)) return answer.map(stored);
  if (typeof answer !== "object" || answer === null) return answer;
  return Object.fromEntries(Object.entries(answer).map(([key, value]) => [key, stored(value)]));
}

/** The answer of a call, or the message of its error. */
async function outcome(call: () => unknown): Promise<{ answer: unknown } | { error: string }> {
  try {
    return { answer: stored(await call()) };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

const root = await Deno.makeTempDir();
try {
  env.allowRemoteModels = false;
  env.localModelPath = `${root}/`;
  for (const name of new Set(PIPELINE_CALLS.map(({ model }) => model))) await writeModel(name, root);

  const pipelines = new Map<string, Promise<(...args: unknown[]) => unknown>>();
  const open = (task: string, model: string) => {
    const key = `${task} ${model}`;
    const made = pipelines.get(key) ?? pipeline(task as "fill-mask", model, ON_CPU);
    pipelines.set(key, made as Promise<(...args: unknown[]) => unknown>);
    return made as Promise<(...args: unknown[]) => unknown>;
  };
  const calls = [];
  for (const call of PIPELINE_CALLS) {
    calls.push({ ...call, ...await outcome(async () => await (await open(call.task, call.model))(...call.args)) });
  }

  const tokenizer = await AutoTokenizer.from_pretrained("one-label");
  const model = await AutoModelForSequenceClassification.from_pretrained("one-label", ON_CPU);
  const encoded = [];
  for (const [texts, options] of ENCODED) {
    const inputs = tokenizer(texts, options);
    const { logits } = await model(inputs);
    encoded.push({ texts, options, inputs: stored({ ...inputs }), logits: stored(logits) });
  }

  const events: Record<string, string[]> = {};
  await pipeline("fill-mask", "mlm", {
    ...ON_CPU,
    progress_callback: (event) => events[event.status] = Object.keys(event).sort(),
  });

  const functions = FUNCTIONS.map(([name, args]) => ({ name, args, answer: { cos_sim, dot }[name](...args) }));

  const lock = JSON.parse(await Deno.readTextFile(new URL("deno.lock", import.meta.url)));
  const versions = Object.keys(lock.npm).filter((name) => /^(@huggingface\/|onnxruntime-node@)/.test(name));
  const golden = { versions, calls, encoded, events, functions };
  const packed = gzipSync(JSON.stringify(golden), { level: 9 });
  await Deno.writeFile(GOLDEN, packed);
  console.log(`${calls.length} calls of pipelines, ${encoded.length} of a model: ${packed.length} bytes`);
} finally {
  await Deno.remove(root, { recursive: true });
}
