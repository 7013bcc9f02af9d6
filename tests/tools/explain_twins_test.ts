/** The twins that replays use: every kernel has one, and it says of calls what the conformance suite says of its cases. */

import assert from "node:assert/strict";
import type { Kernel } from "../../src/kernels/kernel.ts";
import { KERNELS } from "../../src/kernels/registry.ts";
import { judge } from "../../tools/explain/judge.ts";
import type { TwinCall } from "../../tools/explain/twins/twin.ts";
import { TWINS } from "../../tools/explain/twins/twins.ts";
import type { Shape } from "../conformance/cases/attention_data.ts";
import { ABSORBED, ABSORBED_DISTANCES, LONG_HEADS, SHAPES } from "../conformance/cases/attention_shapes.ts";
import { halvedCases, matmulCase, smallCases, texturedCase } from "../conformance/cases/matmul_cases.ts";
import type { ConformanceCase, Expected } from "../conformance/conformance.ts";
import { importCases } from "../conformance/import_cases.ts";

/** Most cases of a kernel, and the most elements in all buffers of a case. */
const MOST = { cases: 16, elements: 50_000 };

/** The constants that change what a kernel computes; all others change how fast. */
const MEANINGS = ["TRANSPOSE_A", "TRANSPOSE_B", "RELATIVE", "EMBEDS", "POSITIONS", "KIND", "GAPS"];

/** What the elements hold that no kernel may touch, in products and in attention. */
const UNTOUCHED = [77, 7];

const isSmall = ({ sequences, heads, headSize }: Shape) =>
  sequences.reduce((sum, [rows, keys]) => sum + rows * keys, 0) * heads * headSize <= MOST.elements;

/** Some of a kernel's cases in the conformance suite, one of every meaning among them. */
async function casesOf(kernel: Kernel): Promise<ConformanceCase[]> {
  const { name } = kernel;
  const sizes = { m: 9, n: 13, k: 7, batch: 3, bias: 2, activation: 1, residual: 1 };
  const variants = kernel.constantSets();
  if (name === "matmul_textured") return variants.map((constants) => texturedCase(constants, sizes));
  if (name.startsWith("matmul")) {
    const isHalved = name.endsWith("_f16");
    return variants.flatMap((constants) =>
      isHalved ? [...halvedCases(constants)] : [matmulCase(constants, sizes), ...smallCases(constants)]
    );
  }
  const module = await importCases<[shapes?: readonly Shape[]]>(name);
  if (name.startsWith("attention") && name !== "attention_dropout") {
    const distances = name === "attention_probabilities" ? ABSORBED_DISTANCES : [];
    return [...module.cases([...SHAPES, ...LONG_HEADS, ...ABSORBED, ...distances].filter(isSmall))];
  }
  const taken: ConformanceCase[] = [];
  for (const test of module.cases()) {
    const elements = Object.values(test.buffers).map((data) => typeof data === "number" ? data / 4 : data.length);
    if (elements.reduce((a, b) => a + b, 0) <= MOST.elements) taken.push(test);
    if (taken.length === MOST.cases) break;
  }
  return taken;
}

/** A case as a replay sees the call. */
function callOf(kernel: Kernel, { constants, params, buffers }: ConformanceCase): TwinCall {
  const read = kernel.bindingNames.filter((name) => kernel.bindings[name] !== "write").map((name) => {
    const data = buffers[name] as Exclude<ConformanceCase["buffers"][string], Int32Array>;
    if (typeof data === "number") return [name, new Float32Array(0)];
    return [name, data instanceof Float16Array ? new Float32Array(data) : data];
  });
  return { constants: kernel.constants(constants), params, read: Object.fromEntries(read) };
}

/** What a binding that is updated held before, as the case says what it must hold. */
function before({ read }: TwinCall, binding: string, { values }: Expected): ArrayLike<number> {
  const data = read[binding];
  if (data === undefined) return [];
  return values instanceof Float64Array ? data : new Uint32Array(data.buffer, data.byteOffset, data.length);
}

