/** Names the topics of definitions: `deno run --allow-read examples/classify.ts` */

import { pipeline } from "../mod.ts";

using classify = await pipeline("text-classification");

const definitions = ["a large animal with a long trunk", "move quickly on foot", "the feeling of being alone"];
const topics = await classify(definitions);
topics.forEach(({ label, score }, i) => console.log(`${label} (${score.toFixed(2)}): ${definitions[i]}`));
