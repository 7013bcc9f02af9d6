/**
 * The same calls give what transformers.js gives: the same shapes, keys and numbers. Where an answer is another one,
 * transformers_js_differences.ts says what each library does.
 */

import assert from "node:assert/strict";
import {
  AutoModelForSequenceClassification,
  AutoTokenizer,
  cos_sim,
  dot_score,
  InputError,
  pipeline,
  type TaskName,
  Tensor,
  type TextOrPair,
} from "../../mod.ts";
import { pipelineModel } from "../golden/pipelines/pipeline_case.ts";
import { GOLDEN, type TransformersJsCall } from "../golden/transformers_js/transformers_js_case.ts";
import { runDeno } from "../cli/processes.ts";
import { assertSame, withoutPlaces } from "./transformers_js_answers.ts";
import { DIFFERENCES } from "./transformers_js_differences.ts";

/** A pipeline, called as in JavaScript, without types. */
type Pipeline = ((...args: unknown[]) => Promise<unknown>) & { dispose(): void };

/** Arguments in the name of a test. */
function named(args: unknown[]): string {
  const shortened = (_: string, value: unknown) => typeof value === "string" ? value.slice(0, 24) : value;
  return JSON.stringify(args, shortened).slice(1, -1);
}

const used = new Set<string>();
const pipelines = new Map<string, Promise<Pipeline>>();

function open(task: string, model: TransformersJsCall["model"]): Promise<Pipeline> {
  const key = `${task} ${model}`;
  const load = async () => await pipeline(task as TaskName, await pipelineModel(model)) as unknown as Pipeline;
  const made = pipelines.get(key) ?? load();
  pipelines.set(key, made);
  return made;
}

Deno.test.afterAll(async () => {
  for (const made of pipelines.values()) (await made).dispose();
});

for (const call of GOLDEN.calls) {
  const { task, model, args, differs, answer, error } = call;
  if (differs !== undefined) used.add(differs);
  const verb = differs === undefined ? "answers as transformers.js" : `differs in ${differs}`;
  Deno.test(`${task} ${verb}: ${named(args)}`, async () => {
    const ask = await open(task, model);
    if (differs !== undefined) return await DIFFERENCES[differs]!(ask, call);
    if (error !== undefined) return await assert.rejects(() => ask(...args), InputError);
    const found = await ask(...args);
    assertSame(task === "token-classification" ? withoutPlaces(found, args[0]) : found, answer);
  });
}

Deno.test("each difference that is listed is recorded", () => {
  assert.deepEqual(Object.keys(DIFFERENCES).sort(), [...used].sort());
});

for (const { texts, options, inputs, logits } of GOLDEN.encoded) {
  Deno.test(`encodings and logits as transformers.js: ${named([texts, options])}`, async () => {
    const files = await pipelineModel("one-label");
    const tokenizer = await AutoTokenizer.from_pretrained(files);
    using model = await AutoModelForSequenceClassification.from_pretrained(files);
    const { text_pair, ...others } = options;
    const inputsOf = (text: string, i: number): TextOrPair => text_pair === undefined ? text : [text, text_pair[i]!];
    const ours = tokenizer.batch_encode_plus([texts].flat().map(inputsOf), others);
    const expected = Object.fromEntries(
      Object.entries(inputs).map(([name, tensor]) => [name, (tensor.tolist() as bigint[][]).map((r) => r.map(Number))]),
    );
    if (expected.input_ids![0]!.at(-1) === 1262) { // What is too long is cut off behind in theirs, [SEP] with it.
      assert.deepEqual(ours.input_ids.map((row) => row.slice(0, -1)), expected.input_ids!.map((r) => r.slice(0, -1)));
      assert.deepEqual([ours.input_ids[0]!.at(-1), expected.input_ids![0]!.at(-1)], [tokenizer.sep_token_id, 1262]);
    } else {
      assert.deepEqual({ ...ours }, expected);
    }
    assertSame((await model.forward(inputs)).logits, logits);
  });
}

/** Functions of vectors there, and what gives the same here: as a tensor `[1, 1]`. */
const FUNCTIONS = { cos_sim, dot: dot_score };

for (const { name, args: [a, b], answer } of GOLDEN.functions) {
  Deno.test(`differs in the function ${name}: a tensor`, () => {
    const ours = FUNCTIONS[name];
    for (const found of [ours(a, b), ours([a], [b])]) assertSame(found, new Tensor("float32", [answer], [1, 1]));
  });
}

Deno.test("progress_callback gets the same events, but for the sizes of the single files in progress_total", async () => {
  const events: Record<string, string[]> = {};
  using _fill = await pipeline("fill-mask", undefined, {
    progress_callback: (event) => events[event.status] = Object.keys(event).sort(),
  });
  const { progress_total, ...others } = GOLDEN.events;
  assert.deepEqual(events, { ...others, progress_total: progress_total!.filter((key) => key !== "files") });
});

Deno.test("a program for transformers.js runs here once its import is changed", async () => {
  const program = new URL("../../examples/jobs/transformers_js.ts", import.meta.url);
  assert.match(
    await Deno.readTextFile(program),
    /^\/\/ import \{ pipeline \} from "@huggingface\/transformers";\nimport /m,
  );
  const { code, stdout, stderr } = await runDeno(["--allow-read", program.href]);
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /^noun\.animal \(0\.\d\d\)\nverb\.motion \(0\.\d\d\)\nwife \(0\.\d\d\), .*\n1\.00 the wife .*\n(0\.\d\d a .*\n){2}$/,
  );
});

/** Options of loading there that are none here, and how they are refused. */
const REFUSED: [name: string, values: unknown[], error: RegExp][] = [
  ["device", ["cpu", "wasm", null], /^TypeError: .* GPUDevice, or "webgpu"; left out/],
  ["dtype", ["q8", "q4", "int8", null], /^RangeError: .* "f32", "f16", "auto"/],
  ["progress_callback", [null], /^TypeError: .* progress_callback must be a function, got null/],
  ["session_options", [{}], /^TypeError: .* there is no option "session_options"/],
  ["model_file_name", ["model"], /^TypeError: .* there is no option "model_file_name"/],
  ["use_external_data_format", [true], /^TypeError: .* there is no option "use_external_data_format"/],
];

for (const [name, values, error] of REFUSED) {
  for (const value of values) {
    Deno.test(`differs in options of loading: ${name} ${JSON.stringify(value)}`, async () => {
      await assert.rejects(() => pipeline("fill-mask", undefined, { [name]: value }), error);
    });
  }
}

Deno.test("differs in options of loading: dtype fp32 and no revision of one's own are the same", async () => {
  using fill = await pipeline("fill-mask", undefined, { dtype: "fp32", revision: "main", local_files_only: false });
  assert.equal(fill.model.config.model_type, "narrow_bert");
});

Deno.test("differs in files: a model that is there as ONNX alone is refused by what it needs", async () => {
  const files = await pipelineModel("mlm");
  files.set("onnx/model.onnx", files.get("model.safetensors")!);
  files.delete("model.safetensors");
  await assert.rejects(() => pipeline("fill-mask", files), /^CheckpointError: .* model\.safetensors .* is needed/);
});
