/** A training that goes on from its checkpoints is, bit by bit, the training without a stop. */

import assert from "node:assert/strict";
import { join } from "node:path";
import {
  AdamW,
  type NarrowBertConfig,
  NarrowBertForSequenceClassification,
  NarrowBertForTokenClassification,
  type Optimizer,
  readSafetensors,
  SGD,
  TrainingFolder,
} from "../../mod.ts";
import { random } from "../../src/base/random.ts";
import { requestGpu } from "../../src/gpu/device.ts";
import { defaultTuning } from "../../src/kernels/tuning/shipped.ts";
import { useTuning } from "../../src/kernels/tuning/tuning.ts";
import { openTrainingFolder } from "../../src/train/saving/training_folder.ts";
import { inTemporaryFolder } from "../io/temporary.ts";
import { warningsOf } from "../model/warnings.ts";
import { allBits, ask, bitsOf, CONFIG, GROUPS, optimizerOf, startModel, train } from "./resumed_training.ts";
import { watched } from "./systems.ts";
import { goOn } from "./trainers.ts";

const gpu = await requestGpu();

const TOKENIZER = "examples/models/wordnet/topic";

/** What a training from the start to a step becomes. */
async function unbroken(steps: number): Promise<{ losses: number[]; bits: Map<string, Uint8Array> }> {
  using model = await startModel();
  using optimizer = optimizerOf(model);
  return { losses: await train(optimizer, 0, steps), bits: await allBits(optimizer) };
}

/** Saves a training of some steps in a folder. */
async function withCheckpoints(folder: string, ...steps: number[]): Promise<void> {
  using training = await TrainingFolder.open(folder);
  using model = await startModel();
  using optimizer = optimizerOf(model);
  let at = 0;
  for (const step of steps) {
    await train(optimizer, at, step);
    await training.save(optimizer, { step });
    at = step;
  }
}

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

Deno.test("200 steps with ten stops at random are those without a stop: losses, weights, moments, counts", () =>
  inTemporaryFolder(async (folder) => {
    const liveBytes = gpu.buffers.liveBytes;
    const next = random(31);
    const chosen = new Set<number>();
    while (chosen.size < 10) chosen.add(1 + Math.floor((next() + 1) / 2 * 198));
    const stops = [...chosen].sort((a, b) => a - b);
    const expected = await unbroken(200);
    const losses: number[] = [];
    for (const [i, until] of [...stops, 200].entries()) {
      if (i === 5) {
        // One part is trained by a process of its own, which tells no losses.
        const { errors } = await goOn(folder, { until });
        assert.equal(errors, "");
        losses.push(...expected.losses.slice(losses.length, until));
        continue;
      }
      using training = await TrainingFolder.open(folder);
      const last = await training.latest();
      const from = last?.step ?? 0;
      assert.equal(from, losses.length);
      // The checkpoint's weights, or any others: those of the checkpoint are put in their place.
      using model = last === null || i % 2 === 0
        ? await startModel()
        : await NarrowBertForSequenceClassification.from_pretrained(last.path);
      using optimizer = optimizerOf(model, { seed: i === 0 ? 77 : i, lr: 1 });
      await last?.restore(optimizer);
      losses.push(...await train(optimizer, from, until));
      await training.save(optimizer, { step: until, data: { place: until } });
      if (until === 200) assert.deepEqual(await allBits(optimizer), expected.bits);
    }
    assert.deepEqual(losses, expected.losses);
    assert.equal(gpu.buffers.liveBytes, liveBytes);
    assert.deepEqual(names(folder), [".lock", `checkpoint-${stops.at(-1)}`, "checkpoint-200"].sort());
  }));

