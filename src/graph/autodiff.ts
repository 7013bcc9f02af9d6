/** Gradients by one walk back over the tape of a graph, and recomputation of parts of it. */

import type { Graph } from "./graph.ts";
import { reshape } from "./ops/rows/reshape.ts";
import { addScaled } from "./ops/training/add_scaled.ts";
import { zeros } from "./ops/training/zeros.ts";
import { factorsOf } from "./shape.ts";
import type { TapeEntry, Values } from "./tape.ts";
import { typeText } from "./types.ts";
import type { Value } from "./value.ts";

/** What {@linkcode gradients} takes. */
export interface GradientCall {
  /** What is differentiated: a single number, or any value with a `seed`. */
  of: Value;
  /** The values by which it is differentiated. */
  wrt: readonly Value[];
  /** The gradient of the loss by `of`, of the same shape; 1 if left out. */
  seed?: Value;
  /** What becomes of values on which `of` does not depend. @default "refused" */
  independent?: "refused" | "left out";
}

/**
 * Traces the gradients of a value by others.
 *
 * @returns For each value of `wrt` its gradient, of the same shape; see `independent`.
 * @throws {TypeError} If the seed has another shape than `of`, or is left out although `of` is not a single number.
 * @throws {Error} If an op on the way has no gradient, if `of` does not depend on a value of `wrt`, or if a value that
 *   a gradient reads was updated in place.
 */
export function gradients(
  g: Graph,
  { of, wrt, seed, independent = "refused" }: GradientCall,
): Map<Value, Value> {
  const first = seed ?? one(g, of);
  if (String(first.shape) !== String(of.shape)) {
    throw new TypeError(`Cannot differentiate "${of.path}": seed must be ${typeText(of)}, got ${typeText(first)}`);
  }
  const sums = walkBack(g, g.tape.entries, { of, wrt, seed: first });
  const found = new Map<Value, Value>();
  for (const value of wrt) {
    const gradient = sums.get(value);
    if (gradient !== undefined) found.set(value, gradient);
    else if (independent === "refused") {
      throw new Error(`Cannot differentiate "${of.path}": it does not depend on "${value.path}"`);
    }
  }
  return found;
}

/**
 * Traces `body` as one entry of the tape. Gradients trace it again, so its intermediate values need not be kept for
 * them.
 *
 * @param call `label` is the scope of what `body` traces, `inputs` what it reads. Other values that it reads have
 *   gradients too. `body` must trace the same each time.
 */
export function recompute<I extends Readonly<Record<string, Value>>>(
  g: Graph,
  { label, inputs, body }: { label: string; inputs: I; body: (inputs: I) => Value },
): Value {
  const trace = () => g.tape.capture(() => g.scope(label, () => body(inputs)));
  const { result, entries } = trace();
  const all: Values = { ...inputs, ...capturedBy(entries, inputs) };
  g.tape.push({
    op: "recompute",
    path: g.path(label),
    inputs: all,
    outputs: { out: result },
    differentiate({ out }, { wanted, accumulate }) {
      const again = trace();
      const asked = Object.entries(all).filter(([name]) => wanted(name)) as [string, Value][];
      const wrt = asked.map(([, value]) => value);
      // Gradients of parts of an input are added to what there is of it outside.
      const outer: Outer = new Map(asked.map(([name, value]) => [value, (update) => accumulate(name, update)]));
      const sums = walkBack(g, again.entries, { of: again.result, wrt, seed: out as Value }, outer);
      return Object.fromEntries(asked.map(([name, value]) => [name, sums.get(value)]));
    },
  });
  return result;
}

/** Values whose gradients are added to in place elsewhere. */
type Outer = ReadonlyMap<Value, (update: (sum: Value) => Value) => void>;

