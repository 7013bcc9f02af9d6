import assert from "node:assert/strict";
import { inspect } from "node:util";
import { Tensor, type TensorData, type TensorType } from "../../src/base/tensor.ts";

const HOLDERS: Record<TensorType, TensorData> = {
  float32: Float32Array.of(1, 0, 2),
  float64: Float64Array.of(1, 0, 2),
  int32: Int32Array.of(1, 0, 2),
  uint32: Uint32Array.of(1, 0, 2),
  int64: BigInt64Array.of(1n, 0n, 2n),
  uint8: Uint8Array.of(1, 0, 2),
  int8: Int8Array.of(1, 0, 2),
  bool: Uint8Array.of(1, 0, 2),
};

for (const [type, data] of Object.entries(HOLDERS) as [TensorType, TensorData][]) {
  Deno.test(`a ${type} tensor keeps a typed array as it is, and makes one of plain numbers and bigints`, () => {
    const view = new Tensor(type, data, [3]);
    assert.equal(view.data, data);
    for (const plain of [[1, 0, 2], [1n, 0n, 2n]]) assert.deepEqual(new Tensor(type, plain, [3]).data, data);
    assert.deepEqual([view.type, view.size, [...view.dims]], [type, 3, [3]]);
  });
}

Deno.test("tolist nests the elements, in the kind that the type has", () => {
  assert.deepEqual(new Tensor("float32", [1, 2, 3, 4, 5, 6], [2, 3]).tolist(), [[1, 2, 3], [4, 5, 6]]);
  assert.deepEqual(new Tensor("float32", [1, 2, 3, 4], [2, 1, 2]).tolist(), [[[1, 2]], [[3, 4]]]);
  assert.deepEqual(new Tensor("int64", [1, 2], [2]).tolist(), [1n, 2n]);
  assert.deepEqual(new Tensor("bool", [true, false, true], [3]).tolist(), [true, false, true]);
  assert.equal(new Tensor("float64", [7], []).tolist(), 7);
});

Deno.test("tolist keeps empty dimensions where they are", () => {
  assert.deepEqual(new Tensor("float32", [], [0]).tolist(), []);
  assert.deepEqual(new Tensor("float32", [], [2, 0]).tolist(), [[], []]);
  assert.deepEqual(new Tensor("float32", [], [0, 2]).tolist(), []);
  assert.deepEqual(new Tensor("float32", [], [1, 2, 0, 3]).tolist(), [[[], []]]);
});

Deno.test("a tensor's dims are its own", () => {
  const dims = [2, 2];
  const tensor = new Tensor("int8", [1, 2, 3, 4], dims);
  dims[0] = 4;
  assert.deepEqual(tensor.dims, [2, 2]);
});

Deno.test("item is the only element, as a number", () => {
  assert.equal(new Tensor("int64", [5n], [1, 1]).item(), 5);
  assert.equal(new Tensor("float32", [0.5], []).item(), 0.5);
  for (const dims of [[2], [0]]) {
    const tensor = new Tensor("float32", new Float32Array(dims[0]!), dims);
    assert.throws(() => tensor.item(), { name: "TypeError", message: /must have one element, got dims \[[20]\]/ });
  }
});

const WRONG: [what: string, make: () => Tensor, message: RegExp][] = [
  [
    "an unknown type",
    () => new Tensor("float16" as TensorType, [1], [1]),
    /type must be one of float32, .*got "float16"/,
  ],
  // A name that every object inherits is no type either.
  ["an inherited name", () => new Tensor("toString" as TensorType, [1], [1]), /type must be .*got "toString"/],
  [
    "another type's array",
    () => new Tensor("float32", Int32Array.of(1) as never, [1]),
    /float32 needs a Float32Array, got a Int32/,
  ],
  ["too few elements", () => new Tensor("float32", [1, 2], [3]), /dims \[3\] hold 3 elements, but data has 2/],
  ["too many elements", () => new Tensor("float32", [1, 2], []), /dims \[\] hold 1 elements, but data has 2/],
  [
    "a negative dimension",
    () => new Tensor("int8", [1], [-1, -1]),
    /dims must be whole numbers from 0, got \[-1, -1\]/,
  ],
  [
    "a fractional dimension",
    () => new Tensor("int8", [1], [0.5, 2]),
    /dims must be whole numbers from 0, got \[0.5, 2\]/,
  ],
  [
    "an infinite dimension",
    () => new Tensor("int8", [], [Infinity, 0]),
    /dims must be whole numbers .*\[Infinity, 0\]/,
  ],
];

for (const [what, make, message] of WRONG) {
  Deno.test(`${what} makes no tensor`, () => {
    assert.throws(make, (error: unknown) => {
      assert.ok(error instanceof TypeError);
      assert.match(error.message, /^Cannot make a Tensor: /);
      assert.match(error.message, message);
      return true;
    });
  });
}

Deno.test("consoles show a tensor in a line", () => {
  const cases: [tensor: Tensor, shown: string][] = [
    [new Tensor("float32", [0.1, 2, -3e-9], [3]), "Tensor float32 [3] { 0.1, 2, -3e-9 }"],
    [
      new Tensor("float32", new Float32Array(300).fill(0.5), [2, 150]),
      "Tensor float32 [2, 150] { 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, … }",
    ],
    [new Tensor("int64", [1n, 2n ** 60n], [1, 2]), "Tensor int64 [1, 2] { 1, 1152921504606846976 }"],
    [new Tensor("bool", [1, 0], [2]), "Tensor bool [2] { true, false }"],
    [new Tensor("float64", [0.1], []), "Tensor float64 [] { 0.1 }"],
    [new Tensor("uint8", [], [0, 3]), "Tensor uint8 [0, 3] {  }"],
  ];
  for (const [tensor, shown] of cases) {
    assert.equal(Deno.inspect(tensor), shown);
    assert.equal(inspect(tensor), shown);
  }
  assert.equal(Deno.inspect({ a: cases[0]![0] }), `{ a: ${cases[0]![1]} }`);
});
