/** Checks a call's inputs against the config before the GPU sees them: shaders clamp wrong ids silently. */

import { InputError } from "../../base/errors.ts";
import { elementCount, placeOf, shapeText } from "../../base/shape.ts";
import { type ArrayInput, type FlatArray, readArray } from "./arrays.ts";
import type { NarrowBertConfig } from "../config/config.ts";

/**
 * What `forward` takes: tensors or nested plain arrays, B sequences of L tokens. Multiple choice has `[B, choices, L]`.
 */
export interface ModelInputs {
  /** Ids of the word pieces, `[B, L]`. */
  input_ids?: ArrayInput | undefined;
  /** 1 for tokens that may be attended to, 0 for the others, `[B, L]`. @default all 1 */
  attention_mask?: ArrayInput | undefined;
  /** Token types, `[B, L]`. @default all 0 */
  token_type_ids?: ArrayInput | undefined;
  /** Positions of the tokens, `[B, L]`, `[1, L]` or `[L]`. @default 0, 1, … */
  position_ids?: ArrayInput | undefined;
  /** `[A]` or `[layers, A]`, multiplied onto attention probabilities. @default all 1 */
  head_mask?: ArrayInput | undefined;
  /** Word embeddings `[B, L, H]` in place of `input_ids`. */
  inputs_embeds?: ArrayInput | undefined;
  /** 1 for the positions that the narrow layers compute, `[B, L]`; not with a pooler. */
  narrow_mask?: ArrayInput | undefined;
  /** Labels, shaped as the class says; they make the loss. */
  labels?: ArrayInput | undefined;
}

/** Checked inputs, flat. */
export interface Batch {
  /** The caller's dimensions before the tokens: `[B]`, or `[questions, choices]` with B as their product. */
  leading: readonly number[];
  /** B. */
  sequences: number;
  /** L. */
  length: number;
  /** `[B, L]`, or null with `embeds`. */
  ids: Float64Array | null;
  /** `[B, L, H]`, or null with `ids`. */
  embeds: Float64Array | null;
  /** `[B, L]`, 1 for keys. */
  mask: Float64Array;
  /** `[B, L]`. */
  types: Float64Array;
  /** `[B, L]`. */
  positions: Float64Array;
  /** `[B, L]`, or null if no rows are chosen. */
  narrow: Float64Array | null;
  /** `[layers, heads]`, heads counted as before pruning. */
  headMask: Float64Array | null;
  /** As the caller gave them, unchecked. */
  labels: FlatArray | null;
}

const NAMES = new Set([
  "input_ids",
  "attention_mask",
  "token_type_ids",
  "position_ids",
  "head_mask",
  "inputs_embeds",
  "narrow_mask",
  "labels",
]);

/** What tokenizers tell besides on request, which no model reads. */
const OF_TOKENIZERS = new Set(["special_tokens_mask", "offset_mapping", "word_ids", "overflowing"]);

/** Names of the dimensions before the tokens: one, or two for multiple choice. */
export type LeadingNames = readonly ["batch"] | readonly ["batch", "choices"];

/**
 * Checks inputs of shape `[B, L]`, or `[B, choices, L]`.
 *
 * @throws {InputError} Naming the input, what was expected and what was found.
 */
export function readInputs(
  inputs: ModelInputs,
  config: NarrowBertConfig,
  leadingNames: LeadingNames = ["batch"],
): Batch {
  checkNames(inputs);
  const read = (name: keyof ModelInputs) => {
    const input = inputs[name];
    return input === undefined || input === null ? null : readArray(name, input);
  };
  const ids = read("input_ids");
  const embeds = read("inputs_embeds");
  if ((ids === null) === (embeds === null)) {
    throw new InputError(
      `Cannot run the model: it takes input_ids or inputs_embeds, got ${ids === null ? "neither" : "both"}`,
    );
  }
  const dims = ids === null
    ? checkEmbeds(embeds as FlatArray, config, leadingNames)
    : checkIds(ids, config, leadingNames);
  const leading = dims.slice(0, -1);
  const sequences = elementCount(leading);
  const length = dims.at(-1) as number;
  const mask = read("attention_mask");
  const types = read("token_type_ids");
  const narrow = read("narrow_mask");
  if (mask !== null) checkFlags("attention_mask", mask, dims);
  if (types !== null) checkIndices("token_type_ids", types, dims, { below: config.type_vocab_size });
  if (narrow !== null) checkFlags("narrow_mask", narrow, dims);
  return {
    leading,
    sequences,
    length,
    ids: ids?.data ?? null,
    embeds: embeds?.data ?? null,
    mask: mask?.data ?? new Float64Array(sequences * length).fill(1),
    types: types?.data ?? new Float64Array(sequences * length),
    positions: readPositions(read("position_ids"), dims, config),
    narrow: narrow?.data ?? null,
    headMask: readHeadMask(read("head_mask"), config),
    labels: read("labels"),
  };
}

/** Checks that `inputs` is an object, and that every key is the name of an input, or one that tokenizers add. */
function checkNames(inputs: ModelInputs): void {
  if (typeof inputs !== "object" || inputs === null) {
    throw new InputError(`Cannot run the model: inputs must be an object with input_ids, got ${String(inputs)}`);
  }
  for (const name of Object.keys(inputs)) {
    if (NAMES.has(name) || OF_TOKENIZERS.has(name)) continue;
    throw new InputError(`Cannot run the model: there is no input "${name}"; inputs are ${[...NAMES].join(", ")}`);
  }
}

