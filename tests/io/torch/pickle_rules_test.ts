/** The rules for pickles and tensors, at their limits; `manifest_test.ts` has the common cases. */

import assert from "node:assert/strict";
import { CheckpointError, type CheckpointReason, readTorchCheckpoint } from "../../../mod.ts";
import { OPCODES } from "../../../src/io/torch/pickle/opcodes.ts";
import { concatenate } from "../../../src/io/folder/file_bytes.ts";
import {
  buildTorch,
  type BuiltTensor,
  call,
  dict,
  integer,
  named,
  pickle,
  type Piece,
  raw,
  storage,
  tensor,
  text,
  tuple,
} from "./build.ts";

/** 24 bytes, as a storage. */
const STORAGES = { 0: Uint8Array.from({ length: 24 }, (_, i) => i) };

const FLOATS = { dtype: "F32", key: "0", count: 6 } as const;
const BYTES = { dtype: "U8", key: "0", count: 24 } as const;

const W = tensor({ ...FLOATS, shape: [2, 3] });

const read = (...pieces: Piece[]) => readTorchCheckpoint(buildTorch(pickle(...pieces), STORAGES));

const refuses = (pieces: Piece[], reason: CheckpointReason, message: string | RegExp) =>
  assert.rejects(read(...pieces), (error) => {
    assert.ok(error instanceof CheckpointError);
    assert.equal(error.reason, reason, error.message);
    if (typeof message !== "string") assert.match(error.message, message);
    else assert.equal(error.message, `Cannot read "PyTorch bytes": ${message}`);
    return true;
  });

/** A dict with the tensor `w` and a value beside it. */
const beside = (value: Piece) => dict({ w: W, beside: value });

const accepts = async (pieces: Piece[], names: string[] = ["w"]) => {
  const tensors = await read(...pieces);
  assert.deepEqual([...tensors.keys()], names);
  return tensors;
};

const one = async (built: BuiltTensor) => (await read(dict({ w: tensor(built) }))).get("w")!;

Deno.test("a tensor of a hand-made file has its shape and bits", async () => {
  const w = (await accepts([dict({ w: W })])).get("w")!;
  assert.deepEqual([w.dtype, w.shape, w.bytes], ["F32", [2, 3], STORAGES[0]]);
});

Deno.test("opcodes: each that is not known is refused, whatever stands on the stack", async () => {
  assert.equal(OPCODES.size, 46);
  for (let opcode = 0; opcode < 256; opcode++) {
    if (OPCODES.has(opcode) || opcode === ".".charCodeAt(0)) continue;
    const hex = opcode.toString(16).padStart(2, "0");
    const pieces = [dict({ w: W }), raw(0x8a, 0, "(", 0x8a, 0, opcode, "1\n1\n1\n")];
    await refuses(pieces, "bad_pickle", new RegExp(`opcode that no checkpoint needs, 0x${hex} at byte \\d+$`));
  }
});

Deno.test("a large dict that is a value many times is looked through once", async () => {
  /** Entries that do not fill the stack, so many times. */
  const many = (entry: Piece) => {
    const batch = concatenate([raw("("), ...Array.from({ length: 20_000 }, () => entry), raw("u")]);
    return Array.from({ length: 10 }, () => batch);
  };
  const large = concatenate([raw("}"), ...many(raw("K", 1, "N")), raw("q", 0, "0")]);
  const root = concatenate([large, raw("}"), ...many(raw("K", 1, "h", 0)), text("model"), dict({ w: W }), raw("s")]);
  const start = performance.now();
  await accepts([root]);
  assert.ok(performance.now() - start < 5000, `${performance.now() - start} ms`);
});

