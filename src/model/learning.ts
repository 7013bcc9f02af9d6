/** Learning: what a program computes of its loss. */

import { gradients } from "../graph/autodiff.ts";
import { bufferSize } from "../gpu/buffers.ts";
import type { Graph } from "../graph/graph.ts";
import type { RunOutput } from "../graph/program/outputs.ts";
import type { Residents } from "../graph/program/residents.ts";
import type { Value } from "../graph/value.ts";
import { pitch } from "../kernels/kernel.ts";
import type { DropoutScalars } from "../nn/dropout.ts";
import type { Parameter } from "../nn/parameters.ts";
import { type GatheredTensor, gatherPlacement } from "../nn/layout/placement.ts";

/**
 * What a program computes of its loss. Programs are cached by the identity of their learning, so it is a constant:
 * everything that differs from call to call is an input, a scalar or a resident.
 */
export interface Learning {
  /** Traces it, with its outputs. The graph is differentiable. */
  trace(g: Graph, loss: Value, parameters: readonly Parameter[]): void;
}

/** Learning in a call. */
export interface LearningCall {
  readonly learning: Learning;
  /** Values of the scalars that it declares. */
  readonly scalars?: Readonly<Record<string, number>>;
  /** Values of the scalars of dropout; null if nothing is dropped. */
  readonly dropout: DropoutScalars | null;
  /** Whether gradients compute each layer again, which keeps less memory and takes about a third longer. */
  readonly recomputes?: boolean | undefined;
  /** Buffers of the residents that it may declare: a weight on which the loss does not depend has no use for its own. */
  readonly residents?: Residents;
  /** Called when the call has its place behind earlier ones. */
  readonly onQueued?: () => void;
  /** Called with what went wrong when the queued call fails or is aborted, before any later call goes on. */
  readonly onFailed?: (reason: unknown) => void;
}

/** The gradients of a loss by those parameters on which it depends. */
export function parameterGradients(
  g: Graph,
  loss: Value,
  parameters: readonly Parameter[],
): Map<Parameter, Value> {
  const values = parameters.map((parameter) => g.parameter(parameter));
  const found = gradients(g, { of: loss, wrt: values, independent: "left out" });
  const all = new Map<Parameter, Value>();
  parameters.forEach((parameter, i) => {
    const gradient = found.get(values[i] as Value);
    if (gradient !== undefined) all.set(parameter, gradient);
  });
  return all;
}

/** Gradients that are read back together: those by the parameters from one number to before another. */
export interface GradientGroup extends Learning {
  readonly begin: number;
  readonly end: number;
}

const groups = new Map<string, GradientGroup>();

/** Reads the loss and the gradients of a group back. The same group is one object, so that programs are kept. */
function gradientGroup(begin: number, end: number): GradientGroup {
  const key = `${begin}-${end}`;
  const known = groups.get(key);
  if (known !== undefined) return known;
  const group: GradientGroup = {
    begin,
    end,
    trace(g, loss, parameters) {
      g.output("loss", loss);
      for (const [{ label }, gradient] of parameterGradients(g, loss, parameters.slice(begin, end))) {
        g.output(nameOf(label), gradient);
      }
    },
  };
  groups.set(key, group);
  return group;
}

/** Bytes of the loss, and of the parts of which a teacher makes it, among what is read back. */
const LOSS_BYTES = 4 * 16;

/**
 * The gradients by all parameters in groups that one buffer of `most` bytes brings back: one, unless the model is large.
 * Each group is a call of its own.
 */
export function gradientGroups(parameters: readonly Pick<Parameter, "elements">[], most: number): GradientGroup[] {
  const found: GradientGroup[] = [];
  let [begin, bytes] = [0, LOSS_BYTES];
  parameters.forEach(({ elements }, i) => {
    const more = bufferSize(4 * elements);
    if (bytes + more > most && i > begin) {
      found.push(gradientGroup(begin, i));
      [begin, bytes] = [i, LOSS_BYTES];
    }
    bytes += more;
  });
  return [...found, gradientGroup(begin, parameters.length)];
}

function nameOf(label: string): string {
  return `gradient.${label}`;
}

/** What groups of gradients read back, as tensors of the checkpoint by name: zeros if the loss does not depend on one. */
export function readGradients(
  outputs: ReadonlyMap<string, RunOutput>,
  parameters: readonly Parameter[],
): Map<string, GatheredTensor> {
  const tensors = new Map<string, GatheredTensor>();
  for (const { label, parts, shape, elements } of parameters) {
    const found = outputs.get(nameOf(label));
    const matrix = new Float32Array(elements);
    if (found !== undefined) pad(found.data as Float32Array, matrix, shape.at(-1) ?? 1);
    for (const part of parts) gatherPlacement(part, matrix, tensors);
  }
  return tensors;
}

/** Copies rows of `columns` elements to rows of their pitch. */
function pad(data: Float32Array, matrix: Float32Array, columns: number): void {
  const stride = pitch(columns);
  for (let from = 0, to = 0; from < data.length; from += columns, to += stride) {
    matrix.set(data.subarray(from, from + columns), to);
  }
}
