/** A CrossEncoder's own function from logits to scores and its limits: where its files have them, and what is refused. */

import assert from "node:assert/strict";
import { ConfigError } from "../../src/base/errors.ts";
import { readRankingConfig } from "../../src/heads/sentence/ranking.ts";
import { NarrowBertConfig } from "../../src/model/config/config.ts";
import { files, POOLING, TRANSFORMER } from "./sentence_files.ts";

const IDENTITY = "torch.nn.modules.linear.Identity";
const RELU = "torch.nn.ReLU";
const TANH = "torch.nn.modules.activation.Tanh";

/** What a CrossEncoder's function makes of -2; `null` if its files name none. */
async function scoreOf(
  config: Record<string, unknown>,
  contents: Record<string, unknown> = {},
): Promise<number | null> {
  const { activation } = await readRankingConfig(files(contents), new NarrowBertConfig(config));
  return activation && activation(-2);
}

Deno.test("the activation is that of the latest place that has one", async () => {
  assert.equal(await scoreOf({}), null);
  assert.equal(await scoreOf({ sentence_transformers: { version: "4.0.1" } }), null);
  const before = { sbert_ce_default_activation_function: IDENTITY };
  assert.equal(await scoreOf(before), -2);
  const both = { ...before, sentence_transformers: { activation_fn: RELU } };
  assert.equal(await scoreOf(both), 0);
  const settings = { "config_sentence_transformers.json": { model_type: "CrossEncoder", activation_fn: TANH } };
  assert.equal(await scoreOf(both, { ...settings, "modules.json": [TRANSFORMER] }), Math.tanh(-2));
  assert.equal(await scoreOf(both, settings), 0);
  assert.equal((await readRankingConfig(null, new NarrowBertConfig(before))).activation?.(3), 3);
});

Deno.test("the limit and the case of texts are those of the Transformer of a CrossEncoder, whose task is another", async () => {
  const read = async (bert: object, kind: string | undefined = "CrossEncoder") => {
    const contents = {
      "modules.json": [TRANSFORMER],
      "config_sentence_transformers.json": { model_type: kind },
      "sentence_bert_config.json": bert,
    };
    const { maximum, lowerCase } = await readRankingConfig(files(contents), new NarrowBertConfig({}));
    return [maximum, lowerCase];
  };
  const saved = {
    transformer_task: "sequence-classification",
    modality_config: { text: { method: "forward", method_output_name: "logits" } },
    module_output_name: "scores",
  };
  assert.deepEqual(await read(saved), [null, false]);
  assert.deepEqual(await read({ ...saved, max_seq_length: 8 }), [8, false]);
  assert.deepEqual(await read({ ...saved, do_lower_case: true, processor_kwargs: { model_max_length: 7 } }), [7, true]);
  assert.deepEqual(await read({ max_seq_length: 8 }, "SentenceTransformer"), [null, false]);
  const refused: [bert: object, message: RegExp][] = [
    [{ transformer_task: "feature-extraction" }, /transformer_task must be "sequence-classification" to rank texts/],
    [{ module_output_name: "token_embeddings" }, /module_output_name must be "scores" to rank texts/],
    [
      { modality_config: { text: { method: "forward", method_output_name: "last_hidden_state" } } },
      /modality_config must take .*"logits".* of a text to rank texts/,
    ],
    [{ config_kwargs: { num_labels: 1 } }, /config_kwargs\.num_labels is not known here/],
  ];
  for (const [bert, message] of refused) await assert.rejects(() => read(bert), { name: "ConfigError", message });
});

Deno.test("an activation that is none, further modules and prompts are refused by name", async () => {
  const settings = (values: object) => ({
    "modules.json": [TRANSFORMER],
    "config_sentence_transformers.json": { model_type: "CrossEncoder", ...values },
  });
  const cases: [config: Record<string, unknown>, contents: Record<string, unknown>, message: RegExp][] = [
    [{ sbert_ce_default_activation_function: "mine.Act" }, {}, /config\.json .* "mine\.Act" .* trust_remote_code/],
    [{ sbert_ce_default_activation_function: 3 }, {}, /sbert_ce_default_activation_function must be a text, got 3/],
    [
      { sentence_transformers: { activation_fn: "torch.nn.PReLU" } },
      {},
      /activation_fn: there is no "torch\.nn\.PReLU"/,
    ],
    [{}, settings({ activation_fn: "os.system" }), /config_sentence_transformers\.json .* Python code/],
    [
      {},
      settings({ prompts: { q: "a" }, default_prompt_name: "q" }),
      /default_prompt_name must be left out .* got "q"/,
    ],
    [{}, { "modules.json": [TRANSFORMER, POOLING] }, /a Transformer must be the only one, got Transformer, Pooling/],
    [{}, { "modules.json": "{" }, /modules\.json in "memory\/": it must be JSON/],
  ];
  for (const [config, contents, message] of cases) {
    await assert.rejects(() => scoreOf(config, contents), (error) => {
      assert(error instanceof ConfigError, `${error}`);
      assert.match(error.message, message);
      return true;
    });
  }
});
