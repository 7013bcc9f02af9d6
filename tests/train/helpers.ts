/** Tiny models of every loss with a batch each, and what tests of training see and touch on the GPU. */

import assert from "node:assert/strict";
import {
  type ModelInputs,
  NarrowBertConfig,
  NarrowBertForMaskedLM,
  NarrowBertForMultipleChoice,
  NarrowBertForSequenceClassification,
  NarrowBertForTokenClassification,
  type Optimizer,
  type PreTrainedModel,
  type StepResult,
  type Tensor,
} from "../../mod.ts";
import { type Gpu, requestGpu } from "../../src/gpu/device.ts";
import { Scheduler } from "../../src/gpu/scheduler/scheduler.ts";
import { workClock } from "../../src/gpu/scheduler/work_clock.ts";
import { coreOf } from "../../src/heads/pretrained.ts";
import type { Parameter } from "../../src/nn/parameters.ts";
import { scatterPlacement } from "../../src/nn/layout/placement.ts";
import { randomInts } from "../properties/batches.ts";

/** Words of the tiny models. */
const WORDS = 30;

const SIZES = {
  vocab_size: WORDS,
  hidden_size: 16,
  num_hidden_layers: 3,
  full_length_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 32,
  max_position_embeddings: 24,
  initializer_range: 0.2, // larger than usual, so that no gradient is nearly zero
};

/** What a tiny model learns: a class with a loss, its config, and a batch that it can learn by heart. */
export interface Task {
  readonly name: string;
  readonly config: NarrowBertConfig;
  readonly batch: ModelInputs;
  /** Makes the model; a seed gives the same weights each time. */
  make(config?: NarrowBertConfig, seed?: number): Promise<PreTrainedModel>;
}

/** A label, or -100 for two of three tokens. */
function sparse(rows: number[][], classes: number): number[][] {
  return rows.map((row, b) => row.map((id, l) => (b + l) % 3 === 0 ? (id + b) % classes : -100));
}

/** `sequences` texts of lengths up to `length`, padded with masked zeros. */
export function texts(
  sequences: number,
  length: number,
  seed = 1,
): { input_ids: number[][]; attention_mask: number[][] } {
  const next = randomInts(seed);
  const lengths = Array.from({ length: sequences }, (_, b) => b === 0 ? length : 1 + next(length));
  return {
    input_ids: lengths.map((end) => Array.from({ length }, (_, l) => l < end ? 1 + next(WORDS - 1) : 0)),
    attention_mask: lengths.map((end) => Array.from({ length }, (_, l) => Number(l < end))),
  };
}

/** Inputs of the tiny masked language model. */
export function maskedBatch(sequences: number, length: number, seed = 1): ModelInputs {
  const { input_ids, attention_mask } = texts(sequences, length, seed);
  return { input_ids, attention_mask, labels: sparse(input_ids, WORDS) };
}

type Class = {
  from_config(config: NarrowBertConfig, options: { seed: number }): Promise<PreTrainedModel>;
};

function task(name: string, Class: Class, extra: object, batch: ModelInputs): Task {
  const config = new NarrowBertConfig({ ...SIZES, ...extra });
  return { name, config, batch, make: (own = config, seed = 3) => Class.from_config(own, { seed }) };
}

const FOUR = texts(4, 7);

/** Masked language modelling. */
export const MASKED = task("masked LM", NarrowBertForMaskedLM, {}, maskedBatch(4, 7));

/** As {@linkcode MASKED}, but products of more than 64 rows are read from textures on software adapters. */
export const WIDE = task(
  "wide masked LM",
  NarrowBertForMaskedLM,
  { hidden_size: 128, intermediate_size: 256 },
  maskedBatch(12, 24),
);

/** Classes of texts. */
export const SINGLE = task("single label", NarrowBertForSequenceClassification, { num_labels: 3 }, {
  ...FOUR,
  labels: [0, 2, 1, 2],
});

