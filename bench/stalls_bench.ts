/**
 * How long the event loop is held up while a list of 400 texts goes through a model of MiniLM's size with random
 * weights. A timer that is due every 5 ms tells: it is a stall how much later than that it comes.
 */

import { NarrowBertConfig, NarrowBertModel, NarrowBertTokenizerFast } from "../mod.ts";
import { createFeatureExtraction } from "../src/pipelines/tasks/feature_extraction.ts";
import { SEED } from "./bert256.ts";
import { figures, report } from "./report.ts";

const TEXTS = 400;
const INTERVAL = 5;

/** Of the longest stall, and of all but the hundredth part of them, in ms. */
const MOST = { "longest": 250, "99 of 100 are under": 60 };

const words = (await Deno.readTextFile(new URL("texts.txt", import.meta.url))).trim().split(/\s+/);

/** A text of 10 to 56 words. */
const text = (i: number) =>
  Array.from({ length: 10 + 37 * i % 47 }, (_, j) => words[(13 * i + j) % words.length]).join(" ");
const texts = Array.from({ length: TEXTS }, (_, i) => text(i));

const config = new NarrowBertConfig({
  num_hidden_layers: 6,
  full_length_layers: 6,
  hidden_size: 384,
  num_attention_heads: 12,
  intermediate_size: 1536,
  vocab_size: 30_522,
});
const model = await NarrowBertModel.from_config(config, { seed: SEED, add_pooling_layer: false });
const folder = new URL("../examples/models/wordnet/topic/", import.meta.url);
const embed = createFeatureExtraction({ model, tokenizer: await NarrowBertTokenizerFast.from_pretrained(folder) });
await embed(texts.slice(0, 8)); // compiles

let stalls: number[] = [];
let total = 0;

Deno.bench({ name: `${TEXTS} texts in one list, 6 layers, H 384`, n: 1, warmup: 0 }, async () => {
  const found: number[] = [];
  let last = performance.now();
  const look = () => {
    const now = performance.now();
    found.push(Math.max(0, now - last - INTERVAL));
    last = now;
  };
  const timer = setInterval(look, INTERVAL);
  const start = performance.now();
  await embed(texts, { pooling: "mean", normalize: true });
  total = performance.now() - start;
  look();
  clearInterval(timer);
  stalls = found.toSorted((a, b) => a - b);
});

report(() => {
  if (stalls.length === 0) return []; // left out by a filter
  const [longest, hundredth] = [stalls.at(-1)!, stalls[Math.floor(0.99 * stalls.length)]!];
  return [
    figures({
      name: "stalls of the event loop",
      unit: "ms",
      values: { "longest": longest, "99 of 100 are under": hundredth },
      most: MOST,
    }),
    figures({ name: `${TEXTS} texts`, unit: "ms", values: { "in all": total } }),
  ];
});
