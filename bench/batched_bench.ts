/**
 * 16 callers that each ask for one text after the other, on a pipeline as it is, on a batched one, and as lists of 16 that one
 * caller asks for; and a lone caller on both. The shipped classifier, texts of WordNet.
 */

import { pipeline } from "../mod.ts";
import { benchRace } from "./interleaved.ts";

const CALLERS = 16;
const TEXTS = 16;

const texts = (await Deno.readTextFile(new URL("texts.txt", import.meta.url))).trim().split("\n");
const textOf = (caller: number, i: number) => texts[(caller * TEXTS + i) % texts.length] as string;

const classify = await pipeline("text-classification");
const batched = classify.batched();

async function callers(call: typeof classify): Promise<void> {
  await Promise.all(Array.from({ length: CALLERS }, async (_, caller) => {
    for (let i = 0; i < TEXTS; i++) await call(textOf(caller, i));
  }));
}

async function lists(): Promise<void> {
  for (let i = 0; i < TEXTS; i++) await classify(Array.from({ length: CALLERS }, (_, caller) => textOf(caller, i)));
}

async function alone(call: typeof classify): Promise<void> {
  for (let i = 0; i < TEXTS; i++) await call(textOf(0, i));
}

benchRace({
  name: `${CALLERS} callers, ${TEXTS} texts each`,
  baseline: "a call each",
  targets: { "a call each, batched": { least: 5, aim: 6, limit: 6.3 } },
}, {
  "a call each": () => callers(classify),
  "a call each, batched": () => callers(batched),
  "lists of 16": lists,
});
benchRace({
  name: "a lone caller",
  baseline: "a call after the other",
  targets: { "batched": { least: 0.97, aim: 1, limit: 1.05 } },
}, {
  "a call after the other": () => alone(classify),
  "batched": () => alone(batched),
});
