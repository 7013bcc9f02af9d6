import assert from "node:assert/strict";
import {
  AGGREGATION_STRATEGIES,
  type EntityGroup,
  type TokenEntity,
} from "../../src/pipelines/tasks/token_classification/entities.ts";
import { pipeline } from "../../mod.ts";
import { pipelineCases } from "../golden/pipelines/pipeline_case.ts";
import { folderOf, smallModel } from "./folders.ts";
import { narrowbert, narrowbertJson } from "./terminals.ts";

type Entity = TokenEntity | EntityGroup;

Deno.test("tag answers as Python's pipeline under every strategy", async () => {
  const cases = await pipelineCases("token-classification");
  await using model = await smallModel("ner");
  for (const strategy of AGGREGATION_STRATEGIES) {
    const own = cases.filter(({ options, input }) =>
      JSON.stringify(options) === JSON.stringify({ aggregation_strategy: strategy }) && typeof input === "string"
    );
    assert(own.length > 0, strategy);
    await using folder = await folderOf({ "in.jsonl": own.map(({ input }) => JSON.stringify(input)).join("\n") });
    const args = ["tag", "--model", model.path, "--aggregation-strategy", strategy, "--json"];
    const answers = await narrowbertJson<{ text: string; entities: Entity[] }[]>(
      [...args, "--input", `${folder.path}/in.jsonl`],
    );
    answers.forEach(({ text, entities }, i) => {
      assert.equal(text, own[i]!.input);
      const plain = (list: Entity[]) => list.map(({ score: _, ...rest }) => rest);
      const expected = own[i]!.output as Entity[];
      assert.deepEqual(plain(entities), plain(expected));
      entities.forEach(({ score }, k) => assert(Math.abs(score - expected[k]!.score) < 2e-4));
    });
  }
});

Deno.test("tag prints kind, score, place and words; piece by piece if nothing else is asked for, as in code", async () => {
  await using model = await smallModel("ner");
  const args = ["tag", "--model", model.path, "--ignore-labels", "O,LOC"];
  const texts = ["Anna moved to New York", "a"];
  const { code, stdout, stderr } = await narrowbert([...args, "--aggregation-strategy", "first", ...texts]);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.equal(
    stdout.replaceAll(/0\.\d{4}/g, "0.____"),
    "ORG  0.____  0   4   Anna\nPER  0.____  11  13  to\nORG  0.____  14  22  New York\n\nno entities\n",
  );
  const [{ entities }] = await narrowbertJson<[{ entities: TokenEntity[] }]>([...args, "--json", texts[0]!]);
  using ask = await pipeline("token-classification", model.path);
  assert.deepEqual(entities, await ask(texts[0]!, { ignore_labels: ["O", "LOC"] }));
});

Deno.test("tag --stride takes a text of any length", async () => {
  await using model = await smallModel("ner");
  const text = "Anna moved to New York. ".repeat(60);
  const args = ["tag", "--model", model.path, "--json", text];
  const refused = await narrowbert(args);
  assert.match(refused.stderr, /the model takes \d+ tokens/);
  const [{ entities }] = await narrowbertJson<[{ entities: Entity[] }]>([...args, "--stride", "16"]);
  assert(entities.at(-1)!.end > text.length - 30, `${entities.at(-1)?.end} of ${text.length}`);
});