Deno.test("what is saved is the training after the steps asked for before, though later ones are under way", () =>
  inTemporaryFolder(async (folder) => {
    const expected = [await unbroken(3), await unbroken(6)];
    using model = await startModel();
    using optimizer = optimizerOf(model);
    using training = await TrainingFolder.open(folder);
    const steps = [0, 1, 2].map((step) => ask(optimizer, step));
    const saved = training.save(optimizer, { step: 3 });
    const states = optimizer.state_dict();
    steps.push(...[3, 4, 5].map((step) => ask(optimizer, step)));
    const path = await saved;
    const file = await readSafetensors(join(path, "model.safetensors"));
    const first = expected[0]!.bits;
    for (const [name, { bytes }] of file) assert.deepEqual(new Uint8Array(bytes), first.get(name), name);
    for (const [name, bytes] of bitsOf(await states)) assert.deepEqual(bytes, first.get(name), name);
    assert.deepEqual((await Promise.all(steps)).map(({ loss }) => loss), expected[1]!.losses);
    assert.deepEqual(await allBits(optimizer), expected[1]!.bits);
    await (await training.latest())!.restore(optimizer);
    assert.deepEqual(await allBits(optimizer), first, "back to the step that was saved");
    assert.deepEqual(await train(optimizer, 3, 6), expected[1]!.losses.slice(3));
  }));

Deno.test("a checkpoint is a model's folder, with labels and tokenizer, and the state in plain safetensors", () =>
  inTemporaryFolder(async (folder) => {
    using model = await startModel();
    using optimizer = optimizerOf(model);
    {
      using training = await TrainingFolder.open(folder, { tokenizer: TOKENIZER, keep: 1 });
      await train(optimizer, 0, 3);
      await training.save(optimizer, { step: 3, data: { epoch: 0, order: [2, 0, 1] } });
    }
    // What goes on has no other tokenizer than the checkpoint's, which is gone at last.
    using training = await TrainingFolder.open(new URL(`file://${folder}`), { keep: 1 });
    const last = (await training.latest())!;
    assert.deepEqual([last.step, last.data], [3, { epoch: 0, order: [2, 0, 1] }]);
    const path = await training.save(optimizer, { step: 4 });
    assert.deepEqual(names(folder), [".lock", "checkpoint-4"]);
    assert.deepEqual(names(path), [
      "config.json",
      "manifest.json",
      "model.safetensors",
      "optimizer.safetensors",
      "tokenizer.json",
      "tokenizer_config.json",
      "training_state.json",
      "vocab.txt",
    ]);
    for (const name of ["tokenizer.json", "tokenizer_config.json", "vocab.txt"]) {
      assert.deepEqual(Deno.readFileSync(join(path, name)), Deno.readFileSync(join(TOKENIZER, name)));
    }
    using again = await NarrowBertForSequenceClassification.from_pretrained(path, { strict: true });
    assert.deepEqual(bitsOf(await again.state_dict()), bitsOf(await model.state_dict()));
    assert.deepEqual(again.config.id2label, CONFIG.id2label);
    const state = await readSafetensors(join(path, "optimizer.safetensors"));
    const query = "narrow_bert.encoder.layer.0.attention.self.query.weight";
    for (const moment of ["m", "v"]) {
      const { dtype, shape, data } = state.get(`${query}.${moment}`)!;
      assert.deepEqual([dtype, shape], ["F32", [10, 10]]);
      assert.ok((data as Float32Array).some((value) => value !== 0));
    }
    assert.ok(![...state.keys()].some((name) => /position_embeddings|layer\.0\.attention\.self\.key/.test(name)));
    assert.deepEqual([...state.get("optimizer.dropout")!.data], [77n, 3n]);
    assert.equal(state.get("optimizer.state")!.data[4], 3);
  }));

Deno.test("a damaged checkpoint is passed over with a warning; if all are, that is an error", () =>
  inTemporaryFolder(async (folder) => {
    await withCheckpoints(folder, 2, 5);
    const damage = (step: number, name: string) => {
      const file = join(folder, `checkpoint-${step}`, name);
      const bytes = Deno.readFileSync(file);
      bytes[bytes.length - 3]! ^= 16;
      Deno.writeFileSync(file, bytes);
    };
    damage(5, "optimizer.safetensors");
    using training = await TrainingFolder.open(folder);
    using model = await startModel();
    using optimizer = optimizerOf(model);
    const warnings = await warningsOf(async () => {
      const last = await training.latest();
      assert.equal(last!.step, 2);
      await last!.restore(optimizer);
    });
    assert.equal(warnings.length, 1);
    assert.match(
      warnings[0]!,
      /^narrowbert: Cannot read "optimizer.safetensors" in ".*checkpoint-5": its SHA-256 must be .*; the checkpoint of step 2 is used$/,
    );
    await train(optimizer, 2, 5);
    await training.save(optimizer, { step: 5 });
    assert.deepEqual(await allBits(optimizer), (await unbroken(5)).bits);
    damage(2, "model.safetensors");
    damage(5, "training_state.json");
    await assert.rejects(training.latest(), {
      name: "CheckpointError",
      message:
        /^Cannot go on with the training in ".*": no checkpoint is whole; remove them, or choose another folder, to begin anew:\n {2}- .*checkpoint-5.*\n {2}- .*checkpoint-2/,
    });
  }));

