/** Runs a body and a head over packed batches: one traced program per kind of call, replayed for every batch. */

import { InputError } from "../base/errors.ts";
import { checkOptionNames } from "../base/options.ts";
import { Tensor } from "../base/tensor.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Profiler } from "../gpu/profiler.ts";
import type { Latency } from "../gpu/readback.ts";
import { Graph } from "../graph/graph.ts";
import type { Value } from "../graph/value.ts";
import type { ProbabilityStorage } from "../graph/ops/attention/attention.ts";
import type { RunOutput } from "../graph/outputs.ts";
import { Program } from "../graph/program.ts";
import type { InputData } from "../graph/upload.ts";
import { pitch } from "../kernels/kernel.ts";
import { tuningOf } from "../kernels/tuning/tuning.ts";
import type { NarrowForm, NarrowPlan } from "../nn/narrow_attention.ts";
import type { Body, BodyCall } from "./body.ts";
import type { NarrowBertConfig } from "./config/config.ts";
import type { Batch } from "./batch/inputs.ts";
import { mayStoreProbabilities, type NarrowWork, planNarrowForm, planProjection } from "./narrow_planner.ts";
import { pack, type Packed, packEmbeds, type RowRule } from "./batch/packing.ts";
import { lastAxis, Unpacker } from "./batch/unpacking.ts";
import { remainingHeads } from "./weights/published_names.ts";

/** Options of every call. */
export interface ForwardOptions {
  /** Return every layer's state. */
  output_hidden_states?: boolean;
  /** Return every layer's attention probabilities. */
  output_attentions?: boolean;
  /** The form of narrow attention; `auto` takes the cheaper one. Both give the same numbers up to rounding. */
  narrow?: "auto" | NarrowForm;
  /** Stops the call. */
  signal?: AbortSignal;
  /** Return what every kernel wrote, as it lay on the GPU right after the kernel: for finding a wrong number. */
  recordValues?: boolean;
  /** Collects the time of every kernel. */
  profiler?: Profiler;
}

const FORWARD_OPTIONS = ["output_hidden_states", "output_attentions", "narrow", "signal", "recordValues", "profiler"];

/** What a head adds to a call. */
export interface HeadCall {
  /** Tells programs with different heads apart. */
  key: string;
  /** Traces the head over the body's last state, naming its outputs. */
  trace(g: Graph, last: Value): void;
  /** What it needs of a packed batch. */
  feed?(packed: Packed): HeadFeed;
}

/** What a head is given besides the body's last state. */
export interface HeadFeed {
  /** Data of the inputs that it declares. */
  inputs?: Readonly<Record<string, InputData>>;
  /** Sizes by names of its own. */
  sizes?: Readonly<Record<string, number>>;
}

/** Results that all classes return on request. */
export interface CommonOutputs {
  /** Embedding output, then each layer: `[B, L, H]` for full layers, `[B, rows, H]` for narrow ones. */
  hidden_states?: Tensor[];
  /** Full layers `[B, A, L, L]`, narrow layers `[B, A, rows, L]`. */
  attentions?: Tensor[];
  /** The position of each narrow row, int32 `[B, rows]`, -1 for padding; not in the ordinary mode. */
  narrow_positions?: Tensor;
  /** With `recordValues`: what every kernel wrote, by label. */
  recorded?: Map<string, Tensor>;
}

/** One call's results. */
export interface RunResult {
  /** The head's outputs as they come from the GPU. */
  outputs: Map<string, RunOutput>;
  packed: Packed;
  unpacker: Unpacker;
  common: CommonOutputs;
}

/** Programs kept per model; the one unused for longest goes first. */
const KEPT_PROGRAMS = 16;

/** A body on the GPU with its programs. */
export class Runner {
  readonly #gpu: Gpu;
  readonly #body: Body;
  readonly #config: NarrowBertConfig;
  readonly #latency: Latency;
  readonly #programs = new Map<string, Program>();

