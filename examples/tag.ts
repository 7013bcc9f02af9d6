/** Finds the names in a text: `deno run --allow-read examples/tag.ts MODEL` */

import { pipeline } from "../mod.ts";
import { pipelineModel } from "../tests/golden/pipelines/pipeline_case.ts";

// A folder with a NarrowBertForTokenClassification. None is shipped: without it, a tiny one that has learned nothing.
using tag = await pipeline("token-classification", Deno.args[0] ?? await pipelineModel("ner"));

const text = "Anna Kovács moved from Budapest to New York.";
for (const { entity_group, score, start, end } of await tag(text, { aggregation_strategy: "first" })) {
  console.log(`${entity_group} (${score.toFixed(2)}): ${text.slice(start, end)}`);
}
