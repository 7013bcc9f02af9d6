/**
 * A probe of a device: a few tokens go through a loaded model, cut short if it is large, and in float64 through the same
 * weights on the CPU. A driver that computes wrongly is found before anyone believes it.
 */

import { ProbeError } from "../../base/errors.ts";
import { shapeText } from "../../base/shape.ts";
import type { Gpu } from "../../gpu/device.ts";
import { tick } from "../../base/tick.ts";
import type { RunOutput } from "../../graph/program/outputs.ts";
import type { WeightDtype } from "../../nn/layout/upload.ts";
import type { NarrowForm } from "../../nn/narrow_attention.ts";
import type { ElementSource } from "../../nn/parameters.ts";
import type { Ragged } from "../batch/ragged.ts";
import type { NarrowBertConfig } from "../config/config.ts";
import { BASE, type Head, type ModelParts } from "../head.ts";
import { type Depth, halvesOf, isOrdinary } from "../config/halves.ts";
import type { Runner } from "../runner.ts";
import type { StageCall } from "../stage.ts";
import { firstWrong, type WrongElement } from "./comparison.ts";
import { bodyStates } from "./body_twin.ts";
import { probeBatch } from "./probe_batch.ts";
import { pick, type Rows } from "./rows.ts";
import { roundingBlur } from "./rounding.ts";
import { Twin } from "./twin.ts";

/** A batch of a probe. */
export interface ProbeCall {
  /** Tokens of its sequences. */
  readonly lengths: readonly number[];
  /** The form of narrow attention. Default: the cheaper one. */
  readonly narrow?: NarrowForm;
}

/** What a loaded model is probed by: a text of three tokens, and one of a single token. */
export const LOAD_PROBE: readonly ProbeCall[] = [{ lengths: [3, 1] }];

/** A model whose weights are on the GPU. */
export interface ProbedModel extends ModelParts {
  readonly gpu: Gpu;
  readonly config: NarrowBertConfig;
  readonly runner: Runner;
  /** The weights that it was loaded from. */
  readonly weights: ElementSource;
  readonly dtype: WeightDtype;
}

/** Weights of all layers together that are computed in float64, if one layer has no more than that. */
const MOST_WEIGHTS = 8_000_000;

/** A value that the GPU gives, and the same in float64. */
interface Expected {
  readonly place: string;
  readonly output: string;
  readonly rows: Rows;
  readonly columns?: readonly number[] | undefined;
}

/**
 * Compares what a device makes of small batches with float64.
 *
 * @throws {ProbeError} Naming the first part of the model that differs, and the element that differs most.
 */
export async function probe(model: ProbedModel, calls: readonly ProbeCall[], signal?: AbortSignal): Promise<void> {
  // The last layer of an ordinary BERT may run over all tokens too: then it is another computation.
  const ways = isOrdinary(model.config) ? ["rows", "all"] as const : ["rows"] as const;
  for (const call of calls) for (const lastLayer of ways) await probeOnce(model, { ...call, lastLayer }, signal);
}

async function probeOnce(
  model: ProbedModel,
  { lengths, narrow, lastLayer }: ProbeCall & { lastLayer: "all" | "rows" },
  signal?: AbortSignal,
): Promise<void> {
  const ragged = probeBatch(lengths, model.config);
  const depth = depthOf(model.config);
  const heads = model.heads.includes(BASE) ? model.heads : [BASE, ...model.heads];
  const stages = heads.map((head) => stageOf(head, ragged));
  const options = { output_hidden_states: true, signal, ...(narrow && { narrow }) };
  const call = { ragged, ordinary: false, depth, lastLayer, headMask: null, stages, options };
  const twin = { ragged, depth, heads, lastLayer };
  // The CPU computes while the GPU does. Both end before an error frees the weights.
  const [ran, computed] = await Promise.allSettled([
    model.runner.run(call),
    takingTurns(expectations(model, twin), signal),
  ]);
  if (ran.status === "rejected") throw ran.reason;
  if (computed.status === "rejected") throw computed.reason;
  const found = compare(ran.value.outputs, computed.value);
  // A model may carry the rounding of a right device further than that: what does it do to a rounding here?
  if (found === null || isRounding(found, expectations(model, { ...twin, blur: roundingBlur() }))) return;
  throw refusal(model.gpu, found);
}

