/** The update of a training step by itself, and a copy that moves as many bytes. */

import assert from "node:assert/strict";
import type { PreTrainedModel } from "../mod.ts";
import type { Gpu } from "../src/gpu/device.ts";
import { Graph } from "../src/graph/graph.ts";
import { adamw } from "../src/graph/ops/training/optimizer/adamw.ts";
import { STATE_SHAPE, stepControl } from "../src/graph/ops/training/optimizer/step_control.ts";
import { sumSquares } from "../src/graph/ops/training/optimizer/sum_squares.ts";
import { Program } from "../src/graph/program/program.ts";
import { coreOf } from "../src/heads/pretrained.ts";
import { prepareLaunch } from "../src/kernels/launch.ts";
import { peakCopy } from "../src/kernels/peak/peak_copy.ts";
import { tuningOf } from "../src/kernels/tuning/tuning.ts";
import type { Parameter } from "../src/nn/parameters.ts";
import { momentOf, STATE } from "../src/train/update.ts";

/** The norm of all gradients, clipping, AdamW on all weights, and the copies of weights to textures. */
export interface Update {
  /** Bytes that it must read and write. */
  readonly bytes: number;
  run(): Promise<unknown>;
}

const BYTES_PER_TEXEL = 16;

/** A copy of a weight, with its extent. */
type Copy = [from: GPUTexelCopyBufferInfo, to: GPUTexelCopyTextureInfo, extent: [width: number, height: number]];

/** Numbers that gradients are filled with. */
const SOME = Float32Array.from({ length: 2 ** 20 }, (_, i) => 1e-3 * Math.sin(i));

/**
 * Prepares the update of a model's weights by gradients that are there already.
 *
 * @param step A warm step on the model, which tells what is copied to textures.
 */
export async function prepareUpdate(gpu: Gpu, model: PreTrainedModel, step: () => Promise<unknown>): Promise<Update> {
  const parameters = await coreOf(model).use(({ parameters }) => Promise.resolve(parameters));
  const copies = await weightCopies(parameters, step);
  const program = new Program(gpu, traceUpdate(gpu, parameters));
  const residents: Record<string, GPUBuffer> = {};
  residents[STATE] = gpu.buffers.acquireZeros(32, STATE);
  for (const { label, bytes } of parameters) {
    for (const name of [momentOf({ label }, "m"), momentOf({ label }, "v")]) {
      residents[name] = gpu.buffers.acquireZeros(bytes, name);
    }
    const buffer = residents[gradientOf(label)] = gpu.buffers.acquire(bytes, label);
    for (let at = 0; at < bytes; at += SOME.byteLength) {
      gpu.device.queue.writeBuffer(buffer, at, SOME, 0, Math.min(SOME.length, (bytes - at) / 4));
    }
  }
  // The norm reads a weight's gradient. AdamW reads weight, gradient and both moments, and writes all but the gradient.
  const weights = parameters.reduce((sum, { bytes }) => sum + 8 * bytes, 0);
  const texels = copies.map(([, , [width, height]]) => width * height);
  const textures = texels.reduce((sum, count) => sum + 2 * BYTES_PER_TEXEL * count, 0);
  return {
    bytes: weights + textures,
    async run() {
      const encoder = gpu.device.createCommandEncoder();
      for (const copy of copies) encoder.copyBufferToTexture(...copy);
      const { outputs } = await program.run({ scalars: { lr: 1e-6 }, inputs: {}, residents });
      const [, norm, , applied] = outputs.get("state")?.data ?? [];
      assert.equal(applied, 1, `the update is applied, with a norm of ${norm}`);
      gpu.device.queue.submit([encoder.finish()]);
      await gpu.device.queue.onSubmittedWorkDone();
    },
  };
}

/** As `traceUpdates` of `src/train/update.ts`, with the gradients as residents. */
function traceUpdate(gpu: Gpu, parameters: readonly Parameter[]): Graph {
  const g = new Graph(tuningOf(gpu));
  const resident = (name: string, { shape }: Parameter) => g.resident(name, "f32", shape);
  const gradients = new Map(parameters.map((one) => [one, resident(gradientOf(one.label), one)]));
  const partials = sumSquares(g, { label: "squares", of: [...gradients.values()].map((value) => ({ value })) });
  const loss = g.constant("loss", Float32Array.of(1), { shape: [1] });
  const before = g.resident(STATE, "f32", STATE_SHAPE);
  const betas = [0.9, 0.999] as const;
  const state = stepControl(g, { label: "control", partials, loss, state: before, maxGradNorm: 1, betas });
  for (const [parameter, gradient] of gradients) {
    adamw(g, {
      label: parameter.label,
      parameter: g.parameter(parameter),
      m: resident(momentOf(parameter, "m"), parameter),
      v: resident(momentOf(parameter, "v"), parameter),
      gradient,
      state,
      lr: g.scalar("lr", "f32"),
      betas,
    });
  }
  g.output("state", state);
  return g;
}

function gradientOf(label: string): string {
  return `${label}.gradient`;
}

/** The copies of weights to textures in a step: none where kernels read buffers. */
async function weightCopies(parameters: readonly Parameter[], step: () => Promise<unknown>): Promise<Copy[]> {
  const weights = new Set(parameters.map(({ buffer }) => buffer));
  const copies: Copy[] = [];
  const { copyBufferToTexture } = GPUCommandEncoder.prototype;
  GPUCommandEncoder.prototype.copyBufferToTexture = function (...copy) {
    if (weights.has(copy[0].buffer)) copies.push(copy as Copy);
    return copyBufferToTexture.apply(this, copy);
  };
  try {
    await step();
  } finally {
    GPUCommandEncoder.prototype.copyBufferToTexture = copyBufferToTexture;
  }
  return copies;
}

/** Buffers of about this size are copied as often as it takes: few caches hold two. */
const COPY_BYTES = 48 * 1024 * 1024;

/** A kernel that reads half of so many bytes and writes the other half, for each size of its workgroups. */
export function prepareCopies(gpu: Gpu, bytes: number): Promise<(() => Promise<unknown>)[]> {
  const times = Math.max(1, Math.round(bytes / 2 / COPY_BYTES));
  const each = 16 * Math.ceil(bytes / 2 / times / 16);
  return Promise.all(
    peakCopy.constantSets().map(async (constants) => {
      const launch = await prepareLaunch(gpu, peakCopy, {
        constants,
        params: { groups: 4096 },
        buffers: { x: each, out: each },
      });
      return async () => {
        launch.run(times);
        await gpu.device.queue.onSubmittedWorkDone();
      };
    }),
  );
}
