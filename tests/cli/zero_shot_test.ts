import assert from "node:assert/strict";
import type { ZeroShotLabels } from "../../src/pipelines/tasks/zero_shot_classification.ts";
import { pipelineCases } from "../golden/pipelines/pipeline_case.ts";
import { smallModel } from "./folders.ts";
import { narrowbert, narrowbertJson } from "./terminals.ts";

Deno.test("zero-shot answers as Python's pipeline", async () => {
  const cases = await pipelineCases("zero-shot-classification");
  await using model = await smallModel("nli");
  for (const { input, labels, options, output } of cases) {
    const [{ text, labels: scored }] = await narrowbertJson<
      [{ text: string; labels: { label: string; score: number }[] }]
    >(
      [
        ...["zero-shot", "--model", model.path, "--json", "--labels", labels!.join(",")],
        ...[
          "--hypothesis-template",
          `${options.hypothesis_template}`,
          ...(options.multi_label ? ["--multi-label"] : []),
        ],
        ...["--", input as string],
      ],
    );
    const expected = output as ZeroShotLabels;
    assert.equal(text, input);
    assert.deepEqual(scored.map(({ label }) => label), expected.labels);
    scored.forEach(({ score }, i) => assert(Math.abs(score - expected.scores[i]!) < 2e-4));
  }
});

Deno.test("zero-shot prints label, score and text, best first, and a blank line between texts", async () => {
  await using model = await smallModel("nli");
  const { stdout } = await narrowbert(["zero-shot", "--model", model.path, "--labels", "a,b", "one", "two"]);
  assert.match(
    stdout,
    /^[ab] {2}0\.\d{4} {2}one\n[ab] {2}0\.\d{4} {2}one\n\n[ab] {2}0\.\d{4} {2}two\n[ab] {2}.*two\n$/,
  );
});
