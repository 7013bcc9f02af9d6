/** A document longer than the model takes, in windows: `deno run --allow-read examples/jobs/long_document.ts` */

import { pipeline } from "../../mod.ts";

const text = await Deno.readTextFile(new URL("../../LICENSE", import.meta.url));

using classify = await pipeline("text-classification");
const { labels, windows } = await classify(text, { stride: 16, aggregation: "mean", return_windows: true, top_k: 3 });
console.log(`${text.length} characters in ${windows.length} windows`);
for (const { label, score } of labels) console.log(`  ${label} ${score.toFixed(2)}`);

const sure = windows.toSorted((a, b) => b.labels[0]!.score - a.labels[0]!.score)[0]!;
console.log(`the surest window, characters ${sure.start} to ${sure.end}: ${sure.labels[0]!.label}`);

using embed = await pipeline("feature-extraction");
const whole = await embed(text, { pooling: "mean", stride: 16 }); // the mean of its windows' embeddings
console.log(`an embedding ${whole.dims}`);
