/** Replays of calls that are right: models and pipelines, every form of attention, losses, updates in place; and the task. */

import assert from "node:assert/strict";
import {
  AdamW,
  type ForwardOptions,
  type LoadOptions,
  type ModelInputs,
  NarrowBertForMaskedLM,
  NarrowBertForSequenceClassification,
  NarrowBertModel,
  pipeline,
} from "../../mod.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { Graph } from "../../src/graph/graph.ts";
import { reshape } from "../../src/graph/ops/rows/reshape.ts";
import { addScaled } from "../../src/graph/ops/training/add_scaled.ts";
import { Program } from "../../src/graph/program/program.ts";
import type { Value } from "../../src/graph/value.ts";
import { defaultTuning } from "../../src/kernels/tuning/shipped.ts";
import { tuningOf, useTuning } from "../../src/kernels/tuning/tuning.ts";
import { explain, recordCalls, tableText } from "../../tools/explain/explain.ts";
import { random } from "../conformance/data.ts";
import { goldenModel, readGolden } from "../golden/golden_case.ts";
import { slicedDevice } from "../nn/sliced_device.ts";
import { bufferOf, type Matrix, matrixOf, parameterOf, pitched, releaseAll } from "../graph/buffers.ts";
import { record } from "./recordings.ts";
import { adapterHas, ownDevice } from "../gpu/own_device.ts";

const ROOT = new URL("../../", import.meta.url);

const gpu = await requestGpu();

/** Golden cases, the classes that they are of, and what loading and calling take. */
const CLEAN: {
  name: string;
  Class: unknown;
  load?: LoadOptions;
  narrow?: ForwardOptions["narrow"];
}[] = [
  { name: "base-narrow", Class: NarrowBertModel, load: { add_pooling_layer: false } },
  { name: "masked-lm-labels", Class: NarrowBertForMaskedLM, narrow: "absorbed" },
  { name: "masked-lm-labels", Class: NarrowBertForMaskedLM, narrow: "projected" },
  { name: "relative-key-query-narrow", Class: NarrowBertModel, load: { add_pooling_layer: false } },
  { name: "relative-key-narrow", Class: NarrowBertModel, load: { add_pooling_layer: false }, narrow: "absorbed" },
  { name: "seq-cls-single-label", Class: NarrowBertForSequenceClassification },
  {
    name: "seq-cls-multi-label",
    Class: NarrowBertForSequenceClassification,
    load: { config: { problem_type: "multi_label_classification" } },
  },
];

for (const { name, Class, load = {}, narrow = "auto" } of CLEAN) {
  Deno.test(`all ops of ${name} agree with their twins, ${narrow}`, async () => {
    const { model: folder, inputs } = await readGolden(name);
    using model = await (Class as typeof NarrowBertModel).from_pretrained(goldenModel(folder), load);
    const recording = await record(gpu, () => model.forward(inputs as ModelInputs, { narrow }));
    const { agrees, first, replay, text } = await explain(gpu, recording);
    assert.equal(first, null, text);
    assert.ok(agrees);
    assert.equal(replay.ops.length, recording.graph.nodes.length);
    assert.match(text, /^\d+ ops agree with their twins; worst: \S+ at 0\.\d+ of its bound$/);
    assert.equal(tableText(replay).split("\n").length, replay.ops.length);
  });
}

Deno.test("the kernels of GPUs agree with their twins too, those for weights of 16 bits if the adapter has them", async () => {
  // On an adapter without 16-bit weights those of 32 bits are what there is.
  const dtype = await adapterHas("shader-f16") ? "f16" : "f32";
  const device = await ownDevice({ requiredFeatures: dtype === "f16" ? ["shader-f16"] : [] });
  const other = await requestGpu({ device });
  useTuning(other, defaultTuning("other"));
  const { inputs } = await readGolden("masked-lm-narrow");
  using model = await NarrowBertForMaskedLM.from_pretrained(goldenModel("masked-lm"), { device, dtype });
  const recording = await record(other, () => model.top_k({ ...inputs, labels: undefined } as ModelInputs, 3));
  const kernels = new Set(recording.steps.map(({ kernel }) => kernel.name));
  const suffix = dtype === "f16" ? "_f16" : "";
  for (const name of ["attention", `matmul_split${suffix}`, `embeddings${suffix}`, "softmax", "top_k"]) {
    assert.ok(kernels.has(name), `no ${name} among ${[...kernels].join(", ")}`);
  }
  const { agrees, text } = await explain(other, recording);
  assert.ok(agrees, text);
});

