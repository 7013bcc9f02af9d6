/** A masked language model whose decoder has weights of its own, against the same model with tied ones. */

import assert from "node:assert/strict";
import { join } from "node:path";
import { AdamW, NarrowBertForMaskedLM, readSafetensors, Tensor } from "../../mod.ts";
import { inTemporaryFolder } from "../io/temporary.ts";
import { slicedDevice } from "../nn/sliced_device.ts";
import { MASKED } from "./helpers.ts";

const WORDS = "narrow_bert.embeddings.word_embeddings.weight";
const DECODER = "cls.predictions.decoder.weight";

const TIED = MASKED.config;
const OWN = TIED.with({ tie_word_embeddings: false });

/** A tied model, and one with the same weights of which the decoder is a copy. */
async function pair(device?: GPUDevice) {
  const options = { seed: 3, ...(device && { device }) };
  const [tied, own] = [
    await NarrowBertForMaskedLM.from_config(TIED, options),
    await NarrowBertForMaskedLM.from_config(OWN, options),
  ];
  const weights = await tied.state_dict();
  await own.load_state_dict(new Map([...weights, [DECODER, weights.get(WORDS)!]]));
  return { tied, own };
}

const near = (a: number, b: number) => Math.abs(a - b) <= 1e-5 * Math.max(1, Math.abs(b));

// Slices of 8 of the 30 words.
for (const [what, device] of [["in one piece", undefined], ["in slices", await slicedDevice(512)]] as const) {
  Deno.test(`words ${what}: a copy as decoder gives the same loss, and shares its gradient with the embeddings`, async () => {
    const { tied, own } = await pair(device);
    const expected = await tied.gradients(MASKED.batch, { dropout: 0 });
    const found = await own.gradients(MASKED.batch, { dropout: 0 });
    assert(near(Number(found.loss.data[0]), Number(expected.loss.data[0])));
    assert.deepEqual(new Set(found.gradients.keys()), new Set([...expected.gradients.keys(), DECODER]));
    const [words, decoder] = [found.gradients.get(WORDS)!, found.gradients.get(DECODER)!];
    assert.deepEqual(decoder.dims, words.dims);
    assert(words.data.some((x) => x !== 0) && decoder.data.some((x) => x !== 0));
    expected.gradients.get(WORDS)!.data.forEach((x, i) => {
      const sum = Number(words.data[i]) + Number(decoder.data[i]);
      assert(near(sum, Number(x)), `element ${i}: ${sum}, expected ${x}`);
    });
    tied.dispose();
    own.dispose();
  });
}

Deno.test("a step changes the decoder and the embeddings each by its own gradient", async () => {
  const { tied, own } = await pair();
  tied.dispose();
  using model = own;
  using optimizer = new AdamW(model, { lr: 1e-2 });
  await optimizer.step(MASKED.batch, { dropout: 0 });
  const weights = await model.state_dict();
  assert.notDeepEqual(weights.get(DECODER)!.data, weights.get(WORDS)!.data);
});

Deno.test("a decoder of its own is saved, loaded, made anew, and needed", () =>
  inTemporaryFolder(async (folder) => {
    using model = await NarrowBertForMaskedLM.from_config(OWN, { seed: 7 });
    const weights = await model.state_dict();
    assert.notDeepEqual(weights.get(DECODER)!.data, weights.get(WORDS)!.data);
    await model.save_pretrained(folder);
    const file = await readSafetensors(join(folder, "model.safetensors"));
    assert.deepEqual(file.get(DECODER)!.shape, [OWN.vocab_size, OWN.hidden_size]);
    using again = await NarrowBertForMaskedLM.from_pretrained(folder);
    assert.equal(again.config.tie_word_embeddings, false);
    assert.deepEqual(await again.state_dict(), weights);
    assert.deepEqual(await again.forward(MASKED.batch), await model.forward(MASKED.batch));
    // With a decoder of other numbers, the logits are others.
    const zeros = new Tensor("float32", new Float32Array(weights.get(DECODER)!.data.length), [
      OWN.vocab_size,
      OWN.hidden_size,
    ]);
    await again.load_state_dict(new Map([...weights, [DECODER, zeros]]));
    const bias = weights.get("cls.predictions.bias")!;
    const { logits } = await again.forward(MASKED.batch);
    assert.deepEqual(logits.data.slice(0, OWN.vocab_size), bias.data);
    // Where the config ties them, two that differ are refused.
    await assert.rejects(
      NarrowBertForMaskedLM.from_pretrained(folder, { config: { tie_word_embeddings: true } }),
      /"cls\.predictions\.decoder\.weight" must equal .*word_embeddings\.weight", with which it is tied/,
    );
    using tied = await NarrowBertForMaskedLM.from_config(TIED, { seed: 7 });
    await tied.save_pretrained(folder);
    await assert.rejects(
      NarrowBertForMaskedLM.from_pretrained(folder, { config: { tie_word_embeddings: false } }),
      /the masked_lm head is missing: "cls\.predictions\.decoder\.weight"/,
    );
  }));
