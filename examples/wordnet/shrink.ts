/**
 * A smaller model to train on: `deno run … examples/wordnet/shrink.ts WIDTH OUT`. Its embeddings are the shipped model's in
 * their WIDTH principal components, so words that are alike begin alike; all else is random. 4 heads, as before.
 */

import { NarrowBertConfig, NarrowBertForMaskedLM, NarrowBertTokenizerFast, Tensor } from "../../mod.ts";

const SHIPPED = new URL("../models/wordnet/mlm/", import.meta.url);
const WORDS = "narrow_bert.embeddings.word_embeddings.weight";
const EMBEDDINGS = [
  WORDS,
  "narrow_bert.embeddings.position_embeddings.weight",
  "narrow_bert.embeddings.token_type_embeddings.weight",
];

/** Unit vectors along which rows `[n, width]` vary most, by power iteration: of each, what is left of the next. */
function principalComponents(rows: Float32Array, { width, count }: { width: number; count: number }): Float64Array[] {
  const mean = new Float64Array(width);
  for (let i = 0; i < rows.length; i++) mean[i % width]! += rows[i]! / (rows.length / width);
  const covariance = Array.from({ length: width }, () => new Float64Array(width));
  for (let at = 0; at < rows.length; at += width) {
    for (let i = 0; i < width; i++) {
      const x = rows[at + i]! - mean[i]!;
      for (let j = 0; j < width; j++) covariance[i]![j]! += x * (rows[at + j]! - mean[j]!);
    }
  }
  return Array.from({ length: count }, (_, component) => {
    let vector = Float64Array.from({ length: width }, (_, i) => Math.sin(1 + i * (component + 1)));
    let size = 0;
    for (let round = 0; round < 300; round++) {
      const next = covariance.map((row) => dot(row, vector));
      size = Math.hypot(...next);
      vector = Float64Array.from(next, (x) => x / size);
    }
    for (let i = 0; i < width; i++) {
      for (let j = 0; j < width; j++) covariance[i]![j]! -= size * vector[i]! * vector[j]!;
    }
    return vector;
  });
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

const [width, out] = [Number(Deno.args[0]), Deno.args[1]];
if (!Number.isInteger(width) || width < 4 || width % 4 !== 0 || out === undefined) {
  console.error("usage: shrink.ts WIDTH OUT, with a WIDTH that 4 heads can share");
  Deno.exit(2);
}

using large = await NarrowBertForMaskedLM.from_pretrained(SHIPPED);
const weights = await large.state_dict();
const { hidden_size } = large.config;
const config = JSON.parse(await Deno.readTextFile(new URL("config.json", SHIPPED)));
const sizes = { hidden_size: width, intermediate_size: 4 * width };
using small = await NarrowBertForMaskedLM.from_config(new NarrowBertConfig({ ...config, ...sizes }), { seed: 1 });
const own = await small.state_dict();
const words = weights.get(WORDS)!.data as Float32Array;
const components = principalComponents(words, { width: hidden_size, count: width });
for (const name of EMBEDDINGS) {
  const { data, dims } = weights.get(name)!;
  const [count] = dims as [number];
  const rows = data as Float32Array;
  const shrunk = Float32Array.from({ length: count * width }, (_, i) => {
    const row = Math.floor(i / width);
    return dot(rows.subarray(row * hidden_size, (row + 1) * hidden_size), components[i % width]!);
  });
  own.set(name, new Tensor("float32", shrunk, [count, width]));
}
own.set("cls.predictions.bias", weights.get("cls.predictions.bias")!);
await small.load_state_dict(own);
await small.save_pretrained(out);
await (await NarrowBertTokenizerFast.from_pretrained(SHIPPED)).save_pretrained(out);