Deno.test("a full disk leaves the checkpoint before, and the training goes on when there is room", () =>
  inTemporaryFolder(async (folder) => {
    await withCheckpoints(folder, 2);
    const before = Deno.readFileSync(join(folder, "checkpoint-2", "manifest.json"));
    const full = Object.assign(new Error("No space left on device"), { code: "ENOSPC" });
    let room = 9;
    const system = watched((operation) => {
      if (operation.startsWith("write") && --room < 0) throw full;
    });
    using training = await openTrainingFolder(folder, { system });
    using model = await startModel();
    using optimizer = optimizerOf(model);
    await (await training.latest())!.restore(optimizer);
    await train(optimizer, 2, 4);
    await assert.rejects(training.save(optimizer, { step: 4 }), {
      message: `Cannot write the checkpoint of step 4 to "${folder}": the disk is full, or the quota is used up; ` +
        "checkpoint-2 is as it was. Free some space, or keep fewer",
    });
    assert.deepEqual(names(folder), [".lock", "checkpoint-2"]);
    assert.deepEqual(Deno.readFileSync(join(folder, "checkpoint-2", "manifest.json")), before);
    assert.equal((await training.latest())!.step, 2);
    room = Infinity;
    await train(optimizer, 4, 5);
    await training.save(optimizer, { step: 5 });
    assert.deepEqual(await allBits(optimizer), (await unbroken(5)).bits);
  }));

Deno.test("a folder in which another trainer writes is refused, in this process and in another", () =>
  inTemporaryFolder(async (folder) => {
    using training = await TrainingFolder.open(folder);
    const message = /^Cannot train in ".*": another trainer writes its checkpoints there/;
    await assert.rejects(TrainingFolder.open(folder), { message });
    await assert.rejects(goOn(folder, { until: 3 }), { message: /another trainer writes its checkpoints there/ });
    training.dispose();
    (await TrainingFolder.open(folder)).dispose();
  }));

/** An optimizer of a model, which is disposed of after the test. */
async function refusal(folder: string, make: () => Promise<Optimizer>): Promise<string> {
  using training = await TrainingFolder.open(folder);
  using optimizer = await make();
  using model = optimizer.model;
  const before = bitsOf(await model.state_dict());
  const state = bitsOf(await optimizer.state_dict());
  let message = "";
  await assert.rejects((await training.latest())!.restore(optimizer), (error: Error) => {
    assert.equal(error.name, "CheckpointError");
    message = error.message;
    return true;
  });
  assert.deepEqual(bitsOf(await model.state_dict()), before, "nothing has changed");
  assert.deepEqual(bitsOf(await optimizer.state_dict()), state, "nothing has changed");
  return message.replace(folder, "FOLDER");
}

