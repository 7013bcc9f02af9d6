/** Which matrices and columns a step updates, and which gradients it computes. */

import assert from "node:assert/strict";
import { NarrowBertConfig } from "../../mod.ts";
import { Graph } from "../../src/graph/graph.ts";
import { adamw } from "../../src/graph/ops/training/optimizer/adamw.ts";
import { lossCall } from "../../src/heads/calls/losses.ts";
import { SEQUENCE_CLASSIFICATION as head } from "../../src/heads/layers/pooled_classifier.ts";
import { traceModel } from "../../src/model/tracing.ts";
import { declareModel, parameterShapes } from "../../src/model/weights/parameter_shapes.ts";
import { type GroupRange, settingsOf, updatedParameters } from "../../src/train/groups.ts";
import { matched } from "../../src/train/patterns.ts";
import { DEFAULTS, type OptimizerSettings } from "../../src/train/settings.ts";
import { stepPrograms, type UpdateRule } from "../../src/train/update.ts";
import { BATCH, CONFIG } from "./small_training.ts";

const PARTS = { heads: [head], pooler: true };
type Groups = Partial<Pick<OptimizerSettings, "frozen" | "lr_factors" | "no_decay">>;

const settings = (groups: Groups, config = CONFIG) =>
  settingsOf("test", { ...DEFAULTS, ...groups }, [...parameterShapes(config, PARTS).keys()]);

/** The matrices that are updated, by label. */
function updated(groups: Groups) {
  const parameters = declareModel(CONFIG, PARTS).all.flatMap(({ all }) => all);
  const all = updatedParameters(parameters, settings(groups));
  return { parameters, found: new Map(all.map((one) => [one.parameter.label, one])) };
}

/** Labels of the kernel calls of a step, and of those that take columns with others between them. */
function traced(groups: Groups, config = CONFIG): { labels: string[]; gaps: string[] } {
  const { body, layers, all } = declareModel(config, PARTS);
  const call = lossCall({ head, name: "test" }, { inputs: BATCH, config, purpose: "test" });
  const g = new Graph(undefined, { differentiable: true });
  const rule: UpdateRule<"m" | "v"> = {
    moments: ["m", "v"],
    betas: [0.9, 0.999],
    update: (g, { moments, ...call }) => adamw(g, { ...call, ...moments }),
  };
  const learning = stepPrograms(rule, settings(groups, config)).whole;
  traceModel(g, body, {
    call: {
      half: "both",
      ordinary: false,
      overAll: false,
      plan: { form: "projected", together: 2 },
      probabilities: "scratch",
      embedded: false,
      hiddenStates: false,
      learning,
      drops: false,
      recomputes: false,
    },
    stages: [{ ...call.head, rows: null, prefix: "" }],
    layerOf: ({ name }) => layers.get(name),
    parameters: all.flatMap(({ all }) => all),
  });
  const gaps = g.nodes.filter(({ variants }) => variants.some(({ constants }) => constants.GAPS === 1));
  return { labels: g.nodes.map(({ label }) => label), gaps: gaps.map(({ label }) => label) };
}

Deno.test("a pattern is a name or what stands above names, and * stands for anything", () => {
  const names = ["a.b.weight", "a.b.bias", "a.b1.weight", "c.a.b.weight"];
  const of = (pattern: string) => matched({ action: "test", thing: "patterns" }, { pattern, names });
  assert.deepEqual(of("a.b.bias"), ["a.b.bias"]);
  assert.deepEqual(of("a.b"), ["a.b.weight", "a.b.bias"]);
  assert.deepEqual(of("*.b"), ["a.b.weight", "a.b.bias", "c.a.b.weight"]);
  assert.deepEqual(of("*weight"), ["a.b.weight", "a.b1.weight", "c.a.b.weight"]);
  assert.deepEqual(of("a*weight"), ["a.b.weight", "a.b1.weight"]);
  assert.deepEqual(of("**"), names);
  for (const pattern of ["b", "a.b.", ".b", "a.b.weights", "A.b", "a.b.weigh", "axb"]) {
    assert.throws(() => of(pattern), RangeError, pattern);
  }
  for (const pattern of ["", " a", "a[0]", "a?", "a.b|c"]) assert.throws(() => of(pattern), /for anything, got/);
});

