/** Gradients that several values share, as residuals make them, and to which more is added. */

import assert from "node:assert/strict";
import { requestGpu } from "../../src/gpu/device.ts";
import { gradients } from "../../src/graph/autodiff.ts";
import { Graph } from "../../src/graph/graph.ts";
import { linear } from "../../src/graph/ops/products/linear.ts";
import { Program } from "../../src/graph/program/program.ts";
import type { Value } from "../../src/graph/value.ts";
import { tuningOf } from "../../src/kernels/tuning/tuning.ts";

const gpu = await requestGpu();

/** A linear layer of the one weight. */
type Layer = (label: string, x: Value, residual?: Value) => Value;

/**
 * Graphs in which a sum of gradients is handed through as the gradient of a residual, and then more is added to it. The
 * weight is twice the identity, so that a gradient is one number: each layer on a path doubles it, a residual does not.
 */
const SHARED: [what: string, build: (layer: Layer, x: Value, r: Value) => { of: Value; wrt: [Value, ...Value[]] }][] = [
  ["a residual that is used before", (layer, x, r) => {
    const e = layer("e", r);
    const h = layer("h", x, r);
    const u = layer("u", h, h);
    return { of: layer("out", u, e), wrt: [h, r] };
  }],
  ["a residual that is used before, and layers that are used twice after", (layer, x, r) => {
    const side = layer("side", r);
    const h = layer("h", x, r);
    return { of: layer("out", side, layer("y2", h, layer("y1", h))), wrt: [h, r] };
  }],
  ["a residual of a residual", (layer, x, r) => {
    const e = layer("e", r);
    const h = layer("h", x, r);
    const i = layer("i", x, h);
    const f = layer("f", h, e);
    return { of: layer("out", layer("o", i, i), f), wrt: [i, h, r] };
  }],
];

for (const [what, build] of SHARED) {
  Deno.test(`a sum of gradients that two values share is not written over: ${what}`, async () => {
    const g = new Graph(tuningOf(gpu));
    const [x, r, seed] = ["x", "r", "seed"].map((name) => g.input(name, "f32", [1, 4])) as [Value, Value, Value];
    const w = g.input("w", "f32", [4, 4]);
    const layers = new Map<Value, { x: Value; residual: Value | undefined }>();
    const layer: Layer = (label, x, residual) => {
      const out = linear(g, { label, x, weight: w, ...(residual && { residual }) });
      layers.set(out, { x, residual });
      return out;
    };
    const { of, wrt } = build(layer, x, r);
    // Counted forwards, without sums of gradients: dy/dvalue, if w is 2 times the identity and the seed is 1.
    const derivative = (y: Value, value: Value): number => {
      if (y === value) return 1;
      const made = layers.get(y);
      if (made === undefined) return 0;
      return 2 * derivative(made.x, value) + (made.residual === undefined ? 0 : derivative(made.residual, value));
    };
    const found = gradients(g, { of, wrt, seed });
    for (const [i, value] of wrt.entries()) g.output(`${i}`, found.get(value)!);
    const program = new Program(gpu, g);
    const [zeros, ones] = [0, 1].map((value) => new Float32Array(4).fill(value)) as [Float32Array, Float32Array];
    const identity = Float32Array.from({ length: 16 }, (_, at) => at % 5 === 0 ? 2 : 0);
    const inputs = Object.fromEntries(
      [...g.inputs.keys()].map((name) => [name, name === "w" ? identity : name === "seed" ? ones : zeros]),
    );
    const { outputs } = await program.run({ scalars: {}, inputs });
    for (const [i, value] of wrt.entries()) {
      assert.deepEqual(outputs.get(`${i}`)!.data, ones.map(() => derivative(of, value)), value.path);
    }
    program.dispose();
  });
}
