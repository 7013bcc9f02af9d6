/** Chooses what a word means: `deno run --allow-read examples/choose.ts` */

import { pipeline } from "../mod.ts";

// The shipped model chooses definitions. A folder with a NarrowBertForMultipleChoice of your own may follow.
using choose = await pipeline("multiple-choice", Deno.args[0]);

const definitions = ["a large animal with a trunk", "a vessel that travels on water", "a feeling of great joy"];
for (const { choice, score } of await choose("steamship", definitions)) {
  console.log(`${score.toFixed(2)}: ${choice}`);
}
