/** A CrossEncoder's own function from logits to scores: where its files have it, and what is refused by name. */

import assert from "node:assert/strict";
import { ConfigError } from "../../src/base/errors.ts";
import { readRankingActivation } from "../../src/heads/sentence/ranking.ts";
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
  const activation = await readRankingActivation(files(contents), new NarrowBertConfig(config));
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
  assert.equal((await readRankingActivation(null, new NarrowBertConfig(before)))?.(3), 3);
});

Deno.test("an activation that is none, further modules and prompts are refused by name", async () => {
  const settings = (values: object) => ({
    "modules.json": [TRANSFORMER],
    "config_sentence_transformers.json": values,
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
