/**
 * How long the event loop is held up while a list of 400 texts goes through a model of MiniLM's size with random
 * weights, in this thread and in a Worker. A timer that is due every 5 ms tells: it is a stall how much later than that
 * it comes.
 */

import { NarrowBertConfig, NarrowBertModel, pipeline } from "../mod.ts";
import { savedFilesOf } from "../src/heads/pretrained.ts";
import { SEED } from "./bert256.ts";
import { figures, report } from "./report.ts";

const TEXTS = 400;
const INTERVAL = 5;

/** Of the longest stall, and of all but the hundredth part of them, in ms. */
const MOST = {
  "in this thread": { "longest": 250, "99 of 100 are under": 60 },
  "with a Worker": { "longest": 20, "99 of 100 are under": 5 },
};
type Way = keyof typeof MOST;

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
/** The model's files, which each way loads. */
const files = new Map<string, Uint8Array>();
{
  using model = await NarrowBertModel.from_config(config, { seed: SEED });
  for (const [name, parts] of await savedFilesOf(model, {})) {
    files.set(name, new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer()));
  }
  const shipped = new URL("../examples/models/wordnet/topic/", import.meta.url);
  for (const name of ["tokenizer.json", "tokenizer_config.json"]) {
    files.set(name, await Deno.readFile(new URL(name, shipped)));
  }
}
const pipelines = {
  "in this thread": await pipeline("feature-extraction", files),
  "with a Worker": await pipeline("feature-extraction", files, { worker: true }),
};
for (const embed of Object.values(pipelines)) await embed(texts.slice(0, 8)); // compiles

/** The stalls of each way, in ascending order, and how long all took, in ms. */
const found = new Map<Way, { stalls: number[]; total: number }>();

for (const [way, embed] of Object.entries(pipelines) as [Way, typeof pipelines[Way]][]) {
  Deno.bench({ name: `${TEXTS} texts in one list, 6 layers, H 384, ${way}`, n: 1, warmup: 0 }, async () => {
    const stalls: number[] = [];
    let last = performance.now();
    const look = () => {
      const now = performance.now();
      stalls.push(Math.max(0, now - last - INTERVAL));
      last = now;
    };
    const timer = setInterval(look, INTERVAL);
    const start = performance.now();
    await embed(texts, { pooling: "mean", normalize: true });
    const total = performance.now() - start;
    look();
    clearInterval(timer);
    found.set(way, { stalls: stalls.toSorted((a, b) => a - b), total });
  });
}

report(() =>
  [...found].flatMap(([way, { stalls, total }]) => [
    figures({
      name: `stalls of the event loop, ${way}`,
      unit: "ms",
      values: { "longest": stalls.at(-1)!, "99 of 100 are under": stalls[Math.floor(0.99 * stalls.length)]! },
      most: MOST[way],
    }),
    figures({ name: `${TEXTS} texts, ${way}`, unit: "ms", values: { "in all": total } }),
  ])
);
