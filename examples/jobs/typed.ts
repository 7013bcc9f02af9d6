/** Answers have types, as the options say: `deno run --allow-read examples/jobs/typed.ts` (and `deno check`) */

import { type FilledMask, type LabelScore, NarrowBertError, pipeline, type Tensor } from "../../mod.ts";

using classify = await pipeline("text-classification");
const [best]: LabelScore[] = await classify("a large animal"); // one text: a list of labels
const flat: LabelScore[] = await classify(["a large animal", "to go by air"]); // a list: the best label of each
const nested: LabelScore[][] = await classify(["a large animal"], { top_k: 2 });
const mixed: (LabelScore | Error)[] = await classify(["a large animal", "word ".repeat(500)], { errors: "yield" });
console.log(best!.label, flat.length, nested[0]!.length);
for (const one of mixed) {
  if (one instanceof NarrowBertError) console.log(`input ${one.index}: ${one.code}`); // input 1: input
  else if (!(one instanceof Error)) console.log((one.score satisfies number).toFixed(2));
}

using fill = await pipeline("fill-mask");
const masks: FilledMask[][] = await fill("a [MASK] with a [MASK]", { per_mask: true });
using embed = await pipeline("feature-extraction", fill);
const bits: Tensor<"uint8"> = await embed("a bird", { pooling: "mean", precision: "ubinary" });
console.log(masks.length, (bits.data satisfies Uint8Array).length);
