/** Finds what kinds of things and doings a text tells of: `deno run --allow-read examples/tag.ts` */

import { pipeline } from "../mod.ts";

// The shipped model knows WordNet's supersenses. A folder with a NarrowBertForTokenClassification of your own may follow.
using tag = await pipeline("token-classification", Deno.args[0]);

const text = "The old man drove his car to the garden.";
for (const { entity_group, score, start, end } of await tag(text, { aggregation_strategy: "first" })) {
  console.log(`${entity_group} (${score.toFixed(2)}): ${text.slice(start, end)}`);
}