Deno.test("words in slices agree with their twins: a forward pass, and a step", async () => {
  const device = await slicedDevice(4096);
  const sliced = await requestGpu({ device });
  const { inputs } = await readGolden("masked-lm-labels");
  using model = await NarrowBertForMaskedLM.from_pretrained(goldenModel("masked-lm"), { device });
  using optimizer = new AdamW(model);
  const calls = [() => model.forward(inputs as ModelInputs), () => optimizer.step(inputs as ModelInputs)];
  for (const call of calls) {
    const recording = await record(sliced, call);
    const labels = recording.steps.map(({ node }) => node.label);
    for (const label of ["narrow_bert.embeddings.word_embeddings#4", "cls.predictions.decoder#4"]) {
      assert.ok(labels.includes(label), `no ${label} among ${labels.join(", ")}`);
    }
    const { agrees, replay, text } = await explain(sliced, recording);
    assert.ok(agrees, text);
    assert.equal(replay.ops.length, recording.graph.nodes.length);
  }
});

/** What a node wrote over the value that it updates. */
function updatedBy({ nodes }: Graph, label: string): Value {
  return nodes.find((node) => node.label === label)!.bindings.out!;
}

Deno.test("what an update writes over is known as it was before: weights, residents, and what kernels wrote", async () => {
  const next = random(3);
  const matrices = [1, 2, 3].map(() => matrixOf(5, 6, next));
  const [w, sums, x] = matrices as [Matrix, Matrix, Matrix];
  const parameter = parameterOf(gpu, "w", w);
  const resident = bufferOf(gpu, sums);
  const g = new Graph(tuningOf(gpu));
  const given = g.input("x", "f32", [5, 6], "pitched");
  const step = g.scalar("step", "f32");
  const before = reshape(g, { label: "before", x: g.parameter(parameter), shape: [6, 5] });
  addScaled(g, { label: "w", to: g.parameter(parameter), x: given, scale: step, factor: -1 });
  addScaled(g, { label: "sums", to: g.resident("sums", "f32", [5, 6]), x: g.parameter(parameter) });
  const own = reshape(g, { label: "own", x: before, shape: [5, 6] });
  g.output("own", addScaled(g, { label: "twice", to: own, x: g.resident("sums", "f32", [5, 6]) }));
  const program = new Program(gpu, g);
  const call = { scalars: { step: 0.3 }, inputs: { x: pitched(x) }, residents: { sums: resident } };
  const { recordings } = await recordCalls(gpu, async () => {
    await program.run(call);
    await program.run(call);
  });
  const { agrees, replay, text } = await explain(gpu, recordings[1]!);
  assert.ok(agrees, text);
  assert.equal(replay.ops.length, 5);
  assert.deepEqual(
    recordings[1]!.values.get(g.residents.get("sums")!),
    recordings[0]!.values.get(updatedBy(g, "sums")),
  );
  program.dispose();
  releaseAll(gpu, [parameter]);
  gpu.buffers.release(resident);
});

Deno.test("calls are recorded while somebody asks and no longer, those of pipelines too", async () => {
  using fill = await pipeline("fill-mask");
  const { result, recordings } = await recordCalls(gpu, () => fill("a large [MASK] with a long neck"));
  assert.equal(recordings.length, 1);
  assert.ok((await explain(gpu, recordings[0]!)).agrees);
  assert.deepEqual(await fill("a large [MASK] with a long neck"), result);
  assert.equal(recordings.length, 1);
});

Deno.test("the task explains a call of the shipped model, and refuses a wrong command line", async () => {
  const task = async (...args: string[]) => {
    const command = new Deno.Command("deno", {
      args: ["task", "--quiet", "explain", ...args],
      cwd: ROOT,
      stdin: "null",
    });
    const { code, stdout, stderr } = await command.output();
    return { code, out: new TextDecoder().decode(stdout), error: new TextDecoder().decode(stderr) };
  };
  const { code, out, error } = await task("--class", "base", "--narrow", "projected", "--all", "a [MASK] cat", "a dog");
  assert.equal(code, 0, error);
  const lines = out.trimEnd().split("\n");
  assert.match(lines.at(-1)!, new RegExp(`^${lines.length - 1} ops agree with their twins; worst: `));
  assert.match(out, /^ *0\.\d+ {2}narrow_bert\.embeddings +embeddings +out\[\d+, \d+\]$/m);
  const refused = await task("--class", "gpt");
  assert.deepEqual([refused.code, refused.out], [2, ""]);
  assert.match(refused.error, /^--class must be one of base, .*, got "gpt"\n$/);
});
