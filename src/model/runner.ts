/** Runs a body and its stages over ragged batches: one traced program per kind of call, replayed for every batch. */

import { checkOptionNames } from "../base/options.ts";
import type { NotedVersions } from "../gpu/buffer_versions.ts";
import type { Gpu } from "../gpu/device.ts";
import type { Latency } from "../gpu/readback.ts";
import { Graph } from "../graph/graph.ts";
import type { RunOutput } from "../graph/program/outputs.ts";
import { Program } from "../graph/program/program.ts";
import { ProgramCache } from "../graph/program/program_cache.ts";
import type { InputData } from "../graph/program/upload.ts";
import { pitch } from "../kernels/kernel.ts";
import { tuningOf } from "../kernels/tuning/tuning.ts";
import type { Parameter } from "../nn/parameters.ts";
import { inversesOf } from "./batch/inverses.ts";
import { pack, type Packed } from "./batch/packing.ts";
import type { Ragged } from "./batch/ragged.ts";
import type { Body } from "./body.ts";
import type { Lesson, LessonScalars } from "./distillation.ts";
import type { NarrowBertConfig } from "./config/config.ts";
import { type Depth, halvesOf, isOrdinary } from "./config/halves.ts";
import { FORWARD_OPTIONS, type ForwardOptions } from "./forward_options.ts";
import type { Head } from "./head.ts";
import type { Learning, LearningCall } from "./learning.ts";
import { lastLayerOf, mayStoreProbabilities, narrowFormOf, planProjection } from "./narrow_planner.ts";
import { type StageCall, stageKey } from "./stage.ts";
import {
  CONTEXT,
  type Half,
  teacherInputs,
  teacherKey,
  type TeacherTrace,
  type TraceCall,
  traceKey,
  traceModel,
} from "./tracing.ts";
import { remainingHeads } from "./weights/published_names.ts";

/** One call. */
export interface RunCall {
  ragged: Ragged;
  /** Run the layers after the full ones as ordinary layers over all tokens. */
  ordinary: boolean;
  /** Layers that are computed, for a probe. Default: all. */
  depth?: Depth;
  /** What an ordinary BERT's last layer computes. Default: as {@linkcode lastLayerOf} says. */
  lastLayer?: "all" | "rows";
  /** `[layers, heads]`, heads counted as before pruning; null if all are 1. */
  headMask: ArrayLike<number> | null;
  /** The stages, which compute from the last state. */
  stages: readonly StageCall[];
  options: ForwardOptions;
  /** What is computed of the loss, which the call's only stage gives. */
  learning?: LearningCall;
  /** Whose results the loss is compared with. */
  teacher?: TeacherCall | undefined;
  /** The context of the batch's tokens, `[T, H]`: then the full layers are left out. */
  context?: GPUBuffer;
  /** Called when the call begins, after all that earlier calls change. What it throws is what the call fails with. */
  onBegin?: (() => void) | undefined;
}

/** The first half of a call. */
export interface EncodeCall {
  ragged: Ragged;
  /** Gets the context `[T, H]`. Its usage is COPY_DST. */
  context: GPUBuffer;
  options: ForwardOptions;
}

/** A teacher in a call. It computes the same rows of the same tokens. */
export interface TeacherCall {
  readonly runner: Runner;
  readonly lesson: Lesson;
  readonly scalars: LessonScalars;
}

/** One call's results. */
export interface RunResult {
  /** The stages' outputs, and the common ones that were asked for, as they come from the GPU. */
  outputs: Map<string, RunOutput>;
  /** With `recordValues`: every kernel's result by its path; else empty. */
  recorded: Map<string, RunOutput>;
  ragged: Ragged;
  packed: Packed;
}

/** Programs cached per model; the least recently used one is freed first. */
const KEPT_PROGRAMS = 16;

/** A body on the GPU with its programs. */
export class Runner {
  readonly #gpu: Gpu;
  readonly #body: Body;
  readonly #config: NarrowBertConfig;
  readonly #layerOf: (head: Head) => unknown;
  readonly #latency: Latency;
  /** All weights of the model. */
  readonly parameters: readonly Parameter[];
  readonly #programs = new ProgramCache(KEPT_PROGRAMS);
  /** The caches of the models that learn from this one. */
  readonly #pupils = new Set<ProgramCache>();
  /** The head scales of a call without a head mask, by the name of the input. */
  readonly #unmasked: Record<string, InputData>;

