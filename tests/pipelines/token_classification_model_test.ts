import assert from "node:assert/strict";
import { NarrowBertForTokenClassification } from "../../src/heads/token_classification.ts";
import { NarrowBertConfig } from "../../src/model/config/config.ts";
import { pipeline } from "../../src/pipelines/pipeline.ts";
import { softmax } from "../../src/base/softmax.ts";
import {
  createTokenClassification,
  type TokenClassificationOptions,
} from "../../src/pipelines/tasks/token_classification/token_classification.ts";
import type { EntityGroup, TokenEntity } from "../../src/pipelines/tasks/token_classification/entities.ts";
import { pipelineCases, pipelineModel } from "../golden/pipelines/pipeline_case.ts";
import { shippedTokenizer } from "./fakes.ts";

/** Python's scores are float32 rounded to six digits; ours come from float32 on another machine. */
const TOLERANCE = 2e-4;

type Found = TokenEntity | EntityGroup;

function assertFound(ours: readonly Found[], theirs: readonly Found[], tolerance: number): void {
  const unscored = (found: readonly Found[]) => found.map((entity) => ({ ...entity, score: 0 }));
  assert.deepEqual(unscored(ours), unscored(theirs));
  ours.forEach(({ score, word }, i) => {
    assert(Math.abs(score - theirs[i]!.score) <= tolerance, `${word}: got ${score}, expected ${theirs[i]!.score}`);
  });
}

Deno.test("token-classification answers as Python's pipeline, in all 31 cases", async () => {
  const cases = await pipelineCases("token-classification");
  assert.equal(cases.length, 31);
  using tag = await pipeline("ner", await pipelineModel("ner"));
  for (const { input, options, output } of cases) {
    assertFound(await tag(input as string, options as TokenClassificationOptions), output as Found[], TOLERANCE);
  }
});

Deno.test("a list, a stream and windows of a size that fits give what texts give alone", async () => {
  using tag = await pipeline("token-classification", await pipelineModel("ner"));
  const texts = (await pipelineCases("token-classification")).map(({ input }) => input as string);
  for (const aggregation_strategy of ["none", "first", "average"] as const) {
    const options = { aggregation_strategy, ignore_labels: [] };
    const list = await tag(texts, options);
    const streamed = await Array.fromAsync(tag.stream(texts, options));
    for (const [i, text] of texts.slice(0, 6).entries()) {
      const alone = await tag(text, options);
      assertFound(list[i]!, alone, 1e-5);
      assertFound(streamed[i]!, alone, 1e-5);
      assertFound(await tag(text, { ...options, stride: 3 }), alone, 1e-5);
    }
  }
});

Deno.test("a NarrowBERT computes the rows asked for, and never as an ordinary BERT", async () => {
  const config = new NarrowBertConfig({
    vocab_size: 8000,
    hidden_size: 32,
    num_hidden_layers: 3,
    full_length_layers: 1,
    num_attention_heads: 4,
    intermediate_size: 48,
    max_position_embeddings: 64,
    initializer_range: 0.2,
    num_labels: 3,
  });
  const model = await NarrowBertForTokenClassification.from_config(config, { seed: 5 });
  const tokenizer = await shippedTokenizer();
  using tag = createTokenClassification({ model, tokenizer });
  const text = "an unbelievably large wild cat jumped over Mr. O'Neill's re-entry gate";
  const found = await tag(text, { ignore_labels: [] });
  const { input_ids } = tokenizer.encode_plus(text);
  const { logits } = await model.forward({ input_ids: [input_ids], narrow_mask: [input_ids.map(() => 1)] });
  const rows = (logits.tolist() as number[][][])[0]!;
  assert.equal(found.length, input_ids.length - 2);
  found.forEach(({ score, index }) => assert(Math.abs(score - Math.max(...softmax(rows[index]!))) <= 1e-5));
  const words = await tag(text, { aggregation_strategy: "first", ignore_labels: [] });
  const begins = found.filter(({ word }) => !word.startsWith("##"));
  assert(begins.length < found.length);
  for (const { start, end, score, entity_group } of words) {
    const members = begins.filter((piece) => piece.start >= start && piece.start < end);
    assert.deepEqual([...new Set(members.map(({ entity }) => entity))], [entity_group]);
    assert(Math.abs(score - members.reduce((sum, piece) => sum + piece.score, 0) / members.length) <= 1e-5);
  }
});
