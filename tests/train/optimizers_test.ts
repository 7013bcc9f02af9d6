/** Optimizers with groups of settings against float64, on the gradients that the GPU computes. */

import assert from "node:assert/strict";
import { AdamW, type AdamWOptions, type Optimizer, SGD, type SGDOptions, type Tensor } from "../../mod.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { BATCH, OPTIONS, type Setting, smallModel, Twin } from "./small_training.ts";

const gpu = await requestGpu();

/** Of the largest weight of a tensor. */
const TOLERANCE = 1e-6;

const isUndecayed = (name: string) => name.endsWith(".bias") || name.includes("LayerNorm");

/** Settings by patterns, and by the name of a tensor. */
const GROUPS: [what: string, options: AdamWOptions & SGDOptions, settings: (name: string) => Setting][] = [
  ["no groups", {}, (name) => ({ decays: !isUndecayed(name) })],
  [
    "factors by layer",
    {
      lr_factors: {
        "narrow_bert.embeddings": 0.1,
        "narrow_bert.encoder.layer.*": 0.5,
        "narrow_bert.encoder.layer.0": 0.25,
        "narrow_bert.encoder_narrow.layer.1": 2,
        "*.query.weight": 0,
        "classifier": 10,
      },
    },
    (name) => ({ decays: !isUndecayed(name), factor: factorOf(name) }),
  ],
  [
    "parts of matrices",
    {
      frozen: ["*.layer.0.attention.self.key", "narrow_bert.encoder.layer.1.attention.self.value.weight"],
      lr_factors: { "*.value.*": 3 },
      no_decay: ["*.query.weight"],
    },
    (name) => ({
      frozen: name.includes(".layer.0.attention.self.key.") ||
        name === "narrow_bert.encoder.layer.1.attention.self.value.weight",
      factor: name.includes(".value.") ? 3 : 1,
      decays: !name.endsWith(".query.weight"),
    }),
  ],
  [
    "frozen lower layers",
    { frozen: ["narrow_bert.embeddings", "narrow_bert.encoder.layer"] },
    (name) => ({ frozen: isLower(name), decays: !isUndecayed(name) }),
  ],
  ["all but a classifier", { frozen: ["narrow_bert"] }, (name) => ({
    frozen: name.startsWith("narrow_bert."),
    decays: !isUndecayed(name),
  })],
];

function factorOf(name: string): number {
  if (name.endsWith(".query.weight")) return 0;
  if (name.startsWith("classifier.")) return 10;
  if (name.startsWith("narrow_bert.encoder_narrow.layer.1.")) return 2;
  if (name.startsWith("narrow_bert.encoder.layer.0.")) return 0.25;
  if (name.startsWith("narrow_bert.encoder.")) return 0.5;
  return name.startsWith("narrow_bert.embeddings.") ? 0.1 : 1;
}

const isLower = (name: string) => /^narrow_bert\.(embeddings|encoder)\./.test(name);

const KINDS = {
  AdamW: { make: (...call: ConstructorParameters<typeof AdamW>) => new AdamW(...call), own: { lr: 0.01 } },
  SGD: { make: (...call: ConstructorParameters<typeof SGD>) => new SGD(...call), own: { lr: 0.1, momentum: 0.9 } },
} as const;

for (const [kind, { make, own }] of Object.entries(KINDS)) {
  for (const narrow of ["absorbed", "projected"] as const) {
    for (const [what, options, settings] of GROUPS) {
      Deno.test(`${kind}, ${narrow}, with ${what}: three steps are those in float64`, async () => {
        const before = gpu.buffers.liveBytes;
        await compare({
          make,
          narrow,
          options: { weight_decay: 0.1, max_grad_norm: 0.5, ...own, ...options },
          settings,
        });
        assert.equal(gpu.buffers.liveBytes, before);
      });
    }
  }
}