/** The gradients of `of` by `wrt` and by all values between them. */
function walkBack(
  g: Graph,
  entries: readonly TapeEntry[],
  { of, wrt, seed }: Required<Omit<GradientCall, "independent">>,
  outer: Outer = new Map(),
): ReadonlyMap<Value, Value> {
  const dependent = new Set(wrt);
  const relevant = entries.filter(({ inputs, outputs }) => {
    if (!valuesOf(inputs).some((value) => dependent.has(value))) return false;
    for (const value of valuesOf(outputs)) dependent.add(value);
    return true;
  });
  const sums = new Sums(g, { of, seed, outer });
  for (const entry of relevant.toReversed()) {
    const known = Object.entries(entry.outputs).map(([name, value]) => [name, value && sums.get(value)] as const);
    if (known.every(([, gradient]) => gradient === undefined)) continue;
    const wanted = (name: string) => dependent.has(entry.inputs[name] as Value);
    const found = entry.differentiate(Object.fromEntries(known), {
      wanted,
      accumulate: (name, update) => sums.accumulate(entry.inputs[name] as Value, update),
    });
    for (const [name, gradient] of Object.entries(found)) {
      if (gradient !== undefined && wanted(name)) sums.add(entry, entry.inputs[name] as Value, gradient);
    }
  }
  return sums.all;
}

/**
 * Gradients while they are summed: a value's gradient is complete when the walk reaches the entry that made the value.
 */
class Sums {
  readonly all = new Map<Value, Value>();
  readonly #g: Graph;
  /** Sums that are the gradient of one value only, so that more may be added to them in place. */
  readonly #own = new Set<Value>();

  readonly #outer: Outer;

  constructor(g: Graph, { of, seed, outer }: { of: Value; seed: Value; outer: Outer }) {
    this.#g = g;
    this.#outer = outer;
    this.all.set(of, seed);
  }

  get(value: Value): Value | undefined {
    return this.all.get(value);
  }

  /** Replaces the gradient of a value so far, zeros at first, by its next version. */
  accumulate(value: Value, update: (sum: Value) => Value): void {
    const outside = this.#outer.get(value);
    if (outside === undefined) this.#update(value, update);
    else outside(update);
  }

  /** Adds the contribution of one use of a value. */
  add({ op, path }: TapeEntry, value: Value, gradient: Value): void {
    if (String(gradient.shape) !== String(value.shape)) {
      throw new TypeError(
        `Cannot differentiate ${path} (${op}): the gradient of "${value.path}" must be ${typeText(value)}, ` +
          `got ${typeText(gradient)}`,
      );
    }
    const known = this.all.get(value);
    if (known !== undefined) {
      const label = `${value.path}.gradient.sum`;
      this.#update(value, (sum) => addScaled(this.#g, { label, to: sum, x: gradient }));
      return;
    }
    // An op may hand the gradient of its result through, as a residual does. It is then that of two values, so whatever
    // is added to it for one of them goes to a copy.
    this.#own.delete(gradient);
    this.all.set(value, gradient);
  }

  #update(value: Value, update: (sum: Value) => Value): void {
    const next = update(this.#owned(value));
    this.all.set(value, next);
    this.#own.add(next);
  }

  /** The gradient of a value so far, in memory of its own. */
  #owned(value: Value): Value {
    const known = this.all.get(value);
    if (known === undefined) return zeros(this.#g, { label: `${value.path}.gradient`, shape: value.shape });
    // Others may read a gradient that is not a sum of this value alone, so the first addition goes to a copy.
    if (this.#own.has(known)) return known;
    return reshape(this.#g, { label: `${value.path}.gradient`, x: known, shape: known.shape });
  }
}

/** The 1 from which gradients of a single number start. */
function one(g: Graph, { path, shape, layout }: Value): Value {
  const { factor, symbols } = factorsOf(shape);
  if (factor !== 1 || symbols !== "") {
    throw new TypeError(
      `Cannot differentiate "${path}" without a seed: it must be one number, got [${shape.join(", ")}]`,
    );
  }
  const data = Float32Array.of(1, 0, 0, 0).slice(0, layout === "pitched" ? 4 : 1);
  return g.constant(`${path}.seed`, data, { shape: shape as readonly number[], layout });
}

/** The values that entries read, but neither made nor were given as inputs. */
function capturedBy(entries: readonly TapeEntry[], inputs: Values): Values {
  const known = new Set(valuesOf(inputs));
  const captured: Record<string, Value> = {};
  for (const entry of entries) {
    for (const value of valuesOf(entry.inputs)) {
      if (known.has(value)) continue;
      known.add(value);
      captured[`captured ${value.path}`] = value;
    }
    for (const value of valuesOf(entry.outputs)) known.add(value);
  }
  return captured;
}

function valuesOf(values: Values): Value[] {
  return Object.values(values).filter((value) => value !== undefined);
}
