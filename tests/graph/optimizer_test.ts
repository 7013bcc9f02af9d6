/** Steps of optimizers against float64, and steps that must not be applied. */

import assert from "node:assert/strict";
import { random } from "../../src/base/random.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { Graph } from "../../src/graph/graph.ts";
import { adamw } from "../../src/graph/ops/training/optimizer/adamw.ts";
import { sgd } from "../../src/graph/ops/training/optimizer/sgd.ts";
import { STATE_SHAPE, stepControl } from "../../src/graph/ops/training/optimizer/step_control.ts";
import { sumSquares } from "../../src/graph/ops/training/optimizer/sum_squares.ts";
import { Program } from "../../src/graph/program/program.ts";
import type { ParameterBuffer } from "../../src/graph/value.ts";
import { pitch } from "../../src/kernels/kernel.ts";
import { tuningOf } from "../../src/kernels/tuning/tuning.ts";
import { adamw as adamwTwin } from "../reference/adamw.ts";
import { sgd as sgdTwin } from "../reference/sgd.ts";
import { bufferOf, type Matrix, matrixOf, parameterOf, pitched, releaseAll, worst } from "./buffers.ts";
import { rawOf } from "./raw.ts";

const gpu = await requestGpu();

const SHAPES = { w: [7, 13], b: [1, 5] } as const;
type Name = keyof typeof SHAPES;
const NAMES = Object.keys(SHAPES) as Name[];

const BETAS = [0.9, 0.999] as const;
const DECAY = 0.01;
const EPS = 1e-8;
/** How much faster each parameter learns, and whether it decays. */
const GROUPS = { w: { lrFactor: 1, decays: true }, b: { lrFactor: 0.5, decays: false } } as const;

/** What a step is given. */
interface Step {
  gradients: Record<Name, Matrix>;
  loss: number;
  lr: number;
  maxGradNorm: number;
  /** 0 if more gradients come before the update; 1 if left out. */
  applies?: number;
}

/** What a step leaves behind. */
interface Left {
  /** Every buffer with its padding, by `<parameter>.<what>`. */
  buffers: Map<string, Float32Array<ArrayBuffer>>;
  record: number[];
  counts: number[];
}

/** A parameter, and its moments in float64, by parameter. */
type Numbers = Record<Name, Record<string, Float64Array<ArrayBuffer>>>;

/** Two parameters of odd widths with their optimizer. */
class Training {
  readonly #program: Program;
  readonly #parameters: ParameterBuffer[] = [];
  readonly #residents: Record<string, GPUBuffer> = {};
  readonly #rows: Record<string, number> = {};

  constructor(start: Record<Name, Matrix>, kind: "adamw" | "sgd") {
    const g = new Graph(tuningOf(gpu));
    const resident = (name: string, rows: number, columns: number) => {
      this.#residents[name] = bufferOf(gpu, matrixOf(rows, columns, () => 0));
      this.#rows[name] = rows * pitch(columns) / 4;
      return g.resident(name, "f32", [rows, columns]);
    };
    const gradients = NAMES.map((name) => g.input(`d${name}`, "f32", SHAPES[name], "pitched"));
    const state = stepControl(g, {
      label: "control",
      partials: sumSquares(g, { label: "squares", of: gradients.map((value) => ({ value })) }),
      loss: g.input("loss", "f32", [1]),
      state: resident("state", STATE_SHAPE[0] as number, STATE_SHAPE[1] as number),
      maxGradNorm: g.scalar("max_grad_norm", "f32"),
      applies: g.scalar("applies"),
      betas: BETAS,
    });
    for (const [i, name] of NAMES.entries()) {
      const buffer = parameterOf(gpu, name, start[name]);
      this.#parameters.push(buffer);
      const common = {
        label: `update.${name}`,
        parameter: g.parameter(buffer),
        gradient: gradients[i]!,
        state,
        lr: g.scalar("lr", "f32"),
        weightDecay: g.scalar("decay", "f32"),
        ...GROUPS[name],
      };
      const [rows, columns] = SHAPES[name];
      if (kind === "sgd") sgd(g, { ...common, momentum: resident(`${name}.b`, rows, columns), factor: 0.9 });
      else {
        const [m, v] = [resident(`${name}.m`, rows, columns), resident(`${name}.v`, rows, columns)];
        adamw(g, { ...common, m, v, betas: BETAS, eps: EPS });
      }
    }
    this.#program = new Program(gpu, g);
  }

  async step(step: Step): Promise<Left> {
    await this.run(step);
    return await this.read();
  }