async function compare({ make, narrow, options, settings }: {
  make: (...call: ConstructorParameters<typeof AdamW>) => Optimizer;
  narrow: "absorbed" | "projected";
  options: AdamWOptions & SGDOptions;
  settings: (name: string) => Setting;
}): Promise<void> {
  using model = await smallModel();
  using optimizer = make(model, options);
  const start = await model.state_dict();
  const twin = new Twin(start, settings);
  for (let step = 0; step < 3; step++) {
    const { gradients } = await model.gradients(BATCH, { ...OPTIONS, narrow });
    const norm = twin.step(gradients, options);
    const { grad_norm, applied } = await optimizer.step(BATCH, { ...OPTIONS, narrow });
    assert.ok(applied);
    assert.ok(Math.abs(grad_norm - norm) <= 1e-6 * norm, `norm of step ${step}: expected ${norm}, got ${grad_norm}`);
  }
  const end = await model.state_dict();
  for (const [name, { data }] of end) {
    if (settings(name).frozen) assert.deepEqual(bytesOf(end.get(name)!), bytesOf(start.get(name)!), name);
    const expected = twin.weights.get(name)!;
    const largest = Math.max(...expected.map(Math.abs), 1e-3);
    const error = Math.max(...expected.map((value, i) => Math.abs(value - Number(data[i]))));
    assert.ok(error <= TOLERANCE * largest, `${name} is off by ${error} of ${largest}`);
  }
}

function bytesOf({ data }: Tensor): Uint8Array {
  return new Uint8Array((data as Float32Array).slice().buffer);
}

Deno.test("freezing changes no bit of what the others become in a step that is not clipped", async () => {
  const after = await Promise.all([[], ["narrow_bert.embeddings", "*.key.*"]].map(async (frozen) => {
    using model = await smallModel();
    using optimizer = new AdamW(model, { frozen, max_grad_norm: 0 });
    await optimizer.step(BATCH, OPTIONS);
    return await model.state_dict();
  }));
  const [all, some] = after as [Map<string, Tensor>, Map<string, Tensor>];
  let frozen = 0;
  for (const [name, tensor] of some) {
    const isFrozen = name.startsWith("narrow_bert.embeddings.") || name.includes(".key.");
    if (isFrozen) frozen++;
    else assert.deepEqual(bytesOf(tensor), bytesOf(all.get(name)!), name);
  }
  assert.equal(frozen, 5 + 8);
});

Deno.test("no moments are allocated of matrices that are frozen", async () => {
  const bytes = await Promise.all([[], ["narrow_bert.embeddings"]].map(async (frozen) => {
    using model = await smallModel();
    using optimizer = new AdamW(model, { frozen });
    await optimizer.step(BATCH, OPTIONS);
    const kept = () => gpu.buffers.liveBytes - model.activationBytes;
    const before = kept();
    optimizer.dispose();
    return before - kept();
  }));
  // Words, positions, types and two vectors, 10 columns padded to 12, each with two moments of 4 bytes.
  assert.equal(bytes[0]! - bytes[1]!, 2 * 4 * 12 * (23 + 16 + 2 + 2));
});