Deno.test("values of every kind beside the tensors are passed over", async () => {
  const values: Record<string, Piece> = {
    numbers: tuple(raw("K", 7, "M", 1, 2, "J", 0, 0, 0, 0x80), integer(-(2n ** 100n)), raw(0x8a, 0)),
    "a long number": concatenate([raw(0x8b, 200, 0, 0, 0), new Uint8Array(200).fill(0xff)]),
    "a float": raw("G", 0x3f, 0, 0, 0, 0, 0, 0, 0),
    constants: tuple(raw("N"), Uint8Array.of(0x88), Uint8Array.of(0x89)),
    texts: concatenate([
      raw("("),
      Uint8Array.of(0x8c, 1, 0x61),
      Uint8Array.of(0x8d, 1, 0, 0, 0, 0, 0, 0, 0, 0x61),
      raw("t"),
    ]),
    bytes: concatenate([
      raw("(", "C", 1, 0xff),
      Uint8Array.of(0x42, 1, 0, 0, 0, 0xff, 0x8e, 1, 0, 0, 0, 0, 0, 0, 0, 0xff),
      Uint8Array.of(0x96, 1, 0, 0, 0, 0, 0, 0, 0, 0xff),
      raw("t"),
    ]),
    lists: raw("]", "(", "K", 1, "K", 2, "e", "K", 3, "a"),
    "a list of a mark": raw("(", "K", 1, "l"),
    dicts: concatenate([raw("(", "K", 1, "N"), Uint8Array.of(0x88), raw("N", "C", 1, 0x61, "N", "N", "N", "d")]),
    "a function": named("torch._utils", "_rebuild_parameter"),
    "a type": named("torch", "bfloat16"),
    "a storage": storage(FLOATS),
    "what is dropped": concatenate([raw("N", "2", "0", "(", "N", "N", "1")]),
  };
  for (const [kind, value] of Object.entries(values)) {
    await assert.doesNotReject(accepts([beside(value)]), kind);
  }
});

Deno.test("values may be nested deep, or contain each other", async () => {
  await accepts([beside(concatenate([raw("N"), new Uint8Array(200_000).fill(0x85)]))]);
  await accepts([beside(concatenate([raw("N"), ...Array.from({ length: 300 }, () => Uint8Array.of(0x32, 0x86))]))]);
  await accepts([raw("}", "q", 0), raw("X", 1, 0, 0, 0, "w"), W, raw("s"), text("self"), raw("h", 0, "s")]);
});

Deno.test("the stack holds 65,536 values, and as many marks", async () => {
  const nones = (count: number) => concatenate([raw("("), new Uint8Array(count).fill(0x4e), raw("1")]);
  // The dict, the key, and "beside" twice are below.
  await accepts([dict({ w: W }), nones(65_535)]);
  await refuses([dict({ w: W }), nones(65_536)], "too_large", "its pickle must have at most 65536 values on its stack");
  const marks = (count: number) => concatenate([new Uint8Array(count).fill(0x28), new Uint8Array(count).fill(0x31)]);
  await accepts([dict({ w: W }), marks(65_536)]);
  await refuses([dict({ w: W }), marks(65_537)], "too_large", "its pickle must have at most 65536 marks");
});

Deno.test("a pickle has at most 2^21 opcodes", async () => {
  // A file of 2 MB, which would take 60 times as much.
  const chain = concatenate([raw("N"), new Uint8Array(2 ** 21).fill(0x85)]);
  await refuses([beside(chain)], "too_large", "its pickle must have at most 2097152 opcodes");
});

Deno.test("values are remembered by any numbers", async () => {
  const sparse = raw("r", 9, 0, 0, 0x40, "j", 9, 0, 0, 0x40);
  await accepts([concatenate([raw("}"), text("w"), W, raw("q", 3), raw("s")]), text("x"), raw("h", 3, "s")], [
    "w",
    "x",
  ]);
  await accepts([beside(concatenate([raw("N"), sparse, raw("0")]))]);
  // MEMOIZE takes the number of values that are remembered.
  const memoize = concatenate([raw("K", 1, "q", 7, "0", "N"), Uint8Array.of(0x94), raw("0", "h", 1)]);
  await accepts([beside(memoize)]);
  await refuses(
    [beside(raw("N", "q", 1, "h", 0))],
    "bad_pickle",
    "the pickle asks for value 0 of its memo, which is not there",
  );
});