function checkIds(ids: FlatArray, config: NarrowBertConfig, leading: LeadingNames): number[] {
  const dims = batchDims("input_ids", ids.dims, [...leading, "tokens"], config);
  checkIndices("input_ids", ids, dims, { below: config.vocab_size });
  return dims;
}

function checkEmbeds(embeds: FlatArray, config: NarrowBertConfig, leading: LeadingNames): number[] {
  const { hidden_size: width } = config;
  const dims = batchDims("inputs_embeds", embeds.dims, [...leading, "tokens", String(width)], config).slice(0, -1);
  if (embeds.dims.at(-1) !== width && !dims.includes(0)) {
    const expected = [...leading, "tokens", width].join(", ");
    throw new InputError(`Cannot read inputs_embeds: shape must be [${expected}], got ${shapeText(embeds.dims)}`);
  }
  checkFinite("inputs_embeds", embeds);
  return dims;
}

/** The dimensions of the first input: as many as `expected`, and no more tokens than the model has positions. */
function batchDims(
  name: string,
  dims: readonly number[],
  expected: readonly string[],
  { max_position_embeddings }: NarrowBertConfig,
): number[] {
  // An empty plain array has no inner levels to count.
  if (dims.length < expected.length && dims.at(-1) === 0) return expected.map((_, i) => dims[i] ?? 0);
  if (dims.length !== expected.length) {
    throw new InputError(`Cannot read ${name}: shape must be ${shapeText(expected)}, got ${shapeText(dims)}`);
  }
  const length = dims[expected.indexOf("tokens")] as number;
  if (length > max_position_embeddings) {
    throw new InputError(
      `Cannot run the model: sequences may have at most ${max_position_embeddings} tokens ` +
        `(max_position_embeddings), got ${length} in ${name}; truncate them`,
    );
  }
  return [...dims];
}

function checkShape(name: string, { dims }: FlatArray, expected: readonly number[]): void {
  const empty = elementCount(expected) === 0 && elementCount(dims) === 0;
  if (empty || (dims.length === expected.length && dims.every((dim, i) => dim === expected[i]))) return;
  throw new InputError(`Cannot read ${name}: shape must be ${shapeText(expected)}, got ${shapeText(dims)}`);
}

/** Checks whole numbers from 0 to `below - 1`. */
export function checkIndices(
  name: string,
  array: FlatArray,
  dims: readonly number[],
  { below, also }: { below: number; also?: number },
): void {
  checkShape(name, array, dims);
  const { data } = array;
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    if ((Number.isInteger(value) && value >= 0 && value < below) || value === also) continue;
    const or = also === undefined ? "" : ` or ${also}`;
    throw new InputError(
      `Cannot read ${name}: ${place(name, i, dims)} must be a whole number from 0 to ${below - 1}${or}, got ${value}`,
    );
  }
}

/** Checks that all values are finite as f32. */
export function checkFinite(name: string, { data, dims }: FlatArray): void {
  const at = data.findIndex((value) => !Number.isFinite(Math.fround(value)));
  if (at >= 0) throw new InputError(`Cannot read ${name}: ${place(name, at, dims)} must be finite, got ${data[at]}`);
}

function checkFlags(name: string, array: FlatArray, dims: readonly number[]): void {
  checkShape(name, array, dims);
  const at = array.data.findIndex((value) => value !== 0 && value !== 1);
  if (at >= 0) {
    throw new InputError(`Cannot read ${name}: ${place(name, at, dims)} must be 0 or 1, got ${array.data[at]}`);
  }
}

function readPositions(
  positions: FlatArray | null,
  dims: readonly number[],
  { max_position_embeddings: below }: NarrowBertConfig,
): Float64Array {
  const count = elementCount(dims);
  const length = dims.at(-1) as number;
  if (positions === null) return Float64Array.from({ length: count }, (_, i) => i % length);
  const shared = positions.dims.length < dims.length || positions.dims.slice(0, -1).every((dim) => dim === 1);
  checkIndices("position_ids", positions, shared ? [...positions.dims.slice(0, -1), length] : dims, { below });
  return shared ? Float64Array.from({ length: count }, (_, i) => positions.data[i % length] as number) : positions.data;
}

function readHeadMask(mask: FlatArray | null, config: NarrowBertConfig): Float64Array | null {
  if (mask === null) return null;
  const { num_hidden_layers: layers, num_attention_heads: heads } = config;
  const shared = mask.dims.length === 1;
  const fits = shared
    ? mask.dims[0] === heads
    : mask.dims.length === 2 && mask.dims[0] === layers && mask.dims[1] === heads;
  if (!fits) {
    throw new InputError(
      `Cannot read head_mask: shape must be [${heads}] or [${layers}, ${heads}], got ${shapeText(mask.dims)}`,
    );
  }
  checkFinite("head_mask", mask);
  if (!shared) return mask.data;
  return Float64Array.from({ length: layers * heads }, (_, i) => mask.data[i % heads] as number);
}

/** `name[1][5]`, for messages. */
function place(name: string, index: number, dims: readonly number[]): string {
  return name + placeOf(index, dims).map((i) => `[${i}]`).join("");
}