/** Every class with every loss. */
export const TASKS: readonly Task[] = [
  MASKED,
  task("token classification", NarrowBertForTokenClassification, { num_labels: 5 }, {
    ...FOUR,
    labels: sparse(FOUR.input_ids, 5),
  }),
  SINGLE,
  task("multi label", NarrowBertForSequenceClassification, {
    num_labels: 3,
    problem_type: "multi_label_classification",
  }, { ...FOUR, labels: [[0, 1, 0], [1, 1, 0], [0, 0, 1], [1, 0, 1]] }),
  task("regression", NarrowBertForSequenceClassification, { num_labels: 2, problem_type: "regression" }, {
    ...FOUR,
    labels: [[0.5, -1], [1.5, 0.25], [-0.75, 2], [0, 1]],
  }),
  task("multiple choice", NarrowBertForMultipleChoice, {}, {
    input_ids: [FOUR.input_ids.slice(0, 2), FOUR.input_ids.slice(2)],
    attention_mask: [FOUR.attention_mask.slice(0, 2), FOUR.attention_mask.slice(2)],
    labels: [1, 0],
  }),
];

/** The sequences of a batch from `first` to before `end`. */
export function part(inputs: ModelInputs, first: number, end?: number): ModelInputs {
  const cut = Object.entries(inputs).map(([name, rows]) => [name, (rows as unknown[]).slice(first, end)]);
  return Object.fromEntries(cut);
}

/** The device of all tests. */
export const gpu: Gpu = await requestGpu();

/** Bytes of all buffers and textures in use. */
export const liveBytes = () => gpu.buffers.liveBytes + gpu.textures.liveBytes;

/** Bytes that differ for each bit of a number that differs. */
export type Bytes = ReadonlyMap<string, Uint8Array>;

const bytesOf = ({ data }: Tensor) => new Uint8Array((data as Float32Array).slice().buffer);

/** The bits of a model's weights by checkpoint name. */
export async function weightsOf(model: PreTrainedModel): Promise<Bytes> {
  return new Map([...await model.state_dict()].map(([name, tensor]) => [name, bytesOf(tensor)]));
}

/** The bits of buffers on the GPU, once the work so far is done, with one wait. */
async function read(...buffers: GPUBuffer[]): Promise<Uint8Array<ArrayBuffer>[]> {
  const { device } = gpu;
  const size = buffers.reduce((sum, buffer) => sum + buffer.size, 0);
  const staging = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const encoder = device.createCommandEncoder();
  let end = 0;
  for (const buffer of buffers) {
    encoder.copyBufferToBuffer(buffer, 0, staging, end, buffer.size);
    end += buffer.size;
  }
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  const bytes = new Uint8Array(staging.getMappedRange().slice(0));
  staging.destroy();
  end = 0;
  return buffers.map(({ size }) => bytes.slice(end, end += size));
}

/** What an optimizer keeps on the GPU: the moments and the state, by name. Sums of micro-batches are left out. */
export class Moments {
  readonly #buffers = new Map<string, GPUBuffer>();

  /** Notes what `body` allocates, which should be the first step of an optimizer. */
  async note<T>(body: () => Promise<T>): Promise<T> {
    const { buffers } = gpu;
    const original = buffers.acquireZeros;
    buffers.acquireZeros = (bytes, label, encoder) => {
      const buffer = original.call(buffers, bytes, label, encoder);
      if (!label.endsWith(".sum")) this.#buffers.set(label, buffer);
      return buffer;
    };
    try {
      return await body();
    } finally {
      buffers.acquireZeros = original;
    }
  }

