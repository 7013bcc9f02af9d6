/** Orders texts by how well they answer a query: `deno run --allow-read examples/rank.ts MODEL` */

import { pipeline } from "../mod.ts";
import { pipelineModel } from "../tests/golden/pipelines/pipeline_case.ts";

// A folder with a cross-encoder: a NarrowBertForSequenceClassification with one label. None is shipped: without it, a
// tiny one that has learned nothing.
using rank = await pipeline("text-ranking", Deno.args[0] ?? await pipelineModel("one-label"));

const texts = ["the mouse is a small rodent", "the tiger is the largest cat", "cats sleep most of the day"];
for (const { score, text } of await rank("which cat is the largest?", texts, { return_text: true })) {
  console.log(`${score.toFixed(2)}: ${text}`);
}
