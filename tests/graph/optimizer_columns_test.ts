/** Updates of some columns of a matrix, each range by its own settings, against float64. */

import assert from "node:assert/strict";
import { random } from "../../src/base/random.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { Graph } from "../../src/graph/graph.ts";
import { adamw } from "../../src/graph/ops/training/optimizer/adamw.ts";
import { sgd } from "../../src/graph/ops/training/optimizer/sgd.ts";
import { STATE_SHAPE, stepControl } from "../../src/graph/ops/training/optimizer/step_control.ts";
import { sumSquares } from "../../src/graph/ops/training/optimizer/sum_squares.ts";
import { Program } from "../../src/graph/program/program.ts";
import { pitch } from "../../src/kernels/kernel.ts";
import { adamw as adamwTwin } from "../reference/adamw.ts";
import { sgd as sgdTwin } from "../reference/sgd.ts";
import { bufferOf, matrixOf, parameterOf, pitched, releaseAll, worst } from "./buffers.ts";
import { rawOf } from "./raw.ts";

const gpu = await requestGpu();

const [ROWS, WIDTH] = [7, 13];
const [LR, DECAY] = [0.02, 0.1];
const BETAS = [0.75, 0.9375] as const;

/** Columns 4 to 7 are in no range. */
const RANGES = [
  { at: 0, columns: 4, lrFactor: 2, decays: true },
  { at: 8, columns: 5, lrFactor: 0.5, decays: false },
];

for (const kind of ["adamw", "sgd"] as const) {
  Deno.test(`${kind} by columns: each range has its settings, the norm is theirs, and other columns keep every bit`, async () => {
    const next = random(73);
    const g = new Graph();
    const start = matrixOf(ROWS, WIDTH, next);
    const gradient = matrixOf(ROWS, WIDTH, next);
    const moments = { m: matrixOf(ROWS, WIDTH, next), v: matrixOf(ROWS, WIDTH, () => next() ** 2) };
    const isTaken = (i: number) => i % WIDTH < 4 || i % WIDTH >= 8;
    gradient.data.forEach((_, i) => isTaken(i) || (gradient.data[i] = NaN));
    const parameter = parameterOf(gpu, "w", start);
    const residents = {
      state: bufferOf(gpu, matrixOf(2, 4, () => 0)),
      m: bufferOf(gpu, moments.m),
      v: bufferOf(gpu, moments.v),
    };
    const dw = g.input("dw", "f32", [ROWS, WIDTH], "pitched");
    const state = stepControl(g, {
      label: "control",
      partials: sumSquares(g, { label: "squares", of: RANGES.map((columns) => ({ value: dw, columns })) }),
      loss: g.input("loss", "f32", [1]),
      state: g.resident("state", "f32", STATE_SHAPE),
      maxGradNorm: 1,
      betas: BETAS,
    });
    for (const { at, columns, lrFactor, decays } of RANGES) {
      const common = { label: "update", parameter: g.parameter(parameter), gradient: dw, state, lrFactor, decays };
      const settings = { ...common, lr: LR, weightDecay: DECAY, columns: { at, columns } };
      const [m, v] = ["m", "v"].map((name) => g.resident(name, "f32", [ROWS, WIDTH]));
      if (kind === "adamw") adamw(g, { ...settings, m: m!, v: v!, betas: BETAS });
      else sgd(g, { ...settings, momentum: m!, factor: 0.9 });
    }
    const program = new Program(gpu, g);
    const inputs = { dw: pitched(gradient), loss: Float32Array.of(1) };
    await program.run({
      scalars: {},
      inputs,
      residents,
    });
    const count = ROWS * pitch(WIDTH) / 4;
    const raw = await rawOf(gpu, {
      state: [residents.state, 2],
      p: [parameter.buffer, count],
      m: [residents.m, count],
      v: [residents.v, count],
    });
    program.dispose();
    releaseAll(gpu, [parameter]);
    for (const buffer of Object.values(residents)) gpu.buffers.release(buffer);

    const norm = Math.sqrt(gradient.data.reduce((sum, value, i) => isTaken(i) ? sum + value * value : sum, 0));
    assert.ok(Math.abs(raw.get("state")![1]! - norm) < 1e-6 * norm);
    const clip = 1 / (norm + 1e-6);
    const before = { p: start, ...moments };
    const whole = { p: Float64Array.from(start.data), m: moments.m.data.slice(), v: moments.v.data.slice() };
    for (const { at, columns, lrFactor, decays } of RANGES) {
      const places = Array.from({ length: ROWS * WIDTH }, (_, i) => i).filter((i) => {
        return i % WIDTH >= at && i % WIDTH < at + columns;
      });
      const of = (data: Float64Array) => places.map((i) => data[i]!);
      const [p, m, v] = [of(start.data), of(moments.m.data), of(moments.v.data)];
      const call = { g: of(gradient.data), p, clip, lr: lrFactor * LR };
      const found = kind === "sgd"
        ? (({ p, b }) => ({ p, m: b, v }))(sgdTwin({ ...call, b: m, decay: decays ? DECAY : 0, momentum: 0.9 }))
        : adamwTwin({
          ...call,
          ...{ m, v, corrections: BETAS.map((beta) => 1 - beta) as [number, number], eps: 1e-8 },
          ...{ decay: decays ? lrFactor * LR * DECAY : 0, rest1: 1 - BETAS[0], rest2: 1 - BETAS[1] },
        });
      for (const name of ["p", "m", "v"] as const) places.forEach((i, k) => whole[name][i] = found[name][k]!);
    }
    for (const name of ["p", "m", "v"] as const) {
      const values = [...raw.get(name)!];
      assert.ok(values.every((value, i) => i % pitch(WIDTH) < WIDTH || value === 0), `padding of ${name}`);
      const tight = values.filter((_, i) => i % pitch(WIDTH) < WIDTH);
      tight.forEach((value, i) => isTaken(i) || assert.equal(value, before[name].data[i], `${name}[${i}]`));
      assert.ok(worst(tight, whole[name]) < 1e-6, `${name} is off by ${worst(tight, whole[name])}`);
    }
  });
}
