/** Written for transformers.js; only the import has changed: `deno run --allow-read examples/jobs/transformers_js.ts` */

// import { pipeline } from "@huggingface/transformers";
import { pipeline } from "../../mod.ts";

const classifier = await pipeline("sentiment-analysis", undefined, { device: "webgpu", dtype: "fp32" });
for (const { label, score } of await classifier(["a large animal with a long trunk", "move quickly on foot"])) {
  console.log(`${label} (${score.toFixed(2)})`);
}

const unmasker = await pipeline("fill-mask");
const words = await unmasker("the [MASK] of a king", { top_k: 3 });
console.log(words.flat().map(({ token_str, score }) => `${token_str} (${score.toFixed(2)})`).join(", "));

const extractor = await pipeline("feature-extraction");
const sentences = ["the wife of a king", "a female sovereign ruler", "a can for drinks"];
const vectors: number[][] = [];
for (const sentence of sentences) {
  const embedding = await extractor(sentence, { pooling: "mean", normalize: true });
  vectors.push((embedding.tolist() as number[][])[0]!);
}
const cosines = vectors.map((vector) => vector.reduce((sum, value, i) => sum + value * vectors[0]![i]!, 0));
sentences.forEach((sentence, i) => console.log(`${cosines[i]!.toFixed(2)} ${sentence}`));
await Promise.all([classifier, unmasker, extractor].map((each) => each.dispose()));
