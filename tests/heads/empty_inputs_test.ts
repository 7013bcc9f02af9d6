/** Batches without sequences and sequences without tokens: results of the right dims with nothing in them. */

import assert from "node:assert/strict";
import {
  NarrowBertForMaskedLM,
  NarrowBertForMultipleChoice,
  NarrowBertForSequenceClassification,
  NarrowBertForTokenClassification,
  NarrowBertModel,
  Tensor,
} from "../../mod.ts";
import { goldenModel } from "../golden/golden_case.ts";
import { warningsOf } from "../model/warnings.ts";

const ALL = { output_hidden_states: true, output_attentions: true };
const [H, A, FULL, NARROW] = [32, 4, 2, 3];

/** Any model's results: what a test asks of them. */
interface Results {
  hidden_states?: Tensor[];
  attentions?: Tensor[];
  narrow_positions?: Tensor;
  loss?: Tensor;
}

/** Asserts the dims of what all classes return, for B sequences of L tokens with so many narrow rows. */
function assertCommon(
  { hidden_states, attentions, narrow_positions }: Results,
  [B, L, rows]: [number, number, number],
): void {
  const full = new Array(FULL).fill([B, A, L, L]);
  assert.deepEqual(hidden_states!.map(({ dims }) => dims), [
    ...new Array(1 + FULL).fill([B, L, H]),
    ...new Array(NARROW).fill([B, rows, H]),
  ]);
  assert.deepEqual(attentions!.map(({ dims }) => dims), [...full, ...new Array(NARROW).fill([B, A, rows, L])]);
  assert.deepEqual(narrow_positions?.dims, [B, rows]);
}

const EMPTY_FORMS = [[], new Tensor("int64", [], [0, 0]), new Tensor("int64", [], [0, 7])];

Deno.test("the base model with a pooler, an empty batch", async () => {
  using model = await NarrowBertModel.from_pretrained(goldenModel("base-pooler"));
  for (const input_ids of EMPTY_FORMS) {
    const output = await model.forward({ input_ids, attention_mask: input_ids }, ALL);
    assert.deepEqual([output.last_hidden_state.dims[0], output.last_hidden_state.dims[2]], [0, H]);
    assert.deepEqual(output.pooler_output!.dims, [0, H]);
    assert.equal(output.hidden_states!.length, 6);
  }
});

Deno.test("the base model without a pooler, an empty batch and sequences without tokens", async () => {
  using model = await NarrowBertModel.from_pretrained(goldenModel("base"), { add_pooling_layer: false });
  for (const [input_ids, B] of [[[], 0], [[[]], 1], [[[], []], 2]] as const) {
    const narrow = await model.forward({ input_ids, narrow_mask: input_ids }, ALL);
    assert.deepEqual(narrow.last_hidden_state.dims, [B, 0, H]);
    assertCommon(narrow, [B, 0, 0]);
    await warningsOf(async () => {
      const { last_hidden_state, narrow_positions } = await model.forward({ input_ids });
      assert.deepEqual([last_hidden_state.dims, narrow_positions], [[B, 0, H], undefined]);
    });
  }
});

Deno.test("embeddings for no sequence, or for no token", async () => {
  using model = await NarrowBertModel.from_pretrained(goldenModel("base"), { add_pooling_layer: false });
  const forms: [NonNullable<Parameters<typeof model.forward>[0]["inputs_embeds"]>, number][] = [
    [[], 0],
    [[[], []], 2],
    [new Tensor("float32", [], [0, 3, H]), 0],
    [new Tensor("float32", [], [2, 0, H]), 2],
  ];
  for (const [inputs_embeds, B] of forms) {
    const { last_hidden_state } = await model.forward({ inputs_embeds, narrow_mask: new Array(B).fill([]) });
    assert.deepEqual([last_hidden_state.dims[0], last_hidden_state.size], [B, 0]);
  }
});

for (
  const { name, columns, load } of [
    { name: "masked LM", columns: 99, load: () => NarrowBertForMaskedLM.from_pretrained(goldenModel("masked-lm")) },
    {
      name: "token classification",
      columns: 7,
      load: () => NarrowBertForTokenClassification.from_pretrained(goldenModel("token-cls")),
    },
  ]
) {
  Deno.test(`${name}, an empty batch and sequences without tokens: a loss of 0`, async () => {
    using model = await load();
    for (const [input_ids, B] of [[[], 0], [[[]], 1], [[[], []], 2]] as const) {
      const output = await model.forward({ input_ids, labels: input_ids }, ALL);
      assert.deepEqual(output.logits.dims, [B, 0, columns]);
      assert.equal(output.loss!.item(), 0);
      assertCommon(output, [B, 0, 0]);
    }
  });
}

Deno.test("sequence classification, an empty batch: a loss of 0 of every kind", async () => {
  const single = { name: "seq-cls", columns: 3 };
  const cases = [
    { ...single, problem_type: "single_label_classification", labels: [] },
    { ...single, problem_type: "multi_label_classification", labels: new Tensor("float32", [], [0, 3]) },
    { ...single, problem_type: null, labels: [] },
    { name: "seq-reg", columns: 1, problem_type: null, labels: [] },
  ];
  for (const { name, columns, problem_type, labels } of cases) {
    using model = await NarrowBertForSequenceClassification.from_pretrained(goldenModel(name), {
      config: { problem_type },
    });
    const { logits, loss } = await model.forward({ input_ids: [], labels });
    assert.deepEqual([logits.dims, loss!.item()], [[0, columns], 0]);
  }
});

Deno.test("multiple choice, no questions or no choices", async () => {
  using model = await NarrowBertForMultipleChoice.from_pretrained(goldenModel("multiple-choice"));
  const forms: [NonNullable<Parameters<typeof model.forward>[0]["input_ids"]>, number[]][] = [
    [[], [0, 0]],
    [new Tensor("int64", [], [0, 4, 7]), [0, 4]],
    [[[], []], [2, 0]],
  ];
  for (const [input_ids, dims] of forms) {
    const { logits, loss } = await model.forward({ input_ids, labels: new Array(dims[0]!).fill(-100) });
    assert.deepEqual([logits.dims, loss!.item()], [dims, 0]);
  }
});

Deno.test("pooled sequences without tokens are an error in every class with a pooler", async () => {
  const message = /every sequence needs a token at position 0/;
  using classifier = await NarrowBertForSequenceClassification.from_pretrained(goldenModel("seq-cls"));
  await assert.rejects(classifier.forward({ input_ids: [[]] }), { name: "InputError", message });
  using choice = await NarrowBertForMultipleChoice.from_pretrained(goldenModel("multiple-choice"));
  await assert.rejects(choice.forward({ input_ids: [[[], []]] }), { name: "InputError", message });
});
