/** In what the pipelines differ from those of transformers.js. docs/from-transformers-js.md has a line for each. */

import assert from "node:assert/strict";
import { InputError, Tensor } from "../../mod.ts";
import { GOLDEN, type TransformersJsCall } from "../golden/transformers_js/transformers_js_case.ts";
import { assertSame, type Entity, type Group, type Labelled, withoutPlaces } from "./transformers_js_answers.ts";

/** Calls a pipeline here. */
export type Ask = (...args: unknown[]) => Promise<unknown>;

/** What is to be seen of a difference. */
export type Difference = (ask: Ask, call: TransformersJsCall) => Promise<void>;

/** The arguments with further options. */
function withOptions(args: unknown[], options: object): unknown[] {
  const count = typeof args.at(-1) === "object" && !Array.isArray(args.at(-1)) && args.length > 1 ? 1 : 0;
  return [...args.slice(0, args.length - count), { ...(count === 1 && args.at(-1) as object), ...options }];
}

/** A group with its pieces written together. */
const withoutSpaces = (group: Group): Group => ({ ...group, word: group.word.replaceAll(" ", "") });

/** Groups as transformers.js makes them: of neighbours in the list, which need not be neighbours in the text. */
function grouped(pieces: readonly Omit<Entity, "index">[]): Group[] {
  const groups: Omit<Entity, "index">[][] = [];
  const kind = (entity: string) => entity.replace(/^[BI]-/, "");
  for (const piece of pieces) {
    const last = groups.at(-1);
    if (last && !piece.entity.startsWith("B-") && kind(last[0]!.entity) === kind(piece.entity)) last.push(piece);
    else groups.push([piece]);
  }
  return groups.map((group) => ({
    entity_group: kind(group[0]!.entity),
    score: group.reduce((sum, { score }) => sum + score, 0) / group.length,
    word: group.map(({ word }, i) => i === 0 ? word : word.replace(/^##/, "")).join(""),
  }));
}

/** Each difference by its name in the golden, and what is to be seen of it. */
export const DIFFERENCES: Record<string, Difference> = {
  "an empty list": async (ask, { args, error }) => {
    assert.match(error!, /text array must be non-empty/);
    assert.deepEqual(await ask(...args), []);
  },

  // fill-mask
  "more than 128 words": async (ask, { args, answer }) => {
    await assert.rejects(() => ask(...args), RangeError);
    assertSame(await ask(args[0], { top_k: 128 }), (answer as unknown[]).slice(0, 128));
  },
  "several masks": async (ask, { args, answer }) => {
    const [first, second, ...more] = await ask(...args) as Record<string, unknown>[][];
    const word = ({ sequence: _, ...rest }: Record<string, unknown>) => rest;
    assertSame(first!.map(word), (answer as Record<string, unknown>[]).map(word)); // theirs fills the first alone
    assert.deepEqual([second!.length, more], [2, []]);
    assert.deepEqual((answer as Record<string, unknown>[]).map(({ sequence }) => sequence), [
      "the gum of a",
      "the cutting of a",
    ]);
    assert.deepEqual(first!.map(({ sequence }) => sequence), ["the gum of a [MASK]", "the cutting of a [MASK]"]);
  },

  // text-classification
  "a pair of texts": async (ask, { args, answer }) => {
    assertSame(answer, await ask("", args[1])); // an object is no text to theirs, which takes it for an empty one
    const found = await ask(...args) as Labelled[];
    const [expected] = answer as Labelled[];
    assert.ok(Math.abs(found.find(({ label }) => label === expected!.label)!.score - expected!.score) > 0.01);
  },
  "a text that is too long": async (ask, { args, answer }) => {
    await assert.rejects(() => ask(...args), InputError);
    const ours = await ask(...withOptions(args, { truncation: true })) as Labelled[];
    assert.throws(() => assertSame(ours, answer)); // theirs loses [SEP] with the rest, as its encoding shows
    assert.deepEqual(ours.map(({ label }) => label), (answer as Labelled[]).map(({ label }) => label));
  },
  "a model with one label": async (ask, { args, answer }) => {
    assert.ok((answer as Labelled[]).every(({ score }) => score === 1)); // the softmax of one number
    const [{ label, score }] = await ask(...args) as [Labelled];
    assertSame([label, score], ["score", 1 / (1 + Math.exp(-GOLDEN.encoded[0]!.logits.item()))]);
  },

  // token-classification
  "groups over ignored tokens": async (ask, { args, answer }) => {
    // Theirs leaves out what is ignored first, so that its neighbours meet. Ours groups first, as Python's does.
    const { aggregation_strategy: _, ...options } = args[1] as Record<string, unknown>;
    const pieces = await ask(args[0], options) as Entity[];
    assertSame(grouped(pieces).map(withoutSpaces), (answer as Group[]).map(withoutSpaces));
    const groups = await ask(...args) as Group[];
    assert.ok(groups.length > (answer as Group[]).length);
  },
  "spaces in a group": async (ask, { args, answer }) => {
    const found = withoutPlaces(await ask(...args), args[0]) as Group[];
    assertSame(found.map(withoutSpaces), (answer as Group[]).map(withoutSpaces));
    const at = (answer as Group[]).findIndex(({ word }) => word === "##ill's"); // theirs as a sentence is written
    assert.equal(found[at]!.word, "##ill ' s"); // ours as Python's pipeline has it
  },
  "strategies of whole words": async (ask, { args, error }) => {
    assert.match(error!, /Must be one of "none" or "simple"/);
    assert.ok((await ask(...args) as unknown[]).length > 0);
  },
  "words that the vocabulary lacks": async (ask, { args, answer }) => {
    const found = await ask(...args) as Entity[];
    const indices = new Set((answer as Entity[]).map(({ index }) => index));
    const unknown = found.filter(({ index }) => !indices.has(index));
    assert.deepEqual(unknown.map(({ word }) => word), ["太", "郎", "😀", "Ω"]); // theirs leaves them out
    const known = found.filter(({ index }) => indices.has(index));
    assertSame(withoutPlaces(known, args[0]), answer);
  },
  "ignoring what is no label": async (ask, { args, answer }) => {
    await assert.rejects(() => ask(...args), RangeError);
    assertSame(withoutPlaces(await ask(args[0], { ignore_labels: [] }), args[0]), answer);
  },

  // feature-extraction
  "embeddings of a list": async (ask, { args, answer }) => {
    const { dims: [count, width] } = answer as Tensor;
    const list = await ask(...args) as Tensor[];
    assert.deepEqual(list.map(({ dims }) => dims), Array(count).fill([1, width]));
    const joined = await ask(...withOptions(args, { convert_to_tensor: true }));
    assertSame(joined, answer);
    assert.deepEqual(list.flatMap(({ data }) => Array.from(data as Float32Array)), [...(joined as Tensor).data]);
  },
  "states of a list": async (ask, { args, answer }) => {
    const { dims: [count, length, width], data } = answer as Tensor;
    const list = await ask(...args) as Tensor[];
    assert.equal(list.length, count);
    list.forEach((states, i) => {
      const start = i * length! * width!; // theirs has rows for padding behind those of a text
      const rows = data.slice(start, start + states.size) as Float32Array;
      assertSame(states, new Tensor("float32", rows, [1, states.dims[1]!, width!]));
    });
    assert.deepEqual(list.map(({ dims }) => dims[1]), [5, 3]);
    assert.equal(length, 5);
  },
  "names of poolings": async (ask, { args, answer }) => {
    await assert.rejects(() => ask(...args), RangeError);
    const { pooling } = args[1] as { pooling: "first_token" | "last_token" | "eos" };
    assertSame(await ask(args[0], { pooling: pooling === "first_token" ? "cls" : "lasttoken" }), answer);
  },
  "the last token of a list": async (ask, { args, answer }) => {
    const { data, dims: [, width] } = answer as Tensor;
    const [long, short] = await ask(args[0], { pooling: "lasttoken" }) as [Tensor, Tensor];
    assertSame(long, new Tensor("float32", data.slice(0, width) as Float32Array, [1, width!]));
    // Theirs takes the row of the padding behind the shorter text.
    assert.throws(() => assertSame(short, new Tensor("float32", data.slice(width) as Float32Array, [1, width!])));
    assertSame(short, await ask((args[0] as string[])[1], { pooling: "lasttoken" }));
  },
  "further poolings": async (ask, { args, error }) => {
    assert.match(error!, /Pooling method 'max' not supported/);
    assert.deepEqual((await ask(...args) as Tensor).dims, [1, 32]);
  },
  "signs": async (ask, { args, answer }) => {
    await assert.rejects(() => ask(...args), TypeError);
    const { quantize: _, precision = "binary", ...options } = args[1] as Record<string, unknown>;
    assertSame(await ask(args[0], { ...options, precision, convert_to_tensor: true }), answer);
  },

  // zero-shot-classification
  "labels in one string": async (ask, { args, answer }) => {
    assert.deepEqual((answer as { labels: string[] }).labels, ["animals, travel"]);
    assertSame(await ask(args[0], ["animals, travel"]), answer);
    assertSame(await ask(...args), await ask(args[0], ["animals", "travel"]));
  },
  "a template without a place": async (ask, { args, answer }) => {
    assertSame((answer as { scores: number[] }).scores, [0.25, 0.25, 0.25, 0.25]); // it says nothing of the labels
    await assert.rejects(() => ask(...args), RangeError);
  },

  // What transformers.js has no pipeline for, but a model.
  "text-ranking": async (ask, { args, error }) => {
    assert.match(error!, /Unsupported pipeline: text-ranking/);
    const { logits } = GOLDEN.encoded.find(({ options }) => options.text_pair !== undefined)!;
    const ranked = await ask(...args, { raw_scores: true }) as { index: number; score: number }[];
    assertSame(ranked.toSorted((a, b) => a.index - b.index).map(({ score }) => score), [...logits.data]);
  },
};
