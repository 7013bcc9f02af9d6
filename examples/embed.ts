/** Finds the text that is most like another: `deno run --allow-read examples/embed.ts` */

import { pipeline } from "../mod.ts";

using embed = await pipeline("feature-extraction");

const texts = ["a very large animal", "a can for holding drinks", "move fast on foot", "the elephant, a big mammal"];
const embeddings = await embed(texts, { pooling: "mean", normalize: true });
const [first = [], ...others] = embeddings.map((embedding) => (embedding.tolist() as number[][])[0]!);

// Of vectors of length 1 the dot product is the cosine of the angle between them.
const cosines = others.map((other) => other.reduce((sum, x, i) => sum + x * first[i]!, 0));
cosines.forEach((cosine, i) => console.log(`${cosine.toFixed(2)}: ${texts[i + 1]}`));
