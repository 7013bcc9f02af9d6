/** What holds for kernels that reduce rows besides the values of their twins. */

import assert from "node:assert/strict";
import { requestGpu } from "../../src/gpu/device.ts";
import { activation, ACTIVATION_CODES } from "../../src/kernels/rows/activation.ts";
import { crossEntropy } from "../../src/kernels/losses/cross_entropy.ts";
import { embeddings } from "../../src/kernels/rows/embeddings.ts";
import { pitch } from "../../src/kernels/kernel.ts";
import { launchKernel } from "../../src/kernels/launch.ts";
import { layerNorm } from "../../src/kernels/rows/layer_norm.ts";
import { POINTWISE_LOSSES, pointwiseLoss } from "../../src/kernels/losses/pointwise_loss.ts";
import { softmax } from "../../src/kernels/rows/softmax.ts";
import { topK } from "../../src/kernels/rows/top_k.ts";
import { matrix, random, vector } from "../conformance/data.ts";

const gpu = await requestGpu({ poisoned: true });

/** A row kernel as a function of its matrix x [rows, columns], with fixed other operands; gives one output. */
type RowFunction = (x: Float32Array, rows: number, columns: number) => Promise<Float32Array>;

async function first(outputs: Promise<Float32Array[]>): Promise<Float32Array> {
  return (await outputs)[0] as Float32Array;
}

const rowFunctions: Record<string, RowFunction> = {
  softmax: (x, rows, columns) =>
    first(launchKernel(gpu, softmax, { params: { rows, columns }, buffers: { x, out: x.byteLength } }, ["out"])),
  layer_norm: (x, rows, columns) => {
    const [weight, bias] = [vector(columns, random(1)), vector(columns, random(2))];
    const params = { rows, columns, eps: 1e-12, residual: 1 };
    const buffers = { x, residual: x.map((value) => value / 3), weight, bias, out: x.byteLength };
    return first(launchKernel(gpu, layerNorm, { params, buffers }, ["out"]));
  },
  embeddings: (x, rows, columns) => {
    const [positions, types] = [matrix(3, columns, random(1)), matrix(2, columns, random(2))];
    const [weight, bias] = [vector(columns, random(1)), vector(columns, random(2))];
    const buffers = {
      tokens: new Uint32Array(4 * rows).fill(1),
      words: x,
      positions,
      types,
      weight,
      bias,
      out: x.byteLength,
    };
    return first(
      launchKernel(gpu, embeddings, { constants: { EMBEDS: 1 }, params: { rows, columns, eps: 1e-12 }, buffers }, [
        "out",
      ]),
    );
  },
  cross_entropy: (x, rows, columns) => crossEntropies(x, { rows, columns, smoothing: 0, weighted: 0 }),
  "cross_entropy, smoothed and weighted,": (x, rows, columns) =>
    crossEntropies(x, { rows, columns, smoothing: 0.25, weighted: 1 }),
  squared_error: (x, rows, columns) => pointwise(x, rows, columns, POINTWISE_LOSSES.squared_error),
  binary_cross_entropy: (x, rows, columns) => pointwise(x, rows, columns, POINTWISE_LOSSES.binary_cross_entropy),
  top_k: (x, rows, columns) => {
    const buffers = { x, indices: 12 * rows, values: 12 * rows };
    return first(launchKernel(gpu, topK, { params: { rows, columns, k: 3 }, buffers }, ["values"]));
  },
};

function crossEntropies(
  x: Float32Array,
  params: { rows: number; columns: number; smoothing: number; weighted: number },
): Promise<Float32Array> {
  const { rows, columns } = params;
  const [labels, weights] = [new Uint32Array(rows).fill(columns - 1), new Float32Array(rows).fill(0.75)];
  const buffers = { x, labels, weights, losses: 4 * rows };
  return first(launchKernel(gpu, crossEntropy, { params, buffers }, ["losses"]));
}

function pointwise(x: Float32Array, rows: number, columns: number, KIND: number): Promise<Float32Array> {
  const buffers = { x, y: new Float32Array(x.length).fill(0.25), losses: 4 * rows };
  return first(
    launchKernel(gpu, pointwiseLoss, { constants: { KIND }, params: { rows, columns }, buffers }, ["losses"]),
  );
}

/** The 32-bit words of `values`, so that NaNs and zeros are compared as they are. */
function words(values: Float32Array): Uint32Array {
  return new Uint32Array(values.slice().buffer);
}

for (const [name, run] of Object.entries(rowFunctions)) {
  Deno.test(`${name} gives a row the same bits alone, in any batch and in any run`, async () => {
    const [rows, columns] = [19, 131];
    const x = matrix(rows, columns, random(3));
    const batch = words(await run(x, rows, columns));
    for (let i = 0; i < 10; i++) assert.deepEqual(words(await run(x, rows, columns)), batch);
    const size = batch.length / rows;
    for (const row of [0, 8, 18]) {
      const alone = words(await run(x.slice(row * pitch(columns), (row + 1) * pitch(columns)), 1, columns));
      assert.deepEqual(alone, batch.slice(row * size, (row + 1) * size));
    }
  });

  Deno.test(`${name} shows a NaN in its row, and in no other`, async () => {
    const [rows, columns] = [3, 131];
    const x = matrix(rows, columns, random(4));
    const clean = words(await run(x, rows, columns));
    x[pitch(columns) + 70] = NaN;
    const found = await run(x, rows, columns);
    const size = found.length / rows;
    // A driver may take e^NaN for infinity. What must never happen is that the row looks sound.
    assert.ok(!found.slice(size, 2 * size).every(Number.isFinite));
    assert.deepEqual(words(found).slice(0, size), clean.slice(0, size));
    assert.deepEqual(words(found).slice(2 * size), clean.slice(2 * size));
  });
}

Deno.test("activations let a NaN through", async () => {
  for (const code of Object.values(ACTIVATION_CODES)) {
    const buffers = { x: Float32Array.of(1, NaN, -1, 0), out: 16 };
    const out = await first(
      launchKernel(gpu, activation, { params: { count: 4, activation: code }, buffers }, ["out"]),
    );
    assert.deepEqual([...out].map(Number.isNaN), [false, true, false, false]);
  }
});

Deno.test("rows of softmax sum to 1", async () => {
  for (const scale of [1, 100, 1e4, 3e38]) {
    for (const columns of [1, 3, 41, 8000, 30522]) {
      const next = random(columns);
      const x = matrix(4, columns, () => scale * next());
      const out = await (rowFunctions.softmax as RowFunction)(x, 4, columns);
      for (let row = 0; row < 4; row++) {
        const sum = out.slice(row * pitch(columns), (row + 1) * pitch(columns)).reduce((a, b) => a + b, 0);
        assert.ok(Math.abs(sum - 1) < 1e-5, `${columns} columns up to ${scale}: ${sum}`);
      }
    }
  }
});

Deno.test("top_k refuses a k that is larger than the row or the limit", async () => {
  const call = (columns: number, k: number) => ({
    params: { rows: 1, columns, k },
    buffers: { x: matrix(1, columns, random(5)), indices: 4 * k, values: 4 * k },
  });
  await assert.rejects(launchKernel(gpu, topK, call(4, 5), ["values"]), {
    name: "RangeError",
    message: "Cannot take the top 5 of 4 columns: k must be at most 4, got 5",
  });
  await assert.rejects(launchKernel(gpu, topK, call(500, 129), ["values"]), { name: "RangeError" });
});