/** Elements by their place in the buffer. */
function placed({ values, at }: Expected): Map<number, number> {
  return new Map([...values].map((value, i) => [at === undefined ? i : at[i]!, value]));
}

for (const kernel of KERNELS) {
  Deno.test(`the twin of ${kernel.name} says what its conformance cases say`, async () => {
    const twin = TWINS[kernel.name];
    assert.ok(twin !== undefined, `tools/explain/twins/twins.ts has no twin of ${kernel.name}`);
    const meaningOf = (constants: Readonly<Record<string, number>>) =>
      MEANINGS.map((name) => `${name}=${constants[name]}`).join();
    const untested = new Set(kernel.constantSets().map(meaningOf));
    for (const test of await casesOf(kernel)) {
      const call = callOf(kernel, test);
      untested.delete(meaningOf(call.constants));
      const found = twin(call);
      assert.deepEqual(Object.keys(found).sort(), Object.keys(test.expected).sort(), test.name);
      for (const [binding, expected] of Object.entries(test.expected) as [string, Expected][]) {
        const [mine, theirs] = [placed(found[binding]!), placed(expected)];
        for (const [index, value] of theirs) {
          const covered = mine.has(index) || UNTOUCHED.includes(value) ||
            before(call, binding, expected)[index] === value;
          assert.ok(covered, `${test.name}: ${binding}[${index}] must be ${value}, the twin leaves it as it is`);
          if (mine.has(index)) assert.equal(mine.get(index), value, `${test.name}: ${binding}[${index}]`);
        }
        const { bound = 0 } = found[binding]!;
        const bounds = typeof bound === "number" ? [bound] : [...bound];
        assert.ok(bounds.every((one) => one >= 0), `${test.name}: bounds of ${binding} must be 0 or more`);
      }
    }
    assert.deepEqual([...untested], [], "meanings without a case");
  });
}

Deno.test("every twin is of a kernel of the registry", () => {
  const names = new Set(KERNELS.map(({ name }) => name));
  assert.deepEqual(Object.keys(TWINS).filter((name) => !names.has(name)), []);
});

Deno.test("the judge measures errors in units of the bound, and knows NaN, bits and what is not compared", () => {
  const values = Float64Array.of(1, 2, 3);
  const found = Float32Array.of(1, 2.25, 3);
  assert.deepEqual(judge(found, { values, bound: 0.5 }), {
    worst: { index: 1, expected: 2, found: 2.25, bound: 0.5, ratio: 0.5 },
    wrong: 0,
    count: 3,
    infinite: null,
  });
  assert.equal(judge(found, { values, bound: Float64Array.of(1, 0.125, 1) }).worst!.ratio, 2);
  assert.deepEqual(judge(found, { values }).worst!.ratio, Infinity);
  const nan = judge(Float32Array.of(NaN, 1), { values: Float64Array.of(NaN, NaN), bound: 1 });
  assert.deepEqual([nan.wrong, nan.worst!.index, nan.infinite], [1, 1, 0]);
  assert.equal(judge(Float32Array.of(NaN), { values: Float64Array.of(1), bound: Infinity }).wrong, 1);
  assert.equal(judge(Float32Array.of(Infinity), { values: Float64Array.of(1e40), bound: 1 }).wrong, 0);
  assert.equal(
    judge(Float32Array.of(0, 3, 0, 1), { values: Float64Array.of(1, 3), at: Uint32Array.of(3, 1) }).wrong,
    0,
  );
  const bits = new Uint32Array(new Float32Array([1, 2]).buffer);
  assert.equal(judge(Float32Array.of(1, 2), { values: bits }).wrong, 0);
  const other = judge(Float32Array.of(1, 2.5), { values: bits });
  assert.deepEqual([other.wrong, other.worst!.expected, other.worst!.found], [1, 2, 2.5]);
  assert.equal(judge(Uint32Array.of(16777216), { values: Uint32Array.of(16777217) }).wrong, 1);
  assert.equal(judge(new Float32Array(0), { values: new Float64Array(0) }).worst, null);
});
