/**
 * JavaScript from encodings to what is uploaded: queries checked, equal texts found, rows united, tokens packed, attention
 * tables made. 64 texts of 3,957 tokens, each with 2 rows asked for.
 */

import { NarrowBertConfig, topWords } from "../mod.ts";
import { definitionOf } from "../src/heads/readouts/definition.ts";
import { checkQuery } from "../src/heads/trunk/checks.ts";
import { SPEEDS } from "../src/gpu/adapter.ts";
import { planPass, raggedOfPass } from "../src/heads/trunk/pass.ts";
import { askedTexts, passesOf, passLimits } from "../src/heads/trunk/sequences.ts";
import { pack } from "../src/model/batch/packing.ts";

const TEXTS = 64;
const TOKENS = 3957;

const config = new NarrowBertConfig({ vocab_size: 8000, max_position_embeddings: 512 });
const lengths = Array.from({ length: TEXTS }, (_, i) => 30 + i);
lengths[TEXTS - 1]! += TOKENS - lengths.reduce((sum, length) => sum + length, 0);
const queries = lengths.map((length, i) => {
  const input_ids = Array.from({ length }, (_, l) => 5 + (31 * i + 7 * l) % 7990);
  const tokens = { input_ids, token_type_ids: input_ids.map(() => 0), attention_mask: input_ids.map(() => 1) };
  return { tokens, ask: { top_words: { positions: [3, length - 4] } } };
});
const readouts = new Map([["top_words", definitionOf(topWords)]]);

Deno.bench({ name: `${TEXTS} texts of ${TOKENS} tokens, 2 rows each`, group: "packing" }, () => {
  const checked = queries.map((query) => checkQuery(query, { readouts, config, subject: "a query" }));
  for (const sequences of passesOf(askedTexts(checked), { config, limits: passLimits(config, SPEEDS.nvidia) })) {
    pack(raggedOfPass(sequences, planPass(sequences)));
  }
});
