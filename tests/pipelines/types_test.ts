/** What TypeScript knows of answers: each line with a type is a test of its own, by the type check. */

import assert from "node:assert/strict";
import {
  AutoTokenizer,
  type BertTokenizer,
  type FeatureExtractionOptions,
  type FilledMask,
  type LabelScore,
  type NarrowBertForMaskedLM,
  NarrowBertForSequenceClassification,
  pipeline,
  type Tensor,
  type TextClassificationOptions,
  type WindowEmbeddings,
  type WindowLabels,
} from "../../mod.ts";

Deno.test("embeddings have the element type of their precision", async () => {
  using embed = await pipeline("feature-extraction");
  const one: Tensor<"float32"> = await embed("a bird", { pooling: "mean" });
  const numbers: Float32Array = one.data;
  assert.equal(numbers.length, 128);
  const all: Tensor<"float32">[] = await embed(["a bird"]);
  assert.equal(all[0]!.type, "float32");
  const list: Tensor<"int8"> = await embed(["a bird", "a hammer"], {
    pooling: "mean",
    precision: "binary",
    convert_to_tensor: true,
  });
  assert.deepEqual(list.dims, [2, 16]);
  const bits: Tensor<"uint8"> = await embed("a bird", { pooling: "mean", precision: "ubinary" });
  const bytes: Uint8Array = bits.data;
  assert.equal(bytes.length, 16);
  const mixed: (Tensor<"float32"> | Error)[] = await embed(["a bird"], { errors: "yield" });
  assert(!(mixed[0] instanceof Error));
  for await (const { data } of embed.stream(["a bird"])) assert((data satisfies Float32Array) instanceof Float32Array);
});

Deno.test("answers have their windows if these are asked for", async () => {
  using classify = await pipeline("text-classification");
  const long = { stride: 8, return_windows: true } as const;
  const { labels, windows }: WindowLabels = await classify("a bird", long);
  assert.deepEqual([labels.length, windows[0]!.text, windows[0]!.end], [1, "a bird", 6]);
  const all: WindowLabels[] = await classify(["a bird"], { ...long, top_k: 2 });
  assert.equal(all[0]!.windows[0]!.labels.length, 2);
  const mixed: (WindowLabels | Error)[] = await classify(["a bird"], { ...long, errors: "yield" });
  assert(!(mixed[0] instanceof Error));
  const flat: LabelScore[] = await classify(["a bird"], { stride: 8, aggregation: "max" });
  const lists: LabelScore[][] = await classify(["a bird"], { stride: 8, top_k: 2 });
  assert.deepEqual([flat[0]!.label, lists[0]!.length], [labels[0]!.label, 2]);
  const either: WindowLabels | LabelScore[] = await classify("a bird", { stride: 8, return_windows: flat.length > 0 });
  assert("windows" in either);
  const saved: TextClassificationOptions = { stride: 8 };
  const plain: LabelScore[] = await classify("a bird", saved);
  assert.deepEqual(plain, labels);
  for await (const one of classify.stream(["a bird"], long)) {
    assert.equal((one satisfies WindowLabels).windows.length, 1);
  }

  using embed = await pipeline("feature-extraction");
  const one: WindowEmbeddings<"ubinary"> = await embed("a bird", { ...long, pooling: "mean", precision: "ubinary" });
  const bytes: Uint8Array = one.windows[0]!.embedding.data;
  assert.equal(bytes.length, 16);
  const joined: Tensor<"float32"> = await embed("a bird", { stride: 8, aggregation: "max", pooling: "mean" });
  const options: FeatureExtractionOptions<"float32"> = { stride: 8, pooling: "mean" };
  const again: Tensor<"float32"> = await embed("a bird", options);
  assert.deepEqual(again, joined);
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