Deno.test("a dict has each string once; other keys are not compared, however alike they are", async () => {
  await refuses(
    [concatenate([dict({ w: W }), text("w"), raw("N", "s")])],
    "bad_pickle",
    'a dict of the pickle has the key "w" twice',
  );
  await accepts([beside(concatenate([raw("}", "K", 1, "N", "s", "K", 1, "N", "s")]))]);
  // Numbers with the same last 64 bits have the same hash in a map of V8.
  const count = 100_000;
  const keys = new Uint8Array(count * 16);
  for (let i = 0; i < count; i++) {
    keys.set([0x8a, 12, 1, 2, 3, 4, 5, 6, 7, 8, i & 255, (i >> 8) & 255, i >> 16, 0, 0x4e, 0x73], 16 * i);
  }
  const start = performance.now();
  await accepts([beside(concatenate([raw("}"), keys]))]);
  assert.ok(performance.now() - start < 2000);
});

Deno.test("whole numbers of any length are exact", async () => {
  const long = (value: bigint, length: number) => {
    const bytes = Array.from({ length }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));
    return raw(0x8a, length, ...bytes);
  };
  for (
    const [value, length] of [[-1n, 1], [-128n, 1], [2n ** 63n - 1n, 8], [-(2n ** 63n), 8], [2n ** 70n, 9]] as const
  ) {
    const wrong = call(
      named("torch._utils", "_rebuild_tensor_v2"),
      storage(FLOATS),
      long(value, length),
      ...[tuple(integer(1)), tuple(integer(1)), raw("N"), raw("N")],
    );
    const expected = value < 0n
      ? `the offset of tensor "w" must be of whole numbers from 0, got ${value}`
      : `tensor "w" of shape [1] must lie in its storage of 6 elements, and reaches element ${value}`;
    await refuses([dict({ w: wrong })], "bad_tensor", expected);
  }
});

Deno.test("nothing takes values below a mark, or that are not there", async () => {
  const empty = "the pickle takes a value from an empty stack";
  for (const opcode of ["0", "2", "R", "Q", "b", "s"]) {
    await refuses([dict({ w: W }), raw("N", "N", "N", "(", opcode)], "bad_pickle", empty);
  }
  for (const opcode of ["t", "l", "d", "u", "e", "1"]) {
    await refuses([raw("}", opcode)], "bad_pickle", "the pickle takes values up to a mark that is not there");
  }
  await refuses([dict({ w: W }), raw("(", "q", 0)], "bad_pickle", "the pickle remembers a value, and there is none");
  await refuses([dict({ w: W }), raw("N")], "bad_pickle", "its pickle must leave one value, got 2 and 0 marks");
  await refuses([dict({ w: W }), raw("(")], "bad_pickle", "its pickle must leave one value, got 0 and 1 marks");
});

Deno.test("names are compared exactly, module and name apart", async () => {
  for (
    const [module, name] of [
      ["torch", "storage.UntypedStorage"],
      ["torch.storage", "FloatStorage"],
      ["torch._utils", "OrderedDict"],
      ["", "torch\nFloatStorage"],
      ["Torch", "FloatStorage"],
      ["torch", "FloatStorage "],
      ["torch", "uint16"],
      ["builtins", "toString"],
      ["__proto__", "constructor"],
    ] as const
  ) {
    const load = concatenate([text(module), text(name), Uint8Array.of(0x93)]);
    const message =
      `its pickle names ${JSON.stringify(`${module}.${name}`)}, and may name only what tensors need, so ` +
      "nothing of it is loaded; in Python, save the tensors alone by torch.save(model.state_dict(), …)";
    await refuses([beside(load)], "forbidden_global", message);
  }
  const inst = (module: string, name: string) => beside(raw("(", "i", module, "\n", name, "\n"));
  await refuses([inst("os", "system")], "forbidden_global", /names "os\.system"/);
  await refuses([inst("collections", "OrderedDict")], "bad_pickle", /by the opcode INST, which no checkpoint needs$/);
});

Deno.test("calls: an OrderedDict has no arguments, a parameter is made of a tensor", async () => {
  const ordered = named("collections", "OrderedDict");
  await refuses([beside(call(ordered, raw("]")))], "bad_pickle", /an OrderedDict without arguments only$/);
  const parameter = named("torch._utils", "_rebuild_parameter");
  const none = Uint8Array.of(0x89);
  await accepts([dict({ w: call(parameter, W, none, call(ordered)) })]);
  await refuses(
    [dict({ w: call(parameter, W) })],
    "bad_tensor",
    'tensor "w" must be a parameter made of a tensor, and is not',
  );
  await refuses([dict({ w: call(W) })], "bad_pickle", /calls a tensor with a tuple$/);
});

