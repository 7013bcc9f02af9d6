/**
 * Further questions about texts that were encoded once: `deno run --allow-read examples/context.ts`
 *
 * In a NarrowBERT the later layers of any row need only the context, the output of the last full layer. So a program that
 * keeps it can ask about other rows later, and pays for those rows alone.
 */

import { NarrowBertTokenizerFast, states, topWords, Trunk } from "../mod.ts";

const folder = new URL("models/wordnet/mlm/", import.meta.url);
const tokenizer = await NarrowBertTokenizerFast.from_pretrained(folder);
using trunk = await Trunk.load(folder, { readouts: [topWords, states], latency: "low" });

const texts = ["the [MASK] of a king lives in a castle", "a large [MASK] with a long neck and a small head"];
const tokens = texts.map((text) => tokenizer.encode_plus(text));
using context = await trunk.encode(tokens);
console.log(`${context.texts} texts are kept, in ${context.bytes} bytes of the GPU`);

// The first question: what stands at the masks?
const masks = tokens.map(({ input_ids }) => input_ids.indexOf(tokenizer.mask_token_id!));
const words = await trunk.ask(
  context,
  masks.map((mask, text) => ({
    text,
    ask: { top_words: { positions: [mask], top_k: 3 } },
  })),
);
for (const [text, { top_words }] of words.entries()) {
  console.log(`${texts[text]}: ${Array.from(top_words!.words, (word) => tokenizer.decode([word])).join(" or ")}`);
}

// Another one, which nobody knew of before: how alike are the last words of the texts?
const last = await trunk.ask(
  context,
  tokens.map(({ input_ids }, text) => ({
    text,
    ask: { states: { positions: [input_ids.length - 2] } },
  })),
);
const [one, two] = last.map(({ states }) => Array.from(states!.values)) as [number[], number[]];
const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
console.log(`"castle" and "head" are ${(dot(one, two) / Math.sqrt(dot(one, one) * dot(two, two))).toFixed(2)} alike`);

// The same rows by calls that begin anew take all layers of all tokens.
const ask = { states: { positions: [1] } };
const timed = async (call: () => Promise<unknown>) => {
  let best = Infinity;
  for (let i = 0; i < 6; i++) {
    const start = performance.now();
    await call();
    best = Math.min(best, performance.now() - start);
  }
  return best;
};
const anew = await timed(() => trunk.answer(tokens.map((tokens) => ({ tokens, ask }))));
const kept = await timed(() => trunk.ask(context, tokens.map((_, text) => ({ text, ask }))));
console.log(`a question takes ${kept.toFixed(1)} ms of a context that is kept, ${anew.toFixed(1)} ms anew`);