Deno.test("what cannot be trained is refused", async () => {
  using model = await smallModel();
  const refuse = (options: object, name: string, message: RegExp) =>
    assert.throws(() => new AdamW(model, options), { name, message });
  refuse(
    { frozen: ["narow_bert.embeddings"] },
    "RangeError",
    /^Cannot make an AdamW: frozen must have patterns of names of tensors, but "narow_bert.embeddings" matches none of the 73 tensors of the model, such as narrow_bert.embeddings.word_embeddings.weight, /,
  );
  refuse({ no_decay: ["*.biases"] }, "RangeError", /no_decay .* but "\*\.biases" matches none/);
  refuse({ lr_factors: { classifierr: 2 } }, "RangeError", /lr_factors .* but "classifierr" matches none/);
  refuse({ frozen: ["narrow bert"] }, "RangeError", /and "\*" for anything, got "narrow bert"$/);
  refuse({ frozen: [""] }, "RangeError", /got ""$/);
  refuse({ frozen: [3] }, "TypeError", /got number$/);
  refuse({ frozen: "classifier" }, "TypeError", /frozen must be an array of patterns/);
  refuse(
    { lr_factors: { classifier: -1 } },
    "RangeError",
    /lr_factors must be a number from 0, got -1 for "classifier"$/,
  );
  const factor = /lr times a factor of lr_factors must be finite as a float32, got 1e\+38 and 10 for "classifier"$/;
  refuse({ lr: 1e38, lr_factors: { classifier: 10 } }, "RangeError", factor);
  refuse({ lr_factors: { classifier: 1e42 } }, "RangeError", /got 0.001 and 1e\+42 for "classifier"$/);
  for (const name of ["lr", "weight_decay", "max_grad_norm"]) {
    refuse(
      { [name]: 1e39 },
      "RangeError",
      new RegExp(`^Cannot make an AdamW: ${name} must be finite as a float32, got`),
    );
  }
  refuse(
    { lr: 1e30, weight_decay: 1e9 },
    "RangeError",
    /lr times weight_decay must be finite as a float32, got 1e\+30/,
  );
  refuse({ max_grad_norm: 1e-46 }, "RangeError", /max_grad_norm must be 0, for no clipping, or at least 2\^-126, got/);
  refuse({ eps: 0 }, "RangeError", /eps must be a positive number, got 0$/);
  for (const eps of [1e-46, 1e-38, 1e39]) {
    refuse({ eps }, "RangeError", /eps must be at least 2\^-126 and finite as a float32, got 1e/);
  }
  new AdamW(model, { eps: 2 ** -126, lr: 3e38, weight_decay: 0, max_grad_norm: 2 ** -126 }).dispose();
  refuse({ lr_factors: [] }, "TypeError", /lr_factors must be an object/);
  refuse({ frozen: ["*"] }, "RangeError", /frozen must leave a tensor to update, got patterns of all 73$/);
  refuse({ momentum: 0.9 }, "TypeError", /there is no option "momentum"/);
  assert.throws(() => new SGD(model, { momentum: 1 }), { name: "RangeError", message: /momentum must be .* got 1$/ });
  using optimizer = new SGD(model);
  optimizer.lr = NaN;
  await assert.rejects(optimizer.step(BATCH), { name: "RangeError", message: /lr must be a number from 0, got NaN$/ });
  using other = new SGD(model, { lr_factors: { classifier: 10 } });
  other.lr = 1e38;
  await assert.rejects(other.step(BATCH), { name: "RangeError", message: factor });
});

Deno.test("options that are undefined are left out", async () => {
  const none = {
    ...{ lr: undefined, weight_decay: undefined, max_grad_norm: undefined, seed: undefined, frozen: undefined },
    ...{ lr_factors: undefined, no_decay: undefined },
  };
  for (const [kind, own] of [[AdamW, { eps: undefined, betas: undefined }], [SGD, { momentum: undefined }]] as const) {
    const after = await Promise.all([{}, { ...none, ...own }].map(async (options) => {
      using model = await smallModel();
      using optimizer = new kind(model, options);
      const result = await optimizer.step(BATCH, OPTIONS);
      const { lr, weight_decay, max_grad_norm } = optimizer;
      return [result, { lr, weight_decay, max_grad_norm }, await model.state_dict()];
    }));
    assert.deepEqual(after[1], after[0]);
  }
  using model = await smallModel();
  for (const name of ["lr", "eps", "seed", "betas"]) {
    assert.throws(() => new AdamW(model, { [name]: null }), { name: "RangeError", message: /got null$/ });
  }
});

Deno.test("the smallest epsilon that is allowed gives steps that are finite", async () => {
  using model = await smallModel();
  using optimizer = new AdamW(model, { eps: 2 ** -126 });
  for (let i = 0; i < 2; i++) assert.ok((await optimizer.step(BATCH, OPTIONS)).applied);
  for (const [name, { data }] of await model.state_dict()) {
    assert.ok((data as Float32Array).every(Number.isFinite), name);
  }
});