Deno.test("BUILD sets a dict on an OrderedDict only", async () => {
  const ordered = call(named("collections", "OrderedDict"));
  const build = (target: Piece, state: Piece) => beside(concatenate([target, state, raw("b")]));
  await accepts([build(ordered, dict({ _metadata: raw("N") }))]);
  await refuses([build(ordered, tuple(raw("N"), raw("}")))], "bad_pickle", /sets those of a dict by a tuple$/);
  await refuses([build(W, raw("}"))], "bad_pickle", /sets those of a tensor by a dict$/);
});

Deno.test("metadata of a tensor is absent, None or empty", async () => {
  const withMetadata = (metadata: Piece) => {
    const args = [storage(FLOATS), integer(0), tuple(integer(6)), tuple(integer(1)), Uint8Array.of(0x88), raw("N")];
    return [dict({ w: call(named("torch._utils", "_rebuild_tensor_v2"), ...args, metadata) })];
  };
  for (const metadata of [raw("N"), raw("}"), call(named("collections", "OrderedDict"))]) {
    await accepts(withMetadata(metadata));
  }
  for (const metadata of [dict({ conj: Uint8Array.of(0x89) }), raw("]"), raw("K", 0), Uint8Array.of(0x89)]) {
    await refuses(withMetadata(metadata), "bad_tensor", /^.*tensor "w" has metadata, which may change its values: /);
  }
});

Deno.test("the types of tensors come with typed storages, or with untyped ones", async () => {
  const untyped = concatenate([
    tuple(text("storage"), named("torch.storage", "UntypedStorage"), text("0"), text("cpu"), integer(24)),
    raw("Q"),
  ]);
  const version = (n: 2 | 3, held: Piece, ...more: Piece[]) => {
    const args = [held, integer(1), tuple(integer(2)), tuple(integer(1)), raw("N"), raw("N"), ...more];
    return [dict({ w: call(named("torch._utils", `_rebuild_tensor_v${n}`), ...args) })];
  };
  const tensors = await accepts(version(3, untyped, named("torch", "float64")));
  assert.deepEqual([tensors.get("w")!.dtype, tensors.get("w")!.bytes], ["F64", STORAGES[0].subarray(8)]);
  const wrong = 'tensor "w" must have its type from a typed storage, or with an untyped one';
  await refuses(version(2, untyped), "bad_tensor", wrong);
  await refuses(version(3, storage(FLOATS), named("torch", "float32")), "bad_tensor", wrong);
  await refuses(version(3, untyped, named("torch", "FloatStorage")), "bad_tensor", wrong);
});

Deno.test("a storage is of one class and size everywhere, and its record has just that", async () => {
  const two = (other: BuiltTensor) => [dict({ w: W, other: tensor(other) })];
  await accepts(two({ ...FLOATS, shape: [1] }), ["w", "other"]);
  const message = 'storage "0" must be of one class and size, and is of two';
  await refuses(two({ dtype: "I64", key: "0", count: 3, shape: [1] }), "bad_tensor", message);
  await refuses(two({ ...FLOATS, count: 5, shape: [1] }), "bad_tensor", message);
  for (const count of [5, 2n ** 62n, 2n ** 64n + 6n]) {
    const problem = new RegExp(`storage "0" is a torch.FloatStorage of ${count} elements, and its record has 24 bytes`);
    await refuses([dict({ w: tensor({ ...FLOATS, count, shape: [1] }) })], "bad_tensor", problem);
  }
});

