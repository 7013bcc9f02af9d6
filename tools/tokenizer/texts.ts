/** Prints the texts that tools/tokenizer/golden.py encodes, as JSON. */

import { RANDOM_SEED, RANDOM_TEXTS, randomTexts } from "../../tests/text/random_texts.ts";

const sentences = [
  "The quick brown fox jumps over the lazy dog.",
  "A sentence of transformers and tokenizers, with an unaffable embedding!",
  "Crème brûlée at the naïve café, 東京 [MASK] 한국어 😀👍🏽",
  "short",
  "",
  "İstanbul'da ısı ölçümü: ΟΔΥΣΣΕΥΣ e\u0301\u0323 \u{1d49c}\u{1d4c1} soft\u00adhyphen",
];
console.log(JSON.stringify({ seed: RANDOM_SEED, texts: randomTexts(RANDOM_TEXTS, RANDOM_SEED), sentences }));