Deno.test("the checkpoint of another model, or of another optimizer, is refused by the first differences", () =>
  inTemporaryFolder(async (folder) => {
    await withCheckpoints(folder, 2);
    const start = 'Cannot go on from "FOLDER/checkpoint-2": it is the checkpoint of another training:';
    const classifier = (config: NarrowBertConfig) => NarrowBertForSequenceClassification.from_config(config);
    const wide = CONFIG.with({ hidden_size: 12, id2label: { 0: "a", 1: "b" } });
    assert.equal(
      await refusal(folder, async () => new AdamW(await classifier(wide))),
      `${start}\n  - hidden_size of its config must be 10, got 12\n  - id2label of its config must be ` +
        '{"0":"noun","1":"verb","2":"rest"}, got {"0":"a","1":"b"}',
    );
    assert.equal(
      await refusal(folder, async () => new AdamW(await NarrowBertForTokenClassification.from_config(CONFIG))),
      `${start} the model's class must be NarrowBertForSequenceClassification, got NarrowBertForTokenClassification`,
    );
    assert.equal(
      await refusal(folder, async () => new SGD(await classifier(CONFIG))),
      `${start} the optimizer's class must be AdamW, got SGD`,
    );
    assert.match(
      await refusal(folder, async () => new AdamW(await classifier(CONFIG))),
      /^Cannot go on from "FOLDER\/checkpoint-2": 10 tensors are missing: "narrow_bert.embeddings.position_embeddings.weight.m", ".*\.v", ".*" and 6 more$/,
    );
    const frozen = ["narrow_bert"];
    assert.match(
      await refusal(folder, async () => new AdamW(await classifier(CONFIG), { frozen })),
      /^Cannot go on from "FOLDER\/checkpoint-2": \d+ tensors are of no use: "narrow_bert\..*\.[mv]" and \d+ more$/,
    );
  }));

Deno.test("other kernels, another adapter or other settings are a warning that bits may differ", () =>
  inTemporaryFolder(async (folder) => {
    await withCheckpoints(folder, 1);
    using training = await TrainingFolder.open(folder);
    const last = (await training.latest())!;
    using model = await startModel();
    const warningsFor = (optimizer: Optimizer) => warningsOf(() => last.restore(optimizer));
    using same = optimizerOf(model, { seed: 3, lr: 7 });
    assert.deepEqual(await warningsFor(same), []);
    assert.equal(same.lr, 0); // the first step of the warm-up
    using other = new AdamW(model, { ...GROUPS, lr_factors: { classifier: 4 }, betas: [0.9, 0.99] });
    const tuning = defaultTuning(gpu.adapterClass, gpu.limits);
    useTuning(gpu, { matmul_nn_few: tuning.matmul_nn_some });
    try {
      const [warning, ...more] = await warningsFor(other);
      assert.deepEqual(more, []);
      assert.match(
        warning!,
        /^narrowbert: a training that goes on from ".*checkpoint-1" may differ from one without a stop: the kernel of matmul_nn_few was matmul.* and is matmul.*, the optimizer's lr_factors was {"classifier":3} and is {"classifier":4}, the optimizer's betas was \[0.9,0.999\] and is \[0.9,0.99\]$/,
      );
    } finally {
      useTuning(gpu, {});
    }
    const file = join(last.path, "training_state.json");
    const record = JSON.parse(Deno.readTextFileSync(file));
    assert.deepEqual(Object.keys(record.environment), ["library", "runtime", "adapter", "kernels"]);
    assert.deepEqual(record.environment.adapter, gpu.adapter);
  }));

Deno.test("what cannot be saved is refused", () =>
  inTemporaryFolder(async (folder) => {
    using training = await TrainingFolder.open(folder);
    using model = await startModel();
    using optimizer = optimizerOf(model);
    assert.equal(await training.latest(), null);
    for (const step of [-1, 0.5, NaN]) await assert.rejects(training.save(optimizer, { step }), RangeError);
    await assert.rejects(training.save(optimizer, { step: 1, data: () => 1 }), /data must be JSON, .* got/);
    const open = { best: [1, Infinity], at: { words: new Uint32Array(2) } };
    await assert.rejects(training.save(optimizer, { step: 1, data: open }), {
      name: "TypeError",
      message: "Cannot save a training: data.best[1] must be JSON, which keeps it as it is, got Infinity",
    });
    await assert.rejects(training.save(optimizer, { step: 1, data: open.at }), /data\.words must be JSON/);
    const misspelt: object = { step: 1, dta: {} };
    await assert.rejects(training.save(optimizer, misspelt as { step: number }), /there is no option "dta"/);
    await assert.rejects(TrainingFolder.open(folder, { tokenizer: folder }), { name: "TokenizerError" });
    await assert.rejects(TrainingFolder.open("https://example.org/run"), /it must be a local folder/);
    assert.deepEqual(names(folder), [".lock"]);
    await training.save(optimizer, { step: 1 });
    await assert.rejects(training.save(optimizer, { step: 1 }), /there is the one of step 1 already/);
  }));
