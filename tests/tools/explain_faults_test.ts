/** Replays of calls with planted faults: each must be named, with the op that shows it first and what is known of its cause. */

import assert from "node:assert/strict";
import { type ModelInputs, NarrowBertForMaskedLM, NarrowBertModel } from "../../mod.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { Program } from "../../src/graph/program/program.ts";
import type { Recording } from "../../src/graph/program/recording.ts";
import type { Node } from "../../src/graph/value.ts";
import { defaultTuning } from "../../src/kernels/tuning/shipped.ts";
import { useTuning } from "../../src/kernels/tuning/tuning.ts";
import { explain, tableText } from "../../tools/explain/explain.ts";
import { goldenModel, readGolden } from "../golden/golden_case.ts";
import { record } from "./recordings.ts";

const gpu = await requestGpu();
useTuning(gpu, defaultTuning("software")); // so that ops and buffers are the same on every adapter

/** Records a call of a masked LM, and does something with it before the model is disposed of. */
async function withCall(work: (recording: Recording) => Promise<void>): Promise<void> {
  using model = await NarrowBertForMaskedLM.from_pretrained(goldenModel("masked-lm"));
  const { inputs } = await readGolden("masked-lm-narrow");
  await work(await record(gpu, () => model.forward(inputs as ModelInputs, { narrow: "absorbed" })));
}

/** Runs a recorded call again in a program of its own. */
async function rerun({ graph, scalars, inputs }: Recording, options: { record?: boolean } = {}) {
  const program = new Program(gpu, graph);
  try {
    return await program.run({ scalars, inputs, ...options });
  } finally {
    program.dispose();
  }
}

function nodeOf({ graph }: Recording, label: string): Node {
  const node = graph.nodes.find((node) => node.label === label);
  assert.ok(node !== undefined, `${label} is none of ${graph.nodes.map(({ label }) => label).join(", ")}`);
  return node;
}

/** Changes a node that is read-only to all but a planted fault; returns how to mend it. */
function plant(node: Node, change: Partial<Node>): () => void {
  const before = { ...node };
  Object.assign(node, change);
  return () => Object.assign(node, before);
}

const BIASED = "narrow_bert.encoder.layer.1.intermediate.dense";

Deno.test("an op that saw another bias than there is is named, with its worst element", async () => {
  await withCall(async (recording) => {
    const { storage } = nodeOf(recording, BIASED).bindings.bias!;
    assert.ok(storage.kind === "parameter");
    // The weights are read back after the call, so element 5 is now what it should have been.
    gpu.device.queue.writeBuffer(storage.parameter.buffer, 4 * 5, Float32Array.of(1));
    const { agrees, first, text, replay } = await explain(gpu, recording);
    assert.ok(!agrees);
    const { step, binding, judgement: { worst, wrong } } = first!.op;
    assert.deepEqual([step.node.label, binding], [BIASED, "out"]);
    const [T, width] = [recording.scalars.T!, 40]; // 37 columns and their padding
    assert.equal(worst!.index % width, 5);
    assert.equal(wrong, T);
    assert.ok(worst!.ratio > 1000, `${worst!.ratio}`);
    const element = `out\\[${Math.floor(worst!.index / width)}, 5\\]: expected 1\\.\\d+ within \\S+, found \\S+`;
    assert.match(text, new RegExp(`^${BIASED} differs from its twin: op 15 of 51, the first of 1 that differ\n`));
    assert.match(text, new RegExp(`${element} \\(${T} of ${T * width} are out of their bounds\\)\n`));
    assert.match(text, /kernel matmul, constants TRANSPOSE_A=0 .*\n {2}params a_offset=0 .* m=23 n=37 k=32 batch=1/);
    assert.match(text, /\n {2}shader kernels\/matmul\.wgsl, kernels\/lib\/activations\.wgsl, kernels\/lib\/matmul_/);
    assert.match(text, /the op read something else$/);
    assert.equal(tableText(replay).split("\n").filter((line) => /^ *\d+\.?\d*(e\+\d+)? /.test(line)).length, 51);
  });
});

