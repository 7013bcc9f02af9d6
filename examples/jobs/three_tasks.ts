/** Three tasks on one checkpoint, whose weights are on the GPU once: `deno run --allow-read examples/jobs/three_tasks.ts` */

import { cos_sim, pipeline } from "../../mod.ts";

using fill = await pipeline("fill-mask");
using score = await pipeline("score", fill);
using embed = await pipeline("feature-extraction", fill);

const [words, likely, unlikely, [one, other]] = await Promise.all([
  fill("the [MASK] of a king", { top_k: 3 }),
  score("the wife of a king"),
  score("the wife king of a"),
  embed(["the wife of a king", "a female sovereign ruler"], { pooling: "mean" }),
]);
console.log(words.flat().map(({ token_str }) => token_str).join(", "));
console.log(`${likely.score.toFixed(1)} against ${unlikely.score.toFixed(1)}`);
console.log(`alike by ${cos_sim(one!, other!).item().toFixed(2)}`);