/** All of a generator, with turns of the event loop between. */
async function takingTurns<T>(all: Iterable<T>, signal?: AbortSignal): Promise<T[]> {
  const taken: T[] = [];
  await tick();
  for (const one of all) {
    taken.push(one);
    await tick();
    signal?.throwIfAborted();
  }
  return taken;
}

/** The first layers of each half, as many as there are weights for; the least is one each. */
export function depthOf(config: NarrowBertConfig): Depth {
  const { hidden_size: h, intermediate_size: f } = config;
  const { full, narrow } = halvesOf(config);
  const most = Math.max(1, Math.floor(MOST_WEIGHTS / (4 * h * h + 2 * h * f) / 2));
  return { full: Math.min(full, most), narrow: Math.min(narrow, most) };
}

function stageOf(head: Head, { rowCounts }: Ragged): StageCall {
  const starts = Array.from(rowCounts, (_, b) => rowCounts.subarray(0, b).reduce((sum, count) => sum + count, 0));
  return {
    stage: { head, trace: (g, rows, layer) => ({ values: head.probe.trace(g, rows, layer) }) },
    rows: head.pooling === false ? null : Uint32Array.from(starts),
    prefix: `${head.name}.`,
  };
}

/** All that is computed in float64, in the order of the computation. */
function* expectations(
  { config, weights, dtype, pooler }: ProbedModel,
  { ragged, depth, heads, lastLayer, blur }: {
    ragged: Ragged;
    depth: Depth;
    lastLayer: "all" | "rows";
    heads: readonly Head[];
    blur?: (x: Rows) => void;
  },
): Generator<Expected, void> {
  const twin = new Twin({ weights, dtype, eps: config.layer_norm_eps, blur });
  let last: Rows | null = null;
  for (const { layer, rows } of bodyStates(twin, { config, ragged, layers: depth, lastLayer })) {
    const kind = layer < config.full_length_layers ? "full" : "narrow";
    const place = layer < 0 ? "the embeddings" : `layer ${layer} (${kind})`;
    yield { place, output: `hidden_states.${layer + 1}`, rows };
    last = layer < halvesOf(config).full || lastLayer === "all" ? pick(rows, ragged.rows) : rows;
  }
  for (const head of heads) {
    const { rows: own } = stageOf(head, ragged);
    const state = own === null ? last as Rows : pick(last as Rows, own);
    const { rows, columns } = head.probe.twin(twin, state, { config, pooler });
    yield {
      place: head.name === BASE.name ? "the pooler" : `the ${head.name} head`,
      output: `${head.name}.values`,
      rows,
      columns,
    };
  }
}

/** A wrong element, and where it is. */
type Found = WrongElement & { readonly expected: Expected };

function compare(outputs: ReadonlyMap<string, RunOutput>, all: Iterable<Expected>): Found | null {
  for (const expected of all) {
    const wrong = firstWrong(outputs.get(expected.output) as RunOutput, expected);
    if (wrong !== null) return { ...wrong, expected };
  }
  return null;
}

/** Whether rounding moves what was found wrong by a quarter of it or more. */
function isRounding({ expected: { output, rows }, difference }: Found, blurred: Iterable<Expected>): boolean {
  if (!Number.isFinite(difference)) return false;
  for (const other of blurred) {
    if (other.output !== output) continue;
    const moved = other.rows.data.reduce((most, value, i) => Math.max(most, Math.abs(value - rows.data[i]!)), 0);
    return moved >= difference / 4;
  }
  return false;
}

function refusal(gpu: Gpu, { expected: { place }, at, value, found, bound }: Found): ProbeError {
  return new ProbeError(
    `Cannot trust ${gpu.name}: a probe of this model must give ${value.toPrecision(6)} within ${
      bound.toPrecision(2)
    } in ` +
      `element ${shapeText(at)} of ${place}, got ${
        found.toPrecision(6)
      }; the driver, or a kernel on it, computes wrongly. ` +
      "Use another driver or, if kernels were tuned, those that are shipped",
  );
}
