/** The command table: a row per command. A new command is a file in `commands/` and a row here. */

import type { CommandRow } from "./command.ts";

/** Every command, in the order of `narrowbert --help`. */
export const COMMANDS: readonly CommandRow[] = [
  {
    name: "fill-mask",
    summary: "guess the words behind [MASK]",
    load: async () => (await import("./commands/fill_mask.ts")).fillMask,
  },
  {
    name: "classify",
    summary: "label texts; the shipped model names their topic",
    load: async () => (await import("./commands/classify.ts")).classify,
  },
  {
    name: "tag",
    summary: "find names and other entities in texts",
    load: async () => (await import("./commands/tag.ts")).tag,
  },
  {
    name: "embed",
    summary: "turn texts into vectors",
    load: async () => (await import("./embedding/embed.ts")).embed,
  },
  {
    name: "search",
    summary: "find the texts that are most alike to a query",
    load: async () => (await import("./embedding/search.ts")).search,
  },
  {
    name: "rank",
    summary: "order texts by how well they answer a query",
    load: async () => (await import("./commands/rank.ts")).rank,
  },
  {
    name: "choose",
    summary: "choose what follows a text",
    load: async () => (await import("./commands/choose.ts")).choose,
  },
  {
    name: "zero-shot",
    summary: "give texts labels of your own",
    load: async () => (await import("./commands/zero_shot.ts")).zeroShot,
  },
  {
    name: "score",
    summary: "say how likely texts are",
    load: async () => (await import("./commands/score.ts")).score,
  },
  {
    name: "serve",
    summary: "answer requests over HTTP",
    load: async () => (await import("./serving/serve.ts")).serve,
  },
  {
    name: "train",
    summary: "train a model on files of examples",
    load: async () => (await import("./learning/train.ts")).train,
  },
  {
    name: "evaluate",
    summary: "say how good a model is on files of examples",
    load: async () => (await import("./learning/evaluate.ts")).evaluate,
  },
  {
    name: "tokenize",
    summary: "cut texts into the word pieces of a model",
    load: async () => (await import("./commands/tokenize.ts")).tokenize,
  },
  {
    name: "download",
    summary: "bring a model of the Hugging Face Hub into the cache",
    load: async () => (await import("./hub/download.ts")).download,
  },
  {
    name: "cache",
    summary: "list, verify and remove models of the Hub in the cache",
    load: async () => (await import("./hub/cache.ts")).cache,
  },
  {
    name: "convert",
    summary: "write a model in another layout, or with other layers narrow",
    load: async () => (await import("./converting/convert.ts")).convert,
  },
  {
    name: "info",
    summary: "describe a model: config, layers, tensors, memory",
    load: async () => (await import("./commands/info.ts")).info,
  },
  {
    name: "doctor",
    summary: "say which GPU adapter runs, or what to install",
    load: async () => (await import("./commands/doctor.ts")).doctor,
  },
  {
    name: "tune",
    summary: "find out which kernels are fast on this adapter, and remember it",
    load: async () => (await import("./commands/tune.ts")).tune,
  },
  {
    name: "bench",
    summary: "measure how many texts a second this machine classifies",
    load: async () => (await import("./commands/bench.ts")).bench,
  },
  {
    name: "profile",
    summary: "say where the time of another command goes, kernel by kernel",
    load: async () => (await import("./profiling/profile.ts")).profileOf(COMMANDS),
  },
  {
    name: "completions",
    summary: "print a script that completes command lines in a shell",
    load: async () => (await import("./commands/completions.ts")).completionsOf(COMMANDS),
  },
];