Deno.test("an op that binds the bias of another op is named", async () => {
  await withCall(async (recording) => {
    const node = nodeOf(recording, BIASED);
    const bias = nodeOf(recording, "narrow_bert.encoder.layer.0.intermediate.dense").bindings.bias!;
    const mend = plant(node, { bindings: { ...node.bindings, bias } });
    const wrong = await record(gpu, () => rerun(recording));
    mend();
    const { first, text } = await explain(gpu, wrong);
    assert.equal(first?.op.step.node, node, text);
    assert.equal(first?.diagnosis.alone.wrong, 0);
    assert.deepEqual(first?.diagnosis.overwritten, []);
  });
});

Deno.test("a kernel that computes something else is named, and found at fault alone", async () => {
  await withCall(async (recording) => {
    const node = nodeOf(recording, "cls.predictions.transform.LayerNorm");
    const { kernel, constants } = node.variants[0]!;
    const request: typeof kernel.request = (constants) => {
      const { source, key, ...rest } = kernel.request(constants);
      return { ...rest, key: `${key} planted`, source: source.replace("* weight[i]", "* 1.001 * weight[i]") };
    };
    const spoiled = { ...kernel, request };
    assert.notEqual(spoiled.request(constants).source, kernel.source);
    plant(node, { variants: [{ kernel: spoiled, constants }] });
    const { first, text } = await explain(gpu, await record(gpu, () => rerun(recording)));
    assert.equal(first?.op.step.node, node, text);
    assert.match(text, /the first of 1 that differ\n/);
    assert.match(text, /\n {2}its kernel alone, .* is wrong too: the kernel is at fault$/);
  });
});

Deno.test("a value that is given back too early is wrong plainly and recorded, and its reader is named", async () => {
  await withCall(async (recording) => {
    const reader = nodeOf(recording, "narrow_bert.encoder.layer.1.attention.output.dense");
    const { kernel } = reader;
    const logits = async (options = {}) => (await rerun(recording, options)).outputs.get("logits")!.data;
    const right = await logits();
    // The memory plan goes by the contract of the node, binding by that of its variant.
    plant(reader, { kernel: { ...kernel, bindings: { ...kernel.bindings, residual: "hidden" as "read" } } });
    const plain = await logits();
    assert.notDeepEqual(plain, right);
    assert.deepEqual(await logits({ record: true }), plain);

    const { first, text } = await explain(gpu, await record(gpu, () => rerun(recording)));
    assert.equal(first?.op.step.node, reader, text);
    assert.equal(first?.diagnosis.alone.wrong, 0);
    assert.match(text, /the first of 1 that differ\n/);
    assert.ok(
      text.endsWith(
        "  its input narrow_bert.encoder.layer.0.output.LayerNorm.out was given back too early: " +
          "narrow_bert.encoder.layer.1.attention.self wrote to the same buffer before this op read it",
      ),
      text,
    );

    // If all values are outputs, as traced ones once were, each keeps its buffer to the end: the fault does not show.
    const { graph } = recording;
    for (const { label, kernel, bindings } of graph.nodes) {
      for (const name of kernel.bindingNames) {
        if (kernel.bindings[name] === "write") graph.output(`${label}.${name}`, bindings[name]!);
      }
    }
    assert.deepEqual(await logits(), right);
  });
});

Deno.test("an output that is written over after its op is named, with the op that did", async () => {
  using model = await NarrowBertModel.from_pretrained(goldenModel("base"), { add_pooling_layer: false });
  const { inputs } = await readGolden("base-narrow");
  const recording = await record(gpu, () => model.forward(inputs as ModelInputs, { output_hidden_states: true }));
  // The memory plan goes by the values of the outputs, reading back by their entries.
  Object.assign(recording.graph.outputs, {
    values: () => [recording.graph.outputs.get("last_hidden_state")!].values(),
  });
  const { agrees, first, replay, text } = await explain(gpu, await record(gpu, () => rerun(recording)));
  assert.equal(first, null);
  assert.ok(!agrees);
  assert.deepEqual(replay.lost.map(({ name }) => name).slice(0, 2), ["hidden_states.0", "hidden_states.1"]);
  assert.match(text, /\noutput "hidden_states.0" is not what its op wrote: \S+ wrote to the same buffer\n/);
});
