/** Searches some 400 texts by their meaning: `deno run --allow-read examples/jobs/search.ts` */

import { pipeline, readRecords, semantic_search } from "../../mod.ts";

const texts: string[] = [];
for (const name of ["train.csv", "test.csv"]) {
  const file = new URL(`../topics/${name}`, import.meta.url);
  for await (const { fields } of readRecords(file)) texts.push(`${fields.text}`);
}

using embed = await pipeline("feature-extraction");
const vectors = await embed(texts, { pooling: "mean", convert_to_tensor: true }); // one tensor [N, 128]
const queries = ["a dish of meat and vegetables", "someone who works with his hands"];
const found = await semantic_search(await embed(queries, { pooling: "mean" }), vectors, { top_k: 3 });

found.forEach((hits, i) => {
  console.log(queries[i]);
  for (const { corpus_id, score } of hits) console.log(`  ${score.toFixed(2)} ${texts[corpus_id]}`);
});