  constructor(
    gpu: Gpu,
    body: Body,
    { config, latency = "normal" }: { config: NarrowBertConfig; latency?: Latency | undefined },
  ) {
    this.#latency = latency;
    this.#gpu = gpu;
    this.#body = body;
    this.#config = config;
  }

  /** Packs a batch, runs it through body and head, and lays the common results out. */
  async run(batch: Batch, rule: RowRule, head: HeadCall, options: ForwardOptions): Promise<RunResult> {
    checkOptionNames("run the model", options, FORWARD_OPTIONS);
    if (rule === "first" && batch.length === 0 && batch.sequences > 0) {
      throw new InputError("Cannot run the model: every sequence needs a token at position 0, got empty sequences");
    }
    const packed = pack(batch, rule);
    const program = this.#program(this.#plan(batch, packed, rule, options), head);
    const feed = head.feed?.(packed);
    const { outputs, recorded } = await program.run({
      scalars: pick({ ...packed.sizes, ...feed?.sizes }, program.scalars),
      inputs: { ...this.#inputs(batch, packed), ...feed?.inputs },
      record: options.recordValues ?? false,
      profiler: options.profiler ?? null,
      latency: this.#latency,
      signal: options.signal,
    });
    const unpacker = new Unpacker(batch, packed);
    const common = this.#common(outputs, unpacker, rule, options);
    if (options.recordValues) common.recorded = new Map([...recorded].map(([path, value]) => [path, tensorOf(value)]));
    return { outputs, packed, unpacker, common };
  }

  /** Bytes of the buffers that calls work in. */
  get bytes(): number {
    return [...this.#programs.values()].reduce((sum, program) => sum + program.bytes, 0);
  }

  /** Gives all programs' memory back. */
  dispose(): void {
    for (const program of this.#programs.values()) program.dispose();
    this.#programs.clear();
  }

  /** What a call of these sizes computes, and in which form. */
  #plan(batch: Batch, { sizes, rowKeys }: Packed, rule: RowRule, options: ForwardOptions): TraceCall {
    const { num_hidden_layers: layers, full_length_layers: full, headSize } = this.#config;
    const { hidden_size: width, num_attention_heads: heads } = this.#config;
    const work = { rows: sizes.R, tokens: sizes.T, rowKeys, width, heads, headSize: pitch(headSize) };
    const form = this.#form(work, options.narrow ?? "auto");
    // Where no narrow layer runs as such, the form makes no difference: one program serves.
    const isNarrow = rule !== "ordinary" && full < layers;
    const together = planProjection(work, { layers: layers - full, largest: this.#gpu.buffers.largest });
    const mayStore = mayStoreProbabilities(Math.max(sizes.T, sizes.R), { keys: sizes.K, heads });
    return {
      ordinary: rule === "ordinary",
      plan: !isNarrow || form === "absorbed" ? { form: "absorbed" } : { form: "projected", together },
      probabilities: options.output_attentions ? "output" : mayStore ? "scratch" : "none",
      embedded: batch.embeds !== null,
      hiddenStates: options.output_hidden_states ?? false,
    };
  }

  #form(work: NarrowWork, asked: "auto" | NarrowForm): NarrowForm {
    const withKeys = this.#config.position_embedding_type === "relative_key_query";
    if (!["auto", "absorbed", "projected"].includes(asked)) {
      throw new RangeError(`Cannot run the model: narrow must be "auto", "absorbed" or "projected", got "${asked}"`);
    }
    if (asked === "absorbed" && withKeys) {
      throw new RangeError(
        'Cannot run narrow: "absorbed" on a model with position_embedding_type "relative_key_query": ' +
          'its keys meet the distances, so it takes "projected"',
      );
    }
    return asked === "auto" ? planNarrowForm(work, { withKeys }) : asked;
  }

  #program(call: TraceCall, head: HeadCall): Program {
    const key = JSON.stringify([head.key, call]);
    let program = this.#programs.get(key);
    if (program === undefined) {
      const g = new Graph(tuningOf(this.#gpu));
      head.trace(g, traceBody(g, this.#body, call));
      program = new Program(this.#gpu, g);
    }
    this.#programs.delete(key);
    this.#programs.set(key, program);
    const [oldest] = this.#programs;
    if (oldest !== undefined && this.#programs.size > KEPT_PROGRAMS) {
      this.#programs.delete(oldest[0]);
      oldest[1].dispose();
    }
    return program;
  }

  #inputs(batch: Batch, packed: Packed): Record<string, InputData> {
    const { hidden_size, num_hidden_layers, num_attention_heads: heads } = this.#config;
    const inputs: Record<string, InputData> = {
      tokens: packed.tokens,
      geometry: packed.geometry,
      row_index: packed.rowIndex,
    };
    if (batch.embeds !== null) inputs.embeds = packEmbeds(batch.embeds, packed.tokenPlaces, hidden_size);
    for (let layer = 0; layer < num_hidden_layers; layer++) {
      const kept = remainingHeads(this.#config, layer);
      const scale = new Float32Array(pitch(kept.length));
      kept.forEach((head, i) => scale[i] = batch.headMask?.[layer * heads + head] ?? 1);
      inputs[`head_scale.${layer}`] = scale;
    }
    return inputs;
  }

  #common(
    outputs: Map<string, RunOutput>,
    unpacker: Unpacker,
    rule: RowRule,
    { output_hidden_states, output_attentions }: ForwardOptions,
  ): CommonOutputs {
    const { full_length_layers, num_hidden_layers } = this.#config;
    const axis = (layer: number) => layer < full_length_layers ? "tokens" : lastAxis(rule);
    const take = (name: string) => outputs.get(name) as RunOutput;
    const layers = Array.from({ length: num_hidden_layers }, (_, layer) => layer);
    const common: CommonOutputs = {};
    if (output_hidden_states) {
      const embedding = unpacker.states(take("hidden_states.0"), "tokens");
      const states = layers.map((layer) => unpacker.states(take(`hidden_states.${layer + 1}`), axis(layer)));
      common.hidden_states = [embedding, ...states];
    }
    if (output_attentions) {
      common.attentions = layers.map((layer) => unpacker.attentions(take(`attentions.${layer}`), axis(layer)));
    }
    if (rule !== "ordinary") common.narrow_positions = unpacker.narrowPositions();
    return common;
  }
}

/** What a traced program computes before its head. */
interface TraceCall {
  /** Whether the layers after the full ones run as ordinary layers. */
  ordinary: boolean;
  plan: NarrowPlan;
  probabilities: ProbabilityStorage;
  /** Whether the caller gives word embeddings. */
  embedded: boolean;
  /** Name every layer's state as an output `hidden_states.N`. */
  hiddenStates: boolean;
}

/** Traces both halves of a body; states and probabilities that are asked for become outputs by layer. */
function traceBody(g: Graph, body: Body, { ordinary, plan, probabilities, embedded, hiddenStates }: TraceCall): Value {
  const call: BodyCall = {
    probabilities,
    ...(hiddenStates && { onState: (layer, state) => g.output(`hidden_states.${layer}`, state) }),
    ...(probabilities === "output" && { onAttention: (layer, value) => g.output(`attentions.${layer}`, value) }),
  };
  const context = body.encode(g, { ...call, embedded });
  return ordinary ? body.ordinary(g, context, call) : body.narrow(g, context, { ...call, plan });
}

function tensorOf({ data, dims }: RunOutput): Tensor {
  return new Tensor(data instanceof Uint32Array ? "uint32" : "float32", data, dims);
}

/** The scalars that a program declares, out of all that a batch has. */
function pick(sizes: Readonly<Record<string, number>>, declared: ReadonlyMap<string, unknown>): Record<string, number> {
  return Object.fromEntries(Object.entries(sizes).filter(([name]) => declared.has(name)));
}
