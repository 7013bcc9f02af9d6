/**
 * Several readouts on one trunk: one pass against a pass for each, by turns. 32 texts of 16 to 48 tokens, a model of
 * MiniLM's size (H 384, 6 layers, V 30,522) with random weights, since speed does not depend on them.
 */

import { labelLogits, NarrowBertConfig, type Query, states, topWords, Trunk } from "../mod.ts";
import { SEED } from "./bert256.ts";
import { benchRace } from "./interleaved.ts";

const TEXTS = 32;
const READOUTS = [topWords, labelLogits, states] as const;

type Asked = Query<typeof READOUTS[number]>;

const texts = Array.from({ length: TEXTS }, (_, i) => {
  const length = 16 + Math.round(32 * i / (TEXTS - 1));
  return { input_ids: Array.from({ length }, (_, l) => 1000 + (i * 131 + l * 17) % 29000) };
});
const words = { top_words: { positions: [5], top_k: 5 } };
const label = { label_logits: {} };
const rows = { states: { positions: [1, 4, 7, 10] } };
const all = (ask: Asked["ask"]): Asked[] => texts.map((tokens) => ({ tokens, ask }));
const third = (which: number, ask: Asked["ask"]): Asked[] => all(ask).filter((_, i) => i % 3 === which);

for (const full_length_layers of [6, 2]) {
  const config = new NarrowBertConfig({
    vocab_size: 30522,
    hidden_size: 384,
    num_attention_heads: 12,
    intermediate_size: 1536,
    num_hidden_layers: 6,
    full_length_layers,
  });
  const trunk = await Trunk.from_config(config, { readouts: READOUTS, seed: SEED });
  const name = full_length_layers === 6 ? "6 full layers" : "2 full layers and 4 narrow ones";
  const inTurn = async (passes: Asked[][]) => {
    for (const queries of passes) await trunk.answer(queries);
  };
  benchRace({
    name: `three readouts of the same texts, ${name}`,
    baseline: "three passes",
    targets: { "one pass": full_length_layers === 6 ? { least: 2.3, aim: 2.6, limit: 2.9 } : {} },
  }, {
    "three passes": () => inTurn([all(words), all(label), all(rows)]),
    "one pass": () => trunk.answer(all({ ...words, ...label, ...rows })),
  });
  const mixed = [third(0, words), third(1, label), third(2, rows)];
  benchRace({ name: `one readout a text, ${name}`, baseline: "three passes" }, {
    "three passes": () => inTurn(mixed),
    "one pass": () => trunk.answer(mixed.flat()),
  });
}
