/** What the plan of memory of a step takes, without a GPU. */

import assert from "node:assert/strict";
import { NarrowBertConfig } from "../../mod.ts";
import { Graph } from "../../src/graph/graph.ts";
import { adamw } from "../../src/graph/ops/training/optimizer/adamw.ts";
import { bytesIn } from "../graph/graphs.ts";
import { planMemory } from "../../src/graph/program/memory_plan.ts";
import { bytesOf, type Scalars } from "../../src/graph/shape.ts";
import { inputsOf, outputsOf, type Storage } from "../../src/graph/value.ts";
import { maskedLMCall } from "../../src/heads/calls/masked_lm.ts";
import { MASKED_LM as head } from "../../src/heads/layers/masked_lm.ts";
import { defaultTuning } from "../../src/kernels/tuning/shipped.ts";
import type { AdapterClass } from "../../mod.ts";
import { traceModel } from "../../src/model/tracing.ts";
import { declareModel, parameterShapes } from "../../src/model/weights/parameter_shapes.ts";
import { settingsOf } from "../../src/train/groups.ts";
import { DEFAULTS } from "../../src/train/settings.ts";
import { type Phase, stepPrograms, type UpdateRule } from "../../src/train/update.ts";

/** The sizes of BERT in miniature: F is 4 H, and there are many more tokens than rows of a table. */
const config = (full: number) =>
  new NarrowBertConfig({
    vocab_size: 500,
    hidden_size: 64,
    num_hidden_layers: 12,
    full_length_layers: full,
    num_attention_heads: 4,
    intermediate_size: 256,
    max_position_embeddings: 128,
  });

/** 16 texts of 128 tokens, 15% of them with a label. */
const SIZES: Record<string, number> = { T: 2048, R: 307, B: 16, K: 128, G: 20_000 };

interface Kind {
  full: number;
  recomputes: boolean;
  narrow: "absorbed" | "projected";
  drops?: boolean;
  phase?: Phase;
  adapter?: AdapterClass;
}

const RULE: UpdateRule<"m" | "v"> = {
  moments: ["m", "v"],
  betas: [0.9, 0.999],
  update: (g, { moments, ...call }) => adamw(g, { ...call, ...moments }),
};

/** The graph of a step. */
function stepOf({ full, recomputes, narrow, drops = false, phase = "whole", adapter = "software" }: Kind): Graph {
  const parts = { heads: [head], pooler: false };
  const { body, layers, all } = declareModel(config(full), parts);
  const g = new Graph(defaultTuning(adapter), { differentiable: true, drops });
  const call = maskedLMCall({ input_ids: [[1, 2]], labels: [[1, -100]] }, config(full));
  const groups = settingsOf("test", DEFAULTS, [...parameterShapes(config(full), parts).keys()]);
  traceModel(g, body, {
    call: {
      half: "both",
      ordinary: false,
      overAll: false,
      plan: narrow === "absorbed" ? { form: narrow } : { form: narrow, together: 2 },
      probabilities: "scratch",
      embedded: false,
      hiddenStates: false,
      learning: stepPrograms(RULE, groups)[phase],
      drops,
      recomputes,
    },
    stages: [{ ...call.head, rows: null, prefix: "" }],
    layerOf: ({ name }) => layers.get(name),
    parameters: all.flatMap(({ all }) => all),
  });
  return g;
}

/** What a plan takes, and what it cannot do without, in bytes. */
interface Measured {
  plan: number;
  /** The most of all values that are needed at the same time. */
  peak: number;
  /**
   * The least that any plan of whole buffers takes. If k values of some size or more are needed at the same time, there are
   * k buffers of that size or more; so the k-th largest buffer is at least the k-th largest value of any node.
   */
  least: number;
}

function measure(g: Graph): Measured {
  const scalars: Scalars = { ...Object.fromEntries([...g.scalars.keys()].map((name) => [name, 1])), ...SIZES };
  const plan = planMemory(g, bytesIn(scalars)).bufferBytes.reduce((a, b) => a + b, 0);
  const last = new Map<Storage, number>();
  g.nodes.forEach((node, i) => {
    for (const { storage } of [...inputsOf(node), ...outputsOf(node)]) last.set(storage, i);
  });
  for (const { storage } of g.outputs.values()) last.set(storage, g.nodes.length);
  const held = new Map<Storage, number>();
  const ranks: number[] = [];
  let peak = 0;
  g.nodes.forEach((node, i) => {
    for (const { storage, shape, layout } of outputsOf(node)) {
      if (storage.kind === "planned") held.set(storage, bytesOf(shape, layout, scalars));
    }
    const live = [...held.values()].sort((a, b) => b - a);
    peak = Math.max(peak, live.reduce((a, b) => a + b, 0));
    live.forEach((bytes, k) => ranks[k] = Math.max(ranks[k] ?? 0, bytes));
    for (const storage of held.keys()) if (last.get(storage) === i) held.delete(storage);
  });
  return { plan, peak, least: ranks.reduce((a, b) => a + b, 0) };
}

const KINDS: readonly Kind[] = ([12, 2, 0] as const).flatMap((full) =>
  ([false, true] as const).flatMap((recomputes) =>
    (["absorbed", "projected"] as const).map((narrow): Kind => ({ full, recomputes, narrow }))
  )
);

for (
  const kind of [
    ...KINDS,
    { ...KINDS[0]!, drops: true },
    { ...KINDS[0]!, phase: "parts" },
    ...KINDS.slice(0, 8).map((kind): Kind => ({ ...kind, adapter: "nvidia" })),
  ] as Kind[]
) {
  Deno.test(`a step's plan takes hardly more than it must: ${JSON.stringify(kind)}`, () => {
    const { plan, peak, least } = measure(stepOf(kind));
    assert.ok(least >= peak && plan >= least, `${plan} bytes, ${least} at least, ${peak} live`);
    assert.ok(plan <= 1.05 * least, `${plan} bytes, ${least} at least: ${plan / least}`);
    // Where layers are computed again, few values are live, of sizes that change, and whole buffers cannot be cut.
    if (!kind.recomputes) assert.ok(plan <= 1.15 * peak, `${plan} bytes for ${peak}: ${plan / peak}`);
  });
}

Deno.test("with layers computed again a step of 12 full layers takes at most half of the activations", () => {
  for (const drops of [false, true]) {
    const [kept, again] = [false, true].map((recomputes) =>
      measure(stepOf({ full: 12, recomputes, narrow: "absorbed", drops })).plan
    );
    assert.ok(again! <= kept! / 2, `${again} of ${kept} bytes, dropout ${drops}`);
  }
});

Deno.test("2 full layers take at most half of the activations of 12", () => {
  const [twelve, two] = [12, 2].map((full) => measure(stepOf({ full, recomputes: false, narrow: "absorbed" })).plan);
  assert.ok(two! <= twelve! / 2, `${two} of ${twelve} bytes`);
});
