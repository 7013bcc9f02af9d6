/** Several kinds of answers about texts from one pass over one model: `deno run --allow-read examples/trunk.ts` */

import { meanState, NarrowBertTokenizerFast, topWords, Trunk } from "../mod.ts";

const folder = new URL("models/wordnet/mlm/", import.meta.url);
const tokenizer = await NarrowBertTokenizerFast.from_pretrained(folder);
using trunk = await Trunk.load(folder, { readouts: [topWords, meanState] });

const texts = ["the [MASK] of a king", "a large [MASK] with a long neck", "a small brown bird"];
const queries = texts.map((text) => {
  const tokens = tokenizer.encode_plus(text);
  const mask = tokens.input_ids.indexOf(tokenizer.mask_token_id!);
  return { tokens, ask: { mean_state: {}, ...(mask >= 0 && { top_words: { positions: [mask], top_k: 2 } }) } };
});

for (const [i, { top_words, mean_state }] of (await trunk.answer(queries)).entries()) {
  const words = Array.from(top_words?.words ?? [], (word) => tokenizer.decode([word]));
  const length = Math.hypot(...Array.from(mean_state!.values));
  console.log(`${texts[i]}: ${words.join(" or ") || "no mask"}; an embedding of length ${length.toFixed(1)}`);
}
