/** Guesses the word behind a mask: `deno run --allow-read examples/fill_mask.ts` */

import { pipeline } from "../mod.ts";

using fillMask = await pipeline("fill-mask");

console.log(await fillMask("the [MASK] of a king", { top_k: 3 }));