Deno.test("the last element lies in the storage, by exact numbers", async () => {
  assert.deepEqual((await one({ ...FLOATS, offset: 5, shape: [1] })).bytes, STORAGES[0].subarray(20));
  // Strides of one index, and of none, lead nowhere.
  assert.deepEqual((await one({ ...FLOATS, shape: [1, 2], strides: [2n ** 62n, 3] })).shape, [1, 2]);
  assert.deepEqual(
    (await one({ ...FLOATS, offset: 2n ** 60n, shape: [0, 7], strides: [2n ** 70n, 1] })).bytes.length,
    0,
  );
  const outside: Partial<BuiltTensor>[] = [
    { offset: 6, shape: [1] },
    { offset: 1, shape: [6] },
    { shape: [2, 2], strides: [5, 1] },
    { offset: 2n ** 64n, shape: [1] },
    { shape: [2], strides: [2n ** 64n] },
    { shape: [2, 2], strides: [2n ** 63n, 2n ** 63n] },
    { shape: [2n ** 32n, 2n ** 32n] },
    { shape: [2n ** 53n - 1n] },
  ];
  for (const wrong of outside) {
    const pieces = [dict({ w: tensor({ ...FLOATS, shape: [], ...wrong }) })];
    await refuses(
      pieces,
      "bad_tensor",
      /tensor "w" of shape \[.*\] must lie in its storage of 6 elements, and reaches element/,
    );
  }
  const huge = [dict({ w: tensor({ ...FLOATS, shape: [0, 2n ** 53n] }) })];
  await refuses(huge, "bad_tensor", 'a dimension of tensor "w" must be at most 2^53 - 1, got 9007199254740992');
});

Deno.test("a tensor has at most 64 dimensions", async () => {
  const ones = (count: number) => new Array(count).fill(1);
  assert.equal((await one({ ...FLOATS, shape: ones(64) })).shape.length, 64);
  const many = [dict({ w: tensor({ ...FLOATS, shape: ones(65) }) })];
  await refuses(many, "bad_tensor", 'the shape of tensor "w" must have at most 64 numbers, got 65');
});

Deno.test("a tensor may repeat its storage up to 2^24 elements, and all together have a bound", async () => {
  const repeated = (size: number) => tensor({ ...BYTES, shape: [size], strides: [0] });
  assert.equal((await read(dict({ w: repeated(2 ** 24) }))).get("w")!.bytes.length, 2 ** 24);
  const message = 'tensor "w" must have at most 16777216 elements, as its storage has 24, got 16777217';
  await refuses([dict({ w: repeated(2 ** 24 + 1) })], "too_large", message);
  const all = /^.*its tensors must take at most \d+ bytes, 64 MiB and 16 times the file$/;
  const names = (value: Piece) => dict({ a: value, b: value, c: value, d: value, e: value });
  await refuses([names(repeated(2 ** 24))], "too_large", all);
  // Also if it is one tensor of five names.
  const remembered = concatenate([text("a"), repeated(2 ** 24), raw("q", 9)]);
  const others = ["b", "c", "d", "e"].flatMap((name) => [text(name), raw("h", 9)]);
  await refuses([concatenate([raw("}", "("), remembered, ...others, raw("u")])], "too_large", all);
});

Deno.test("the dict of tensors is the root, or the only dict in it that has some", async () => {
  const inner = dict({ x: W });
  await accepts([dict({ inner, w: W })]);
  await accepts([dict({ epoch: raw("N"), inner, optimizer: dict({ state: inner }) })], ["x"]);
  await refuses([dict({ a: dict({ b: inner }) })], "format", "it must hold a dict of tensors, and its dict has none");
  await refuses([dict({ a: inner, b: inner })], "format", 'it must hold one dict of tensors, got 2: "a", "b"');
  await refuses([raw("N")], "format", "it must hold a dict of tensors, got None");
  await refuses([tuple(W)], "format", "it must hold a dict of tensors, got a tuple");
  for (const key of [raw("N"), raw("K", 1), raw("C", 1, 0x77)]) {
    const pieces = [concatenate([dict({ w: W }), key, W, raw("s")])];
    await refuses(pieces, "format", /the names of its tensors must be strings, got /);
  }
});

Deno.test("any string is a name", async () => {
  const names = ["__proto__", "constructor", "", "\ufeffw", "ä\u{1f600}", "a\0b", "../w"];
  const tensors = await accepts(
    [dict(Object.fromEntries(names.map((name) => [name === "__proto__" ? "p" : name, W])))],
    [
      "p",
      ...names.slice(1),
    ],
  );
  assert.ok(tensors.values().every(({ bytes }) => bytes.length === 24));
});
