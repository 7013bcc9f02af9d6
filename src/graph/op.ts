/** Ops: what a graph can compute, each with the types of its inputs and outputs, its kernels, and its gradient. */

import type { Graph } from "./graph.ts";
import type { Values } from "./tape.ts";
import { Mismatch, sameTypes, typeText } from "./types.ts";
import type { Type, Value } from "./value.ts";

/** The types of values by name; undefined for an optional one that is left out. */
export type TypesOf<V> = { readonly [K in keyof V]: V[K] extends Value ? Type : Type | undefined };

/** One use of an op. */
export interface Site<I, A> {
  label: string;
  inputs: I;
  attributes: A;
}

/** One use of an op whose gradient is traced; its label is its path. */
export interface GradientSite<I, A, O> extends Site<I, A> {
  outputs: O;
  wanted(input: keyof I): boolean;
  /**
   * Adds to an input's gradient in place, if only a part of the input was used: `update` gets the gradient so far, zeros
   * at first, and returns its next version. The op then returns nothing for that input.
   */
  accumulate(input: keyof I, update: (sum: Value) => Value): void;
}

/**
 * An op over inputs `I` with attributes `A` that gives `O`. It has a gradient, or `noGradient` says why there is none.
 */
export interface Op<I extends Values, A, O extends Values> {
  /** Unique in the registry. */
  readonly name: string;
  /**
   * Checks the types of its inputs and its attributes, and gives the types of its outputs.
   *
   * @throws {Mismatch} Naming the thing, what it must be, and what it is.
   */
  infer(types: TypesOf<I>, attributes: A): TypesOf<O>;
  /** Traces the kernel calls, or other ops, that compute it. */
  lower(g: Graph, site: Site<I, A>): O;
  /** Traces the gradients of those inputs that are wanted, given those of its outputs. One left out is zero. */
  gradient?(g: Graph, site: GradientSite<I, A, O>, of: Partial<O>): Partial<I>;
  /** Why it has no gradient. */
  readonly noGradient?: string;
}

/** Any op, as the registry lists it. */
export type AnyOp = Op<Values, unknown, Values>;

/**
 * Traces an op: checks its inputs, lowers it, and puts it on the tape.
 *
 * @throws {TypeError} If a shape, dtype or layout does not fit.
 * @throws {RangeError} If an attribute is out of range.
 * @throws {Error} If an input is of another graph, or was written over by an update.
 */
export function apply<I extends Values, A, O extends Values>(g: Graph, op: Op<I, A, O>, site: Site<I, A>): O {
  const path = g.path(site.label);
  const { part } = g;
  for (const value of Object.values(site.inputs)) if (value !== undefined) g.checkReadable(path, value);
  const types = inferred(path, op, site);
  const { result } = g.tape.capture(() => op.lower(g, site));
  const outputs = checkedOutputs(`${path} (${op.name})`, result, types);
  g.tape.push({
    op: op.name,
    path,
    inputs: site.inputs,
    outputs,
    differentiate(gradients, { wanted, accumulate }) {
      if (op.gradient !== undefined) {
        const at: GradientSite<I, A, O> = {
          ...site,
          label: path,
          outputs,
          wanted: (input) => wanted(String(input)),
          accumulate: (input, update) => accumulate(String(input), update),
        };
        const { gradient } = op;
        return g.within(gradientPart(part), () => gradient(g, at, gradients as Partial<O>));
      }
      throw new Error(`Cannot differentiate ${path} (${op.name}): ${op.noGradient}`);
    },
  });
  return outputs;
}

/** The part of a computation that the gradients of another part are. */
function gradientPart(part: string | null): string | null {
  return part === null ? null : `${part}, gradients`;
}

function inferred<I extends Values, A, O extends Values>(
  path: string,
  op: Op<I, A, O>,
  { inputs, attributes }: Site<I, A>,
): TypesOf<O> {
  try {
    return op.infer(inputs as unknown as TypesOf<I>, attributes);
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    throw new error.kind(`Cannot trace ${path} (${op.name}): ${error.message}`);
  }
}

/** The outputs of an op. If they are of other types than `infer` says, the op has a bug. */
function checkedOutputs<O extends Values>(where: string, found: O, types: TypesOf<O>): O {
  const text = (type: Type | undefined) => type === undefined ? "nothing" : typeText(type);
  const checked = Object.entries(types as Record<string, Type | undefined>).map(([name, type]) => {
    const value = found[name];
    if (type === value || (type !== undefined && value !== undefined && sameTypes(type, value))) return [name, value];
    throw new Error(`Cannot trace ${where}: "${name}" must be ${text(type)}, got ${text(value)}`);
  });
  return Object.fromEntries(checked) as O;
}
