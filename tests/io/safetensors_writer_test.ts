import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { type Dtype, DTYPES, viewAs } from "../../src/base/dtype.ts";
import { type NamedTensor, parseSafetensors, writeSafetensors } from "../../src/io/safetensors/safetensors.ts";
import { fc } from "../deps.ts";
import { buildFile } from "./build.ts";

/** Any tensor that the format can hold, of up to some dozens of bytes; F4 and F6 where they fill bytes. */
const tensor = fc.record({
  dtype: fc.constantFrom(...Object.keys(DTYPES) as Dtype[]),
  shape: fc.array(fc.nat(3), { maxLength: 4 }),
  noise: fc.uint8Array({ minLength: 1, maxLength: 16 }),
}).map(({ dtype, shape, noise }) => {
  const { bits } = DTYPES[dtype];
  const dims = bits % 8 === 0 ? shape : [4, ...shape];
  const size = dims.reduce((product, dim) => product * dim, bits) / 8;
  const bytes = Uint8Array.from({ length: size }, (_, i) => noise[i % noise.length] as number);
  return { dtype, shape: dims, data: viewAs(dtype, bytes) };
});

const wellFormed = fc.string({ unit: "grapheme" });
const tensors = fc.dictionary(wellFormed.filter((name) => name !== "__metadata__"), tensor, { maxKeys: 8 });

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

Deno.test("what is written is read back: names, dtypes, shapes, bits, metadata", async () => {
  await fc.assert(fc.asyncProperty(tensors, fc.dictionary(wellFormed, wellFormed), async (written, metadata) => {
    const file = parseSafetensors(await writeSafetensors(Object.entries(written), { metadata }));
    assert.deepEqual(Object.entries(file.metadata).sort(), Object.entries(metadata).sort());
    assert.deepEqual([...file.keys()].sort(), Object.keys(written).sort());
    for (const [name, { dtype, shape, data }] of Object.entries(written)) {
      const read = file.get(name) ?? assert.fail();
      assert.deepEqual([read.dtype, read.shape], [dtype, shape]);
      assert.equal(read.data.constructor, data.constructor);
      assert.deepEqual(bytesOf(read.data), bytesOf(data));
    }
  }));
});

Deno.test("every tensor is aligned, and a file that was read is written as the same bytes", async () => {
  await fc.assert(fc.asyncProperty(tensors, async (written) => {
    const bytes = await writeSafetensors(Object.entries(written), { metadata: { format: "pt" } });
    const file = parseSafetensors(bytes);
    for (const { data, bytes: view } of file.values()) {
      assert.equal(data.buffer, bytes.buffer);
      assert.equal(data.byteOffset, view.byteOffset);
    }
    assert.deepEqual(await writeSafetensors(file, { metadata: file.metadata }), bytes);
  }));
});

Deno.test("the order of the tensors given makes no difference", async () => {
  await fc.assert(fc.asyncProperty(tensors, async (written) => {
    const entries = Object.entries(written);
    assert.deepEqual(await writeSafetensors(entries.toReversed()), await writeSafetensors(entries));
  }));
});

Deno.test("names are in the order of their UTF-8 bytes, which is not that of JavaScript", async () => {
  const names = fc.uniqueArray(fc.string({ unit: fc.constantFrom("a", "b", "é", "\uffff", "😀", "😁"), maxLength: 4 }));
  await fc.assert(fc.asyncProperty(names, async (names) => {
    const empty = { dtype: "U8" as const, shape: [0], data: new Uint8Array() };
    const file = parseSafetensors(await writeSafetensors(names.map((name) => [name, empty])));
    const expected = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    assert.deepEqual([...file.keys()], expected);
  }));
});

Deno.test("the bytes are those of the reference implementation", async () => {
  // Made with safetensors.numpy.save of safetensors 0.8.0 (Python) from zeros of the same names and shapes.
  const header = '{"__metadata__":{"k":"v","z":"é"},"\uffee":{"dtype":"I64","shape":[],"data_offsets":[0,8]},' +
    '"b":{"dtype":"F32","shape":[3],"data_offsets":[8,20]},"😀":{"dtype":"F32","shape":[2,2],"data_offsets":[20,36]},' +
    '"q\\"\\\\\\n\\u0001\x7f\u2028/":{"dtype":"F16","shape":[0,2],"data_offsets":[36,36]},' +
    '"a":{"dtype":"U8","shape":[1],"data_offsets":[36,37]}}     ';
  const zeros: NamedTensor[] = [
    ["b", { dtype: "F32", shape: [3], data: new Float32Array(3) }],
    ["a", { dtype: "U8", shape: [1], data: new Uint8Array(1) }],
    ["😀", { dtype: "F32", shape: [2, 2], data: new Uint8Array(16) }],
    ["\uffee", { dtype: "I64", shape: [], data: new BigInt64Array(1) }],
    ['q"\\\n\u0001\x7f\u2028/', { dtype: "F16", shape: [0, 2], data: new Float16Array() }],
  ];
  const written = await writeSafetensors(zeros, { metadata: { k: "v", z: "é" } });
  assert.deepEqual(written, buildFile({ header, data: new Uint8Array(37) }));
  assert.deepEqual(await writeSafetensors([]), buildFile({ header: "{}      " }));
});

Deno.test("a tensor that is not what it says is refused", async () => {
  const refuses = (tensor: Record<string, unknown>, problem: string) => {
    const whole = { dtype: "F32", shape: [2], data: new Float32Array(2), ...tensor } as unknown as NamedTensor[1];
    const message = `Cannot write tensor "a": ${problem}`;
    return assert.rejects(writeSafetensors([["a", whole]]), { name: "TypeError", message });
  };
  await refuses({ shape: [3] }, "F32 of shape [3] must have 12 bytes, got 8");
  await refuses({ dtype: "F4", shape: [3], data: new Uint8Array(2) }, "F4 of shape [3] must have 1.5 bytes, got 2");
  for (const shape of [[-2], [1.5], [NaN], [2 ** 53], Array(65).fill(1)]) {
    await refuses({ shape }, `shape must be at most 64 whole numbers from 0, got [${shape.join(", ")}]`);
  }
  await refuses(
    { data: new Int32Array(2) },
    "data of F32 must be a Float32Array, or its bytes in a Uint8Array, got Int32Array",
  );
  await refuses({ dtype: "float32" }, `dtype must be one of ${Object.keys(DTYPES).join(", ")}, got "float32"`);
});

Deno.test("names and texts that the format cannot hold are refused", async () => {
  const one: NamedTensor[1] = { dtype: "U8", shape: [1], data: new Uint8Array(1) };
  const refuses = (tensors: NamedTensor[], metadata: Record<string, unknown>, message: string) => {
    const options = { metadata: metadata as Record<string, string> };
    return assert.rejects(writeSafetensors(tensors, options), { name: "TypeError", message });
  };
  await refuses([["a", one], ["a", one]], {}, 'Cannot write tensor "a": there are two of this name');
  await refuses(
    [["__metadata__", one]],
    {},
    'Cannot write tensor "__metadata__": the format keeps this name for its metadata',
  );
  await refuses(
    [["\ud800", one]],
    {},
    'Cannot write tensor "\\ud800": the name must be well-formed Unicode, but has a lone surrogate',
  );
  for (
    const [metadata, found] of [[{ k: 1 }, "1"], [{ k: "\udc00" }, "\\udc00"], [{ "\ud800": "v" }, "\\ud800"]] as const
  ) {
    await refuses([], metadata, `Cannot write metadata: keys and values must be well-formed strings, got "${found}"`);
  }
});