Deno.test("without groups every matrix is updated in one piece, and biases and LayerNorms do not decay", () => {
  const { parameters, found } = updated({});
  assert.equal(found.size, parameters.length);
  for (const [label, { ranges, updated }] of found) {
    const decays = !label.endsWith(".bias") && !label.includes("LayerNorm");
    assert.deepEqual(ranges, [{ lrFactor: 1, decays, columns: null }], label);
    assert.deepEqual(updated, [null], label);
  }
});

Deno.test("tensors side by side have ranges of their own only if their settings differ", () => {
  const layer = "narrow_bert.encoder.layer.0.attention.self";
  const narrow = (i: number) => `narrow_bert.encoder_narrow.layer.${i}.attention.self`;
  const { found } = updated({
    frozen: [`${layer}.key.weight`, `${narrow(0)}.key`, `${narrow(0)}.value`, "narrow_bert.encoder.layer.1"],
    lr_factors: { [`${layer}.value`]: 2, [`${narrow(1)}.value`]: 0.5 },
  });
  // Two heads of 5 columns, each padded to 8.
  const range = (at: number, columns: number, lrFactor: number, decays = true): GroupRange => {
    return { lrFactor, decays, columns: { at, columns } };
  };
  const qkv = found.get(`${layer}.qkv.weight`)!;
  assert.deepEqual(qkv.ranges, [range(0, 16, 1), range(32, 16, 2)]);
  assert.deepEqual(qkv.updated, [{ at: 0, columns: 16 }, { at: 32, columns: 16 }]);
  const bias = found.get(`${layer}.qkv.bias`)!;
  assert.deepEqual(bias.ranges, [range(0, 32, 1, false), range(32, 16, 2, false)]);
  assert.deepEqual(bias.updated, [null]);
  const keyValue = found.get("narrow.key_value.weight")!;
  assert.deepEqual(keyValue.ranges, [range(32, 16, 1), range(48, 16, 0.5)]);
  assert.deepEqual(keyValue.updated, [{ at: 32, columns: 32 }]);
  assert.ok([...found.keys()].every((label) => !label.startsWith("narrow_bert.encoder.layer.1.")));
});

Deno.test("no gradients are computed of what is frozen, nor below it", () => {
  const all = traced({});
  assert.deepEqual(all.gaps, []);
  const { parameters } = updated({});
  assert.deepEqual(
    all.labels.filter((label) => label.includes(".update")).sort(),
    parameters.map(({ label }) => `${label}.update`).sort(),
  );
  const isLower = (label: string) => /^narrow_bert\.(embeddings|encoder\b)/.test(label);
  const gradients = ({ labels }: { labels: string[] }) => labels.filter((label) => label.includes("gradient"));
  assert.ok(gradients(all).some(isLower));
  const upper = traced({ frozen: ["narrow_bert.embeddings", "narrow_bert.encoder"] });
  assert.deepEqual(gradients(upper).filter(isLower), []);
  assert.deepEqual(gradients(upper).filter((label) => label.startsWith("narrow.")).length > 0, true);
  // The gradient goes through a frozen layer to those below it, but not to its weights.
  const middle = gradients(traced({ frozen: ["narrow_bert.encoder.layer.1"] }));
  const inMiddle = middle.filter((label) => label.startsWith("narrow_bert.encoder.layer.1."));
  assert.ok(inMiddle.length > 0);
  assert.deepEqual(inMiddle.filter((label) => /gradient\.(weight|bias)/.test(label)), []);
  const classifier = gradients(traced({ frozen: ["narrow_bert"] }));
  assert.ok(classifier.length > 0 && classifier.every((label) => /^(classifier|loss)/.test(label)), classifier.join());
});

Deno.test("a step without any gradient is refused", () => {
  const config = new NarrowBertConfig({ ...CONFIG.to_json(), position_embedding_type: "relative_key" });
  // Positions that are relative leave the table of absolute ones unused.
  const unused = "narrow_bert.embeddings.position_embeddings.weight";
  const frozen = [...parameterShapes(config, PARTS).keys()].filter((name) => name !== unused);
  assert.throws(
    () => traced({ frozen }, config),
    /^Error: Cannot take a step: the loss depends on no weight that is not/,
  );
});