  /** @param layerOf The layer that a head has put on the body. */
  constructor(
    gpu: Gpu,
    body: Body,
    { config, layerOf, parameters, latency = "normal" }: {
      config: NarrowBertConfig;
      layerOf: (head: Head) => unknown;
      parameters: readonly Parameter[];
      latency?: Latency | undefined;
    },
  ) {
    this.#gpu = gpu;
    this.#body = body;
    this.#config = config;
    this.#layerOf = layerOf;
    this.#latency = latency;
    this.parameters = parameters;
    this.#unmasked = this.#headScales(null);
  }

  /** Packs a batch and runs it. */
  async run(call: RunCall): Promise<RunResult> {
    const { ragged, options, learning, context } = call;
    const { program, packed, scalars, inputs } = this.#prepare(call, context === undefined ? "both" : "narrow");
    const { outputs, recorded } = await program.run({
      scalars,
      inputs,
      ...(learning?.residents && { residents: declaredOf(learning.residents, program.residents) }),
      ...(context && { residents: { [CONTEXT]: context } }),
      onBegin: call.onBegin,
      onQueued: learning?.onQueued,
      onFailed: learning?.onFailed,
      record: options.recordValues ?? false,
      profiler: options.profiler ?? null,
      latency: this.#latency,
      signal: options.signal,
    });
    return { outputs, recorded, ragged, packed };
  }

  /**
   * Packs a batch and computes its context, which stays on the GPU.
   *
   * @returns The weights that it was computed from, as they are when the work before this call is done.
   */
  async encode({ context, options, ...call }: EncodeCall): Promise<NotedVersions> {
    const prepared = this.#prepare({ ...call, options, ordinary: false, headMask: null, stages: [] }, "encode");
    const { program, scalars, inputs } = prepared;
    let versions: NotedVersions = new Map();
    await program.run({
      scalars,
      inputs,
      kept: { [CONTEXT]: context },
      onBegin: () => versions = this.#gpu.versions.note(program.weights),
      latency: this.#latency,
      signal: options.signal,
    });
    return versions as unknown as NotedVersions;
  }

  /** Bytes of the activations once calls were made in turn, if none was made before. Nothing is allocated. */
  bytesFor(calls: readonly RunCall[]): number {
    const programs = new Map<Program, Record<string, number>[]>();
    for (const call of calls) {
      const { program, scalars } = this.#prepare(call, "both");
      programs.set(program, [...programs.get(program) ?? [], scalars]);
    }
    return [...programs].reduce((sum, [program, all]) => sum + program.bytesFor(all), 0);
  }

