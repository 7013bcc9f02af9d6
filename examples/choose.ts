/** Chooses how a text goes on: `deno run --allow-read examples/choose.ts MODEL` */

import { pipeline } from "../mod.ts";
import { pipelineModel } from "../tests/golden/pipelines/pipeline_case.ts";

// A folder with a NarrowBertForMultipleChoice. None is shipped: without it, a tiny classifier with one label, which has
// the same weights and has learned nothing.
const tiny = { config: { architectures: ["NarrowBertForMultipleChoice"] } };
using choose = Deno.args[0]
  ? await pipeline("multiple-choice", Deno.args[0])
  : await pipeline("multiple-choice", await pipelineModel("one-label"), tiny);

for (const { choice, score } of await choose("She opened the window", ["to eat.", "to let in fresh air."])) {
  console.log(`${score.toFixed(2)}: ${choice}`);
}
