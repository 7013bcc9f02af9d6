/** What TypeScript knows of answers: each line with a type is a test of its own, by the type check. */

import assert from "node:assert/strict";
import {
  AutoTokenizer,
  type BertTokenizer,
  type FilledMask,
  type NarrowBertForMaskedLM,
  NarrowBertForSequenceClassification,
  pipeline,
  type Tensor,
} from "../../mod.ts";

Deno.test("embeddings have the element type of their precision", async () => {
  using embed = await pipeline("feature-extraction");
  const one: Tensor<"float32"> = await embed("a bird", { pooling: "mean" });
  const numbers: Float32Array = one.data;
  assert.equal(numbers.length, 128);
  const all: Tensor<"float32">[] = await embed(["a bird"]);
  assert.equal(all[0]!.type, "float32");
  const bits: Tensor<"uint8"> = await embed("a bird", { pooling: "mean", precision: "ubinary" });
  const bytes: Uint8Array = bits.data;
  assert.equal(bytes.length, 16);
  const mixed: (Tensor<"float32"> | Error)[] = await embed(["a bird"], { errors: "yield" });
  assert(!(mixed[0] instanceof Error));
  for await (const { data } of embed.stream(["a bird"])) assert((data satisfies Float32Array) instanceof Float32Array);
});

Deno.test("fill-mask has one shape for every number of masks if it is asked for", async () => {
  using fill = await pipeline("fill-mask");
  const words: FilledMask[][] = await fill("the [MASK] of a king", { per_mask: true, top_k: 2 });
  assert.deepEqual(words.map(({ length }) => length), [2]);
  const lists: FilledMask[][][] = await fill(["the [MASK] of a [MASK]"], { per_mask: true });
  assert.deepEqual(lists.map(({ length }) => length), [2]);
  const either: FilledMask[] | FilledMask[][] = await fill("the [MASK] of a king", { top_k: 2 });
  assert.deepEqual(either, words[0]);
  for await (const one of fill.stream(["a [MASK]"], { per_mask: true })) {
    assert.equal((one satisfies FilledMask[][]).length, 1);
  }
});

Deno.test("a pipeline's model and tokenizer have the methods of their classes", async () => {
  using fill = await pipeline("fill-mask");
  const model: NarrowBertForMaskedLM = fill.model;
  const tokenizer: BertTokenizer = fill.tokenizer;
  const { input_ids } = tokenizer.encode_plus("a [MASK]");
  const { logits } = await model.forward({ input_ids: [[...input_ids]] });
  assert((logits.data satisfies Float32Array) instanceof Float32Array);
  assert.equal(
    (await AutoTokenizer.from_pretrained("examples/models/wordnet/mlm")).decode(input_ids).includes("[MASK]"),
    true,
  );
  using classify = await NarrowBertForSequenceClassification.from_pretrained("examples/models/wordnet/topic");
  const output = await classify.forward({ input_ids: [[2, 40, 3]], labels: [1] });
  const loss: Float32Array = output.loss!.data;
  assert.equal(loss.length, 1);
});