  async run({ gradients, loss, lr, maxGradNorm, applies = 1 }: Step): Promise<void> {
    const inputs: Record<string, Float32Array> = { loss: Float32Array.of(loss) };
    for (const name of NAMES) inputs[`d${name}`] = pitched(gradients[name]);
    const scalars = { lr, decay: DECAY, max_grad_norm: maxGradNorm, applies };
    await this.#program.run({ scalars, inputs, residents: this.#residents });
  }

  async read(): Promise<Left> {
    const all: Record<string, [GPUBuffer, number]> = {};
    for (const [name, buffer] of Object.entries(this.#residents)) all[name] = [buffer, this.#rows[name]!];
    for (const { label, shape, buffer } of this.#parameters) {
      all[`${label}.p`] = [buffer, shape[0]! * pitch(shape[1]!) / 4];
    }
    const buffers = await rawOf(gpu, all);
    const state = buffers.get("state")!;
    buffers.delete("state");
    return { buffers, record: [...state.subarray(0, 4)], counts: [...state.subarray(4)] };
  }

  [Symbol.dispose](): void {
    this.#program.dispose();
    releaseAll(gpu, this.#parameters);
    for (const buffer of Object.values(this.#residents)) gpu.buffers.release(buffer);
  }
}

function matrices(next: () => number): Record<Name, Matrix> {
  return { w: matrixOf(...SHAPES.w, next), b: matrixOf(...SHAPES.b, next) };
}

function stepOf(next: () => number, change: Partial<Step> = {}): Step {
  return { gradients: matrices(next), loss: 2.5 + next(), lr: 1e-2 * (2 + next()), maxGradNorm: 0, ...change };
}

const normOf = ({ gradients }: Step) =>
  Math.sqrt(NAMES.reduce((sum, name) => gradients[name].data.reduce((a, g) => a + g * g, sum), 0));

const clipOf = (step: Step) => step.maxGradNorm > 0 ? Math.min(1, step.maxGradNorm / (normOf(step) + 1e-6)) : 1;

/** The `t`-th step that is applied, in float64. */
function expectedStep(kind: "adamw" | "sgd", numbers: Numbers, step: Step, t: number): Numbers {
  return Object.fromEntries(NAMES.map((name) => {
    const { lrFactor, decays } = GROUPS[name];
    const lr = lrFactor * step.lr;
    const common = { g: step.gradients[name].data, clip: clipOf(step), lr };
    const { p, m, v, b } = numbers[name] as Record<"p" | "m" | "v" | "b", Float64Array<ArrayBuffer>>;
    if (kind === "sgd") return [name, sgdTwin({ ...common, p, b, decay: decays ? DECAY : 0, momentum: 0.9 })];
    const [beta1, beta2] = BETAS;
    const call = { ...common, decay: decays ? lr * DECAY : 0, rest1: 1 - beta1, rest2: 1 - beta2, eps: EPS };
    return [name, adamwTwin({ ...call, p, m, v, corrections: [1 - beta1 ** t, 1 - beta2 ** t] })];
  })) as Numbers;
}

function startOf(kind: "adamw" | "sgd", start: Record<Name, Matrix>): Numbers {
  const numbersOf = ({ data }: Matrix): Record<string, Float64Array<ArrayBuffer>> => {
    const zeros = () => new Float64Array(data.length);
    return { p: Float64Array.from(data), ...(kind === "sgd" ? { b: zeros() } : { m: zeros(), v: zeros() }) };
  };
  return { w: numbersOf(start.w), b: numbersOf(start.b) };
}

/** Largest errors by `<parameter>.<what>`, relative to the largest magnitude; checks that padding is zero. */
function errorsOf({ buffers }: Left, expected: Numbers): Map<string, number> {
  return new Map([...buffers].map(([key, raw]) => {
    const [name, what] = key.split(".") as [Name, string];
    const [rows, columns] = SHAPES[name];
    const found: number[] = [];
    for (let at = 0; at < raw.length; at++) {
      if (at % pitch(columns) < columns) found.push(raw[at]!);
      else assert.equal(raw[at], 0, `padding of ${key}`);
    }
    assert.equal(found.length, rows * columns);
    const values = expected[name][what]!;
    return [key, worst(found, values) / Math.max(...values.map(Math.abs))];
  }));
}

function assertNear(left: Left, expected: Numbers, what: string): void {
  for (const [key, error] of errorsOf(left, expected)) assert.ok(error < 1e-6, `${what}: ${key} is off by ${error}`);
}

const near = (found: number | undefined, expected: number, what: string) =>
  assert.ok(Math.abs(found! - expected) <= 1e-6 * Math.abs(expected), `${what}: expected ${expected}, got ${found}`);

for (const kind of ["adamw", "sgd"] as const) {
  Deno.test(`five steps of ${kind} over two parameters agree with float64`, async () => {
    const next = random(53);
    const start = matrices(next);
    using training = new Training(start, kind);
    let expected = startOf(kind, start);
    for (let t = 1; t <= 5; t++) {
      // Two steps are clipped, one has a bound that its norm does not reach.
      const step = stepOf(next, { maxGradNorm: [0, 1, 0.25, 1e3, 0][t - 1]! });
      expected = expectedStep(kind, expected, step, t);
      const left = await training.step(step);
      assertNear(left, expected, `step ${t}`);
      const [loss, norm, clip, ok] = left.record;
      assert.deepEqual([loss, ok], [Math.fround(step.loss), 1]);
      near(norm, normOf(step), "norm");
      near(clip, clipOf(step), "clip");
      assert.equal(left.counts[0], t);
      for (const [i, beta] of BETAS.entries()) near(left.counts[1 + i], 1 - beta ** t, `correction of ${beta}`);
    }
  });
}

/** Replaces one element of a gradient. */
function spoiled(step: Step, name: Name, value: number): Step {
  step.gradients[name].data[4] = value;
  return step;
}

/** Steps that are not applied, with the norm that is recorded; null for the true one. */
const SKIPPED: [what: string, spoil: (step: Step) => Step, norm: number | null][] = [
  ["a gradient of NaN", (step) => spoiled(step, "w", NaN), Infinity],
  ["an infinite gradient", (step) => spoiled(step, "b", -Infinity), Infinity],
  ["a norm beyond f32", (step) => spoiled(step, "b", 1e30), Infinity],
  ["a loss of infinity", (step) => ({ ...step, loss: Infinity }), null],
  ["a loss of NaN", (step) => ({ ...step, loss: NaN }), null],
  ["an update that comes later", (step) => ({ ...step, applies: 0 }), null],
];

for (const kind of ["adamw", "sgd"] as const) {
  for (const maxGradNorm of [0, 1]) {
    const clipped = maxGradNorm > 0 ? ", clipped" : "";
    Deno.test(`a step of ${kind}${clipped} that is not finite, or waits, changes no byte, is flagged, and does not count`, async () => {
      const next = random(59);
      const start = matrices(next);
      using training = new Training(start, kind);
      let expected = startOf(kind, start);
      for (const [t, [what, spoil, norm]] of SKIPPED.entries()) {
        const good = stepOf(next, { maxGradNorm });
        expected = expectedStep(kind, expected, good, t + 1);
        const before = await training.step(good);
        assertNear(before, expected, `step before ${what}`);
        const bad = spoil(stepOf(next, { maxGradNorm }));
        const after = await training.step(bad);
        for (const [key, data] of before.buffers) {
          assert.deepEqual(
            new Uint8Array(after.buffers.get(key)!.buffer),
            new Uint8Array(data.buffer),
            `${what}: ${key}`,
          );
        }
        assert.deepEqual(after.counts, before.counts, what);
        const [loss, recorded, clip, ok] = after.record;
        assert.deepEqual([loss, clip, ok], [Math.fround(bad.loss), 0, 0], what);
        if (norm === null) near(recorded, normOf(bad), what);
        else assert.equal(recorded, norm, what);
      }
    });
  }
}

Deno.test("a norm of 1e15 is finite, exact, and clipped", async () => {
  const next = random(61);
  const start = matrices(next);
  using training = new Training(start, "adamw");
  const step = stepOf(() => 1e14 * next(), { loss: 1, lr: 1e-2, maxGradNorm: 1 });
  const left = await training.step(step);
  near(left.record[1], normOf(step), "norm");
  near(left.record[2], clipOf(step), "clip");
  assertNear(left, expectedStep("adamw", startOf("adamw", start), step, 1), "the step");
});

Deno.test("steps that are not waited for are those that are", async () => {
  const next = random(67);
  const start = matrices(next);
  const [first, ...steps] = Array.from(
    { length: 7 },
    (_, i) => i === 3 ? spoiled(stepOf(next), "w", NaN) : stepOf(next),
  );
  using waiting = new Training(start, "adamw");
  using ahead = new Training(start, "adamw");
  // Calls keep their order once the program is compiled.
  for (const training of [waiting, ahead]) await training.run(first!);
  for (const step of steps) await waiting.run(step);
  await Promise.all(steps.map((step) => ahead.run(step)));
  assert.deepEqual(await ahead.read(), await waiting.read());
});

Deno.test("a negative norm is refused", async () => {
  const next = random(71);
  using training = new Training(matrices(next), "adamw");
  await assert.rejects(training.run(stepOf(next, { maxGradNorm: -1 })), {
    name: "RangeError",
    message: "Cannot run control: maxGradNorm must be 0 or more, got -1",
  });
});
