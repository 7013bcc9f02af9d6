/**
 * 5,000 short texts through the shipped classifier as one stream, against one call at a time. The two take turns, so
 * that both meet the machine in the same state; after Deno's table come texts per second, their ratio, and memory.
 */

import { pipeline } from "../mod.ts";
import { gpu } from "./report.ts";

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

Deno.bench({ name: `${TEXTS} texts streamed, ${SINGLES} single calls before and after`, n: 3, warmup: 1 }, async () => {
  await singles();
  await stream();
  await singles();
});

globalThis.addEventListener("unload", () => {
  const rate = (ms: number) => (1000 / ms).toFixed(0);
  console.error(
    `stream: ${rate(perStreamed)} texts/s, one call at a time: ${rate(perSingle)} texts/s, ` +
      `${(perSingle / perStreamed).toFixed(1)} times as many`,
  );
  const megabytes = (key: "heap" | "process" | "gpu") => memory.map((at) => (at[key] / 2 ** 20).toFixed(1)).join(", ");
  console.error(
    `memory in MiB after each thousand: heap ${megabytes("heap")}; process ${megabytes("process")}; GPU ${
      megabytes("gpu")
    }`,
  );
});
