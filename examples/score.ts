/** Says which of two sentences is likelier: `deno run --allow-read examples/score.ts` */

import { pipeline } from "../mod.ts";

using score = await pipeline("score");

const sentences = ["the wife of a king", "the wife king of a"];
const scores = await score(sentences);
scores.forEach(({ score }, i) => console.log(`${score.toFixed(1)}: ${sentences[i]}`));
