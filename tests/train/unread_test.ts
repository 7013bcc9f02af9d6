/** Weights on which a loss does not depend: a step leaves them as they are, and their moments zeros. */

import assert from "node:assert/strict";
import { AdamW, type ModelInputs, NarrowBertForMaskedLM, NarrowBertForSequenceClassification } from "../../mod.ts";
import { MASKED_LM } from "../../src/heads/layers/masked_lm.ts";
import { SEQUENCE_CLASSIFICATION } from "../../src/heads/layers/pooled_classifier.ts";
import { coreOf } from "../../src/heads/pretrained.ts";
import { randomCore } from "../../src/model/loading.ts";
import { differences, liveBytes, MASKED, part, SINGLE, weightsOf } from "./helpers.ts";

const OPTIONS = { dropout: 0 };
const POSITIONS = "narrow_bert.embeddings.position_embeddings.weight";

for (const type of ["relative_key", "relative_key_query"] as const) {
  Deno.test(`micro-batches of a model with ${type} are one step, and its absolute positions stay`, async () => {
    const config = MASKED.config.with({ position_embedding_type: type });
    const before = liveBytes();
    {
      using model = await MASKED.make(config);
      using twin = await MASKED.make(config);
      const weights = await weightsOf(model);
      const settings = { lr: 0.01, weight_decay: 0.5 };
      using optimizer = new AdamW(model, settings);
      using whole = new AdamW(twin, settings);
      const parts = [part(MASKED.batch, 0, 1), part(MASKED.batch, 1)];
      const memory = await optimizer.memory(parts, OPTIONS);
      const found = await optimizer.step(parts, OPTIONS);
      const expected = await whole.step(MASKED.batch, OPTIONS);
      assert.ok(found.applied);
      assert.ok(Math.abs(found.grad_norm - expected.grad_norm) < 1e-5 * expected.grad_norm);
      assert.ok(Math.abs(found.loss - expected.loss) < 1e-5 * expected.loss);
      assert.ok(memory.total > 0);
      const changed = new Set(differences(await weightsOf(model), weights));
      // A bias of keys makes no difference to probabilities: its gradient may be 0.
      const stayed = [...weights.keys()].filter((name) => !changed.has(name) && !name.endsWith(".key.bias"));
      assert.deepEqual(stayed, [POSITIONS]);
      const state = await optimizer.state_dict();
      for (const moment of ["m", "v"]) {
        assert.ok((state.get(`${POSITIONS}.${moment}`)!.data as Float32Array).every((value) => value === 0));
      }
      await optimizer.load_state_dict(state);
      assert.ok((await optimizer.step(MASKED.batch, OPTIONS)).applied);
    }
    assert.equal(liveBytes(), before);
  });
}

Deno.test("a step leaves the heads of other models on the same weights as they are", async () => {
  const parts = { heads: [MASKED_LM, SEQUENCE_CLASSIFICATION], pooler: true };
  const core = await randomCore(MASKED.config.with({ num_labels: 3 }), parts, { seed: 3 });
  using language = new NarrowBertForMaskedLM(core);
  using classes = new NarrowBertForSequenceClassification(core);
  assert.equal(coreOf(language), coreOf(classes));
  for (const [model, inputs] of [[language, MASKED.batch], [classes, SINGLE.batch]] as const) {
    const own = new Set((await model.state_dict()).keys());
    const both = async () => new Map([...await weightsOf(language), ...await weightsOf(classes)]);
    for (const asked of [inputs, [part(inputs, 0, 2), part(inputs, 2)]] as (ModelInputs | ModelInputs[])[]) {
      using optimizer = new AdamW(model, { lr: 0.01, weight_decay: 0.5 });
      const before = await both();
      assert.ok((await optimizer.step(asked, OPTIONS)).applied);
      const changed = differences(await both(), before);
      assert.ok(changed.length > 0);
      assert.deepEqual(changed.filter((name) => !own.has(name)), []);
      const state = [...(await optimizer.state_dict()).keys()].filter((name) => !name.startsWith("optimizer."));
      assert.deepEqual(state.filter((name) => !own.has(name.slice(0, -2))), []);
    }
  }
});
