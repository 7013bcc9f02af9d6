/** Sorts texts by labels of your own: `deno run --allow-read examples/zero_shot.ts MODEL` */

import { pipeline } from "../mod.ts";
import { pipelineModel } from "../tests/golden/pipelines/pipeline_case.ts";

// A folder with a NarrowBertForSequenceClassification of natural language inference. None is shipped: without it, a tiny
// one that has learned nothing.
using sort = await pipeline("zero-shot-classification", Deno.args[0] ?? await pipelineModel("nli"));

const texts = ["The train to Budapest leaves at nine.", "It will rain all day."];
for (const { sequence, labels, scores } of await sort(texts, ["travel", "weather", "sports"])) {
  console.log(`${labels[0]} (${scores[0]!.toFixed(2)}): ${sequence}`);
}