  /** The program for a call, and what it is called with. */
  #prepare({ headMask, stages, teacher, ...call }: RunCall, half: Half) {
    const { ragged, ordinary, options, learning } = call;
    checkOptionNames("run the model", options, FORWARD_OPTIONS);
    const packed = pack(ragged, { gradients: learning !== undefined });
    const plan = this.#plan({ ...call, packed }, half);
    const trace = teacher === undefined ? null : teacher.runner.#asTeacher({ ragged, packed, ordinary }, teacher);
    const program = this.#program(plan, stages, trace);
    if (teacher !== undefined) teacher.runner.#pupils.add(this.#programs);
    const sizes: Record<string, number> = {
      ...packed.sizes,
      ...learning?.scalars,
      ...learning?.dropout,
      ...teacher?.scalars,
    };
    const inputs: Record<string, InputData> = {
      tokens: ragged.tokens,
      attention_tables: packed.attentionTables,
      row_index: ragged.rows,
      ...(headMask === null ? this.#unmasked : this.#headScales(headMask)),
      ...(ragged.embeds && { embeds: ragged.embeds }),
      ...(learning && inversesOf(ragged, this.#config)),
      ...(teacher && teacherInputs(teacher.runner.#unmasked)),
    };
    for (const { rows, prefix, ...call } of stages) {
      if (rows !== null) {
        inputs[`${prefix}rows`] = rows;
        sizes[`${prefix}R`] = rows.length;
      }
      Object.assign(inputs, call.inputs);
      Object.assign(sizes, call.scalars);
    }
    return { program, packed, scalars: declaredOf(sizes, program.scalars), inputs };
  }

  /** Bytes of the activations of all programs. */
  get bytes(): number {
    return this.#programs.programs.reduce((sum, program) => sum + program.bytes, 0);
  }

  /** Gives back the memory of the programs that compute a learning, which nobody asks for again. */
  forget(learning: Learning): void {
    this.#programs.forget(learning);
  }

  /** Gives all programs' memory back, and that of the programs of others in which this model is the teacher. */
  dispose(): void {
    this.#programs.clear();
    for (const pupil of this.#pupils) pupil.forget(this.#body);
    this.#pupils.clear();
  }

  /** Plans a call of these sizes: which layers it computes, and in which form. */
  #plan(
    { ragged, packed: { sizes, rowKeys }, ordinary, depth, options, learning, lastLayer = lastLayerOf(options) }:
      & Omit<RunCall, "headMask" | "stages">
      & { packed: Packed },
    half: Half,
  ): TraceCall {
    const { hidden_size: width, num_attention_heads: heads, headSize } = this.#config;
    // The context of an ordinary BERT, whose layers are all full, has been through the last one too.
    const overAll = ordinary || isOrdinary(this.#config) && (half !== "both" || lastLayer === "all");
    const work = { rows: sizes.R, tokens: sizes.T, rowKeys, width, heads, headSize: pitch(headSize) };
    const withKeys = this.#config.position_embedding_type === "relative_key_query";
    // A learning ordinary BERT has one program, in one workspace, for batches of few rows and of many.
    const isAlways = learning !== undefined && isOrdinary(this.#config);
    const form = narrowFormOf(work, { asked: options.narrow ?? (isAlways ? "projected" : "auto"), withKeys });
    // If no narrow layer runs as such, the form makes no difference: one program serves both.
    const isNarrow = !overAll && half !== "encode";
    const { narrow: layers } = halvesOf(this.#config);
    const together = planProjection(work, { layers, largest: this.#gpu.buffers.largest });
    // A graph that is differentiated stores them anyway.
    const rows = half === "narrow" ? sizes.R : half === "encode" ? sizes.T : Math.max(sizes.T, sizes.R);
    const mayStore = learning === undefined && mayStoreProbabilities(rows, { keys: sizes.K, heads });
    return {
      half,
      ordinary,
      overAll,
      depth,
      plan: !isNarrow || form === "absorbed" ? { form: "absorbed" } : { form: "projected", together },
      probabilities: options.output_attentions ? "output" : mayStore ? "scratch" : "none",
      embedded: ragged.embeds !== null,
      hiddenStates: options.output_hidden_states ?? false,
      learning: learning?.learning ?? null,
      drops: learning !== undefined && learning.dropout !== null,
      recomputes: learning?.recomputes ?? false,
    };
  }

  /** This model as a teacher in another's program. */
  #asTeacher(call: Pick<RunCall, "ragged" | "ordinary"> & { packed: Packed }, { lesson }: TeacherCall): TeacherTrace {
    return { body: this.#body, call: this.#plan({ ...call, options: {} }, "both"), layerOf: this.#layerOf, lesson };
  }

  #program(call: TraceCall, stages: readonly StageCall[], teacher: TeacherTrace | null): Program {
    const { learning, drops } = call;
    const key = [traceKey(call), ...stages.map(stageKey), teacher && teacherKey(teacher)].join();
    const make = () => {
      const g = new Graph(tuningOf(this.#gpu), { differentiable: learning !== null, drops });
      traceModel(g, this.#body, { call, stages, layerOf: this.#layerOf, parameters: this.parameters, teacher });
      return new Program(this.#gpu, g);
    };
    const users = [learning, teacher?.body].filter((user) => user !== null && user !== undefined);
    return this.#programs.get(key, { make, users });
  }

  #headScales(headMask: ArrayLike<number> | null): Record<string, InputData> {
    const { num_hidden_layers, num_attention_heads: heads } = this.#config;
    const inputs: Record<string, InputData> = {};
    for (let layer = 0; layer < num_hidden_layers; layer++) {
      const kept = remainingHeads(this.#config, layer);
      const scale = new Float32Array(pitch(kept.length));
      kept.forEach((head, i) => scale[i] = headMask?.[layer * heads + head] ?? 1);
      inputs[`head_scale.${layer}`] = scale;
    }
    return inputs;
  }
}

/** Those of a call's scalars or residents that a program declares. */
function declaredOf<T>(given: Readonly<Record<string, T>>, declared: ReadonlyMap<string, unknown>): Record<string, T> {
  const own: Record<string, T> = {};
  for (const name in given) if (declared.has(name)) own[name] = given[name] as T;
  return own;
}
