/**
 * 5,000 short texts through the shipped classifier as one stream, against one call at a time. The two take turns, so
 * that both meet the machine in the same state. Reported are texts per second, and memory while the stream runs.
 */

import { pipeline } from "../mod.ts";
import { curves, figures, gpu, report } from "./report.ts";

const TEXTS = 5_000;
const SINGLES = 50;

/** Phrases of five words, from the definitions that the other benches take. */
const phrases = (await Deno.readTextFile(new URL("texts.txt", import.meta.url))).trim().split("\n").flatMap((line) => {
  const words = line.split(" ");
  return Array.from({ length: Math.floor(words.length / 5) }, (_, i) => words.slice(5 * i, 5 * i + 5).join(" "));
});
const text = (i: number) => phrases[i % phrases.length] as string;

const classify = await pipeline("text-classification");
let perStreamed = Infinity;
let perSingle = Infinity;
/** Memory after each thousandth answer of the last stream: JavaScript's heap, the process, the GPU's buffers. */
let memory: { heap: number; process: number; gpu: number }[] = [];

async function singles(): Promise<void> {
  const start = performance.now();
  for (let i = 0; i < SINGLES; i++) await classify(text(i));
  perSingle = Math.min(perSingle, (performance.now() - start) / SINGLES);
}

async function stream(): Promise<void> {
  function* source() {
    for (let i = 0; i < TEXTS; i++) yield text(i);
  }
  memory = [];
  let answered = 0;
  const start = performance.now();
  for await (const _ of classify.stream(source())) {
    if (++answered % 1000 > 0) continue;
    const { heapUsed, rss } = Deno.memoryUsage();
    memory.push({ heap: heapUsed, process: rss, gpu: gpu.buffers.liveBytes });
  }
  perStreamed = Math.min(perStreamed, (performance.now() - start) / TEXTS);
}

Deno.bench({
  name: `a round: ${SINGLES} single calls, ${TEXTS} texts streamed, ${SINGLES} single calls`,
  n: 3,
  warmup: 1,
}, async () => {
  await singles();
  await stream();
  await singles();
});

report(() => {
  if (memory.length === 0) return []; // left out by a filter
  const mebibytes = (key: "heap" | "process" | "gpu") => memory.map((at) => at[key] / 2 ** 20);
  return [
    figures({
      name: `${TEXTS} short texts`,
      unit: "texts/s",
      values: { "as a stream": 1000 / perStreamed, "one call at a time": 1000 / perSingle },
    }),
    curves({
      name: "memory while a stream runs",
      x: "texts answered",
      at: memory.map((_, i) => 1000 * (i + 1)),
      unit: "MiB",
      series: { heap: mebibytes("heap"), process: mebibytes("process"), GPU: mebibytes("gpu") },
    }),
  ];
});