  /** Names of all that was noted. */
  get names(): readonly string[] {
    return [...this.#buffers.keys()];
  }

  /** All moments, and how many updates there were. The record of the last step is left out. */
  async read(): Promise<Bytes> {
    const names = this.names;
    const all = await read(...this.#buffers.values());
    return new Map(all.map((bytes, i) => [names[i]!, names[i] === "optimizer.state" ? bytes.slice(16) : bytes]));
  }
}

/** Asserts that two models, or the moments of two optimizers, agree in every bit. */
export function assertSame(found: Bytes, expected: Bytes, what: string): void {
  assert.deepEqual([...found.keys()], [...expected.keys()], what);
  assert.deepEqual(differences(found, expected), [], what);
}

/** Names of what differs in any bit. */
export function differences(one: Bytes, other: Bytes): string[] {
  return [...one].filter(([name, bytes]) => bytes.some((byte, i) => byte !== other.get(name)![i])).map(([name]) =>
    name
  );
}

/** The matrix of the GPU that holds a tensor of a model. */
async function matrixOf(model: PreTrainedModel, name: string): Promise<Parameter> {
  const { parameters } = await coreOf(model).use((runner) => Promise.resolve(runner));
  const found = parameters.find(({ parts }) => parts.some((part) => part.name === name));
  assert.ok(found !== undefined, `no matrix holds ${name}`);
  return found;
}

/** Writes a number over one element of a weight on the GPU. @returns What undoes it. */
export async function poke(
  model: PreTrainedModel,
  name: string,
  { index = 0, value }: { index?: number; value: number },
): Promise<() => void> {
  const parameter = await matrixOf(model, name);
  const { buffer, parts, elements } = parameter;
  const at = new Float32Array(elements);
  const place = parts.find((part) => part.name === name)!;
  const marks = new Float32Array(place.shape.reduce((a, b) => a * b, 1));
  marks[index] = 1;
  scatterPlacement(place, marks, at);
  const offset = 4 * at.indexOf(1);
  const [whole] = await read(buffer);
  const before = whole!.slice(offset, offset + 4);
  const write = (bytes: Uint8Array<ArrayBuffer>) => {
    gpu.device.queue.writeBuffer(buffer, offset, bytes);
    gpu.versions.changed(buffer);
  };
  write(new Uint8Array(Float32Array.of(value).buffer));
  return () => write(before);
}

/** Steps on one batch, `together` at a time. */
export async function stepOften(
  optimizer: Optimizer,
  inputs: Parameters<Optimizer["step"]>[0],
  { steps, together = 1, ...options }: { steps: number; together?: number } & Parameters<Optimizer["step"]>[1],
): Promise<StepResult[]> {
  const results: StepResult[] = [];
  while (results.length < steps) {
    const count = Math.min(together, steps - results.length);
    results.push(...await Promise.all(Array.from({ length: count }, () => optimizer.step(inputs, options))));
  }
  return results;
}

/** A model in training, and all that its steps may change. */
export interface Training {
  readonly model: PreTrainedModel;
  readonly optimizer: Optimizer;
  /** The bits of all weights and moments. */
  state(): Promise<State>;
  [Symbol.dispose](): void;
}

/** The bits of all weights and moments. */
export interface State {
  readonly weights: Bytes;
  readonly moments: Bytes;
}

/** Makes a model and its optimizer, and takes the first step without dropout, so that there are moments. */
export async function started(
  task: Task,
  make: (model: PreTrainedModel) => Optimizer,
  inputs: Parameters<Optimizer["step"]>[0] = task.batch,
): Promise<Training> {
  const model = await task.make();
  const optimizer = make(model);
  const moments = new Moments();
  await moments.note(() => optimizer.step(inputs, { dropout: 0 }));
  return {
    model,
    optimizer,
    state: async () => ({ weights: await weightsOf(model), moments: await moments.read() }),
    [Symbol.dispose]() {
      optimizer.dispose();
      model.dispose();
    },
  };
}

/** Asserts that no bit of weights and moments differs. */
export function assertState(found: State, expected: State, what: string): void {
  assertSame(found.weights, expected.weights, `${what}: weights`);
  assertSame(found.moments, expected.moments, `${what}: moments`);
}

/** The weights of a model as they are on the GPU. @returns What writes them back. */
export async function keepWeights(model: PreTrainedModel): Promise<() => void> {
  const { parameters } = await coreOf(model).use((runner) => Promise.resolve(runner));
  const buffers = parameters.map(({ buffer }) => buffer);
  const all = await read(...buffers);
  return () =>
    all.forEach((bytes, i) => {
      gpu.device.queue.writeBuffer(buffers[i]!, 0, bytes);
      gpu.versions.changed(buffers[i]!);
    });
}

/** Runs `body` with each kernel call in a submission of its own. `onSubmit` is called when each is made. */
export async function inSteps(onSubmit: (count: number) => void, body: () => Promise<void>): Promise<void> {
  const own = gpu as { scheduler: Scheduler };
  const { scheduler } = own;
  own.scheduler = new Scheduler(gpu, { speed: { budget: 1, rate: 1 }, clock: workClock(gpu.adapterClass) });
  const { submit } = GPUQueue.prototype;
  let count = 0;
  GPUQueue.prototype.submit = function (commands) {
    const result = submit.call(this, commands);
    onSubmit(++count);
    return result;
  };
  try {
    await body();
  } finally {
    GPUQueue.prototype.submit = submit;
    own.scheduler = scheduler;
  }
}
