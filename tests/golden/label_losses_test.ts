/** Losses of smoothed and weighted labels, and their gradients, as PyTorch and transformers compute them in float64. */

import assert from "node:assert/strict";
import { requestGpu } from "../../src/gpu/device.ts";
import { gradients } from "../../src/graph/autodiff.ts";
import { Graph } from "../../src/graph/graph.ts";
import { Program } from "../../src/graph/program/program.ts";
import { type LabelOptions, weighLabels } from "../../src/heads/calls/label_options.ts";
import { classLabels, traceCrossEntropy } from "../../src/heads/labels.ts";
import { readArray } from "../../src/model/batch/arrays.ts";
import type { Stage } from "../../src/model/stage.ts";
import { tuningOf } from "../../src/kernels/tuning/tuning.ts";
import { matrixOf, pitched } from "../graph/buffers.ts";

/** What tools/losses/golden.py writes. */
interface Golden {
  cases: {
    name: string;
    logits: number[][];
    labels: number[];
    options: LabelOptions;
    loss: number;
    gradient: number[][];
  }[];
}

const { cases } = JSON.parse(await Deno.readTextFile(new URL("label_losses.json", import.meta.url))) as Golden;

const gpu = await requestGpu();

/** Of a call whose loss is traced below. */
const STAGE = {} as Stage;

/** The loss and its gradient of rows that are parts of a step, cut at `ends`. */
async function computed({ logits, labels, options }: Golden["cases"][number], ends: readonly number[]) {
  const classes = logits[0]!.length;
  const parts = ends.map((end, i) => {
    const [from, rows] = [ends[i - 1] ?? 0, end - (ends[i - 1] ?? 0)];
    const head = { stage: STAGE, ...classLabels(readArray("labels", labels.slice(from, end)), rows, classes) };
    return { rows: logits.slice(from, end), head, objective: { name: "", smooths: true, weighs: classes } };
  });
  const counted = parts.reduce((sum, { head }) => sum + head.scalars.counted, 0);
  const g = new Graph(tuningOf(gpu));
  const x = g.input("x", "f32", ["R", classes], "pitched");
  const loss = traceCrossEntropy(g, x);
  g.output("loss", loss);
  g.output("gradient", gradients(g, { of: loss, wrt: [x] }).get(x)!);
  const program = new Program(gpu, g);
  const found = { loss: 0, gradient: [] as number[] };
  for (const { rows, head } of weighLabels(parts, { ...options, purpose: "test" })) {
    const data = rows.flat();
    const matrix = matrixOf(rows.length, classes, () => data.shift()!);
    const { outputs } = await program.run({
      scalars: { R: rows.length, ...head.scalars, counted },
      inputs: { x: pitched(matrix), ...head.inputs },
    });
    found.loss += outputs.get("loss")!.data[0]!;
    found.gradient.push(...outputs.get("gradient")!.data);
  }
  program.dispose();
  return found;
}

for (const golden of cases) {
  const { name, labels, loss, gradient } = golden;
  for (const ends of [[labels.length], [3, labels.length], labels.map((_, i) => i + 1)]) {
    Deno.test(`${name}: ${ends.length} parts give its loss and gradient`, async () => {
      const found = await computed(golden, ends);
      assert.ok(Math.abs(found.loss - loss) <= 2e-6 * loss, `the loss must be ${loss}, got ${found.loss}`);
      const expected = gradient.flat();
      assert.equal(found.gradient.length, expected.length);
      const largest = Math.max(...expected.map(Math.abs));
      expected.forEach((value, i) => {
        const got = found.gradient[i]!;
        assert.ok(Math.abs(got - value) <= 2e-6 * largest, `gradient[${i}] must be ${value}, got ${got}`);
      });
    });
  }
}

Deno.test("there are 5 cases", () => assert.equal(cases.length, 5));

Deno.test("the weights of rows have the sum of the labels over all parts, or are zeros if all labels weigh nothing", () => {
  const weightsOf = (class_weights: number[], ...parts: number[][]) => {
    const calls = parts.map((labels) => {
      const head = { stage: STAGE, ...classLabels(readArray("labels", labels), labels.length, 3) };
      return { head, objective: { name: "", smooths: true, weighs: 3 } };
    });
    return weighLabels(calls, { class_weights, purpose: "test" }).map(({ head }) => [...head.inputs.loss_weights]);
  };
  assert.deepEqual(weightsOf([1, 3, 0], [0, 1, -100], [2, 0, -100, 1]), [[0.625, 1.875, 0], [0, 0.625, 0, 1.875]]);
  assert.deepEqual(weightsOf([1, 0, 0], [1, 2, -100], [2]), [[0, 0, 0], [0]]);
  assert.deepEqual(weightsOf([1, 2, 4], [-100], []), [[0], []]);
});
