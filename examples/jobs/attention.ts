/** Draws what a mask looks at in a narrow layer: `deno run --allow-read examples/jobs/attention.ts > attention.svg` */

import { NarrowBertForMaskedLM, NarrowBertTokenizerFast } from "../../mod.ts";

const folder = new URL("../models/wordnet/mlm/", import.meta.url);
const tokenizer = await NarrowBertTokenizerFast.from_pretrained(folder);
using model = await NarrowBertForMaskedLM.from_pretrained(folder);

const ids = tokenizer.encode(Deno.args[0] ?? "a large [MASK] with a long neck");
const narrow_mask = [ids.map((id) => id === tokenizer.mask_token_id ? 1 : 0)];
const { attentions } = await model.forward({ input_ids: [ids], narrow_mask }, { output_attentions: true });
const [heads] = attentions!.at(-1)!.tolist() as number[][][][]; // [heads][rows][tokens] of the last narrow layer

const cells = heads!.flatMap(([row], h) =>
  row!.map((share, t) =>
    `<rect x="${70 * t}" y="${24 * h}" width="70" height="24" fill="#0969da" opacity="${share.toFixed(3)}"/>`
  )
);
const words = ids.map((id, t) =>
  `<text x="${70 * t + 35}" y="${24 * heads!.length + 18}" text-anchor="middle">${tokenizer.decode([id])}</text>`
);
const size = `width="${70 * ids.length}" height="${24 * heads!.length + 26}"`;
console.log(`<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="13">`);
console.log([...cells, ...words, "</svg>"].join("\n"));
