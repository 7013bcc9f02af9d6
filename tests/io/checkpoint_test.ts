import assert from "node:assert/strict";
import { Checkpoint } from "../../src/io/checkpoint/checkpoint.ts";
import { FloatMemory } from "../../src/io/checkpoint/floats.ts";
import { openCheckpoint } from "../../src/io/checkpoint/open.ts";
import type { StoredTensor } from "../../src/io/checkpoint/stored_tensor.ts";
import { openFolder } from "../../src/io/folder/folder.ts";
import { parseSafetensors } from "../../src/io/safetensors/safetensors.ts";
import { buildFile, buildFloats } from "./build.ts";

const INDEX = "model.safetensors.index.json";

async function open(files: Record<string, Uint8Array | string>): Promise<Checkpoint> {
  const contents = Object.entries(files).map(([name, content]): [string, Uint8Array] => {
    return [name, typeof content === "string" ? new TextEncoder().encode(content) : content];
  });
  return await openCheckpoint(await openFolder(new Map(contents)));
}

const isError = (message: string | RegExp) => ({ name: "CheckpointError", message });

/** One tensor of some dtype, as a checkpoint. */
function single(dtype: string, shape: number[], data: Uint8Array): Checkpoint {
  const header = JSON.stringify({ w: { dtype, shape, data_offsets: [0, data.byteLength] } });
  return new Checkpoint("somewhere", parseSafetensors(buildFile({ header, data })));
}

const bytesOf = ({ buffer }: { buffer: ArrayBuffer }) => new Uint8Array(buffer);

Deno.test("one file: names, dtype and shape, values", async () => {
  const bytes = buildFloats({ b: [1, 2], a: [3] });
  const checkpoint = await open({ "model.safetensors": bytes });
  assert.equal(checkpoint.location, "memory/");
  assert.deepEqual(checkpoint.names(), ["b", "a"]);
  assert.deepEqual([checkpoint.has("a"), checkpoint.has("c")], [true, false]);
  assert.deepEqual(checkpoint.info("b"), { dtype: "F32", shape: [2] });
  const values = checkpoint.float32("b");
  assert.deepEqual(values, Float32Array.of(1, 2));
  assert.equal(values.buffer, bytes.buffer);
  for (const method of ["info", "float32"] as const) {
    assert.throws(() => checkpoint[method]("c"), isError('Cannot load weight "c": it is not in "memory/"'));
  }
});

Deno.test("the four dtypes of weights become 32-bit floats, others are refused by name", () => {
  const expected = Float32Array.of(1, -0.5);
  assert.deepEqual(single("F32", [2], bytesOf(expected)).float32("w"), expected);
  assert.deepEqual(single("F64", [2], bytesOf(Float64Array.of(1, -0.5))).float32("w"), expected);
  assert.deepEqual(single("F16", [2], bytesOf(Float16Array.of(1, -0.5))).float32("w"), expected);
  assert.deepEqual(single("BF16", [2], bytesOf(Uint16Array.of(0x3f80, 0xbf00))).float32("w"), expected);
  for (const [dtype, size] of [["I64", 8], ["I32", 4], ["U8", 1], ["BOOL", 1], ["F8_E4M3", 1], ["C64", 8]] as const) {
    assert.throws(
      () => single(dtype, [1], new Uint8Array(size)).float32("w"),
      isError(`Cannot load weight "w" of "somewhere": dtype must be F32, F16, BF16 or F64, got ${dtype}`),
    );
  }
});

Deno.test("the first element that is not finite is told, in every dtype", () => {
  const refuses = (dtype: string, data: { buffer: ArrayBuffer }, index: number, found: string) =>
    assert.throws(
      () => single(dtype, [2, 2], bytesOf(data)).float32("w"),
      isError(
        `Cannot load weight "w" of "somewhere": element [${index >> 1}, ${
          index & 1
        }] of shape [2, 2] must be finite as a 32-bit float, got ${found}`,
      ),
    );
  refuses("F32", Float32Array.of(0, 1, -Infinity, NaN), 2, "-Infinity");
  refuses("F32", Uint32Array.of(0x7f800001, 0, 0, 0), 0, "NaN");
  refuses("F16", Float16Array.of(0, 1, 2, NaN), 3, "NaN");
  refuses("BF16", Uint16Array.of(0, 0x7f80, 0, 0), 1, "Infinity");
  // Finite as it is stored, but not as a 32-bit float.
  refuses("F64", Float64Array.of(0, 1e300, 0, 0), 1, "Infinity");
});

Deno.test("several files: all of their tensors, those too that the index does not list", async () => {
  const checkpoint = await open({
    [INDEX]: '{"metadata":{"total_size":16,"x":[null,1.5e3,{"y":true}]},"weight_map":{"a":"1.safetensors",' +
      '"b":"2.safetensors","c":"1.safetensors"}}',
    "1.safetensors": buildFloats({ a: [1], c: [3], extra: [4] }),
    "2.safetensors": buildFloats({ b: [2] }),
  });
  assert.deepEqual(checkpoint.names().sort(), ["a", "b", "c", "extra"]);
  assert.deepEqual(["a", "b", "c"].map((name) => checkpoint.float32(name)[0]), [1, 2, 3]);
});

Deno.test("a checkpoint is of whatever gives a type, a shape and bytes", () => {
  const values = Float16Array.of(1, 2, 3, 4);
  const asked: [begin: number, end: number][] = [];
  const tensor: StoredTensor = {
    dtype: "F16",
    shape: [2, 2],
    read(begin, end, into = new Uint8Array(end - begin)) {
      asked.push([begin, end]);
      into.set(new Uint8Array(values.buffer).subarray(begin, end));
      return into;
    },
  };
  const checkpoint = new Checkpoint("a container", new Map([["w", tensor]]));
  assert.deepEqual(checkpoint.info("w"), { dtype: "F16", shape: [2, 2] });
  assert.deepEqual(checkpoint.float32("w"), Float32Array.of(1, 2, 3, 4));
  assert.deepEqual(checkpoint.float32("w", { begin: 1, end: 3, memory: new FloatMemory() }), Float32Array.of(2, 3));
  assert.deepEqual(asked, [[0, 8], [2, 6]]);
});

Deno.test("one file comes before an index", async () => {
  const checkpoint = await open({ "model.safetensors": buildFloats({ a: [1] }), [INDEX]: "not even JSON" });
  assert.deepEqual(checkpoint.names(), ["a"]);
});

Deno.test("an index that is not valid is refused with the reason", async () => {
  const refuses = (index: string | Uint8Array, problem: string) =>
    assert.rejects(open({ [INDEX]: index }), isError(`Cannot read "memory/${INDEX}": ${problem}`));
  await refuses("", "expected an object at character 0, got the end");
  await refuses("[]", 'expected an object at character 0, got "["');
  await refuses("{}", "weight_map is missing");
  await refuses('{"weight_map":{}} x', 'expected nothing more at character 18, got "x"');
  await refuses('{"weight_map":{},"weight_map":{}}', "weight_map appears twice");
  await refuses('{"weight_map":["a"]}', 'expected an object at character 14, got "["');
  await refuses('{"weight_map":{"a":1}}', 'expected a string at character 19, got "1"');
  await refuses(`{"x":${"[".repeat(1e5)}`, 'expected at most 127 nested values at character 132, got "["');
  await refuses(Uint8Array.of(0xff), "it must be UTF-8, and is not");
  await refuses(
    '{"weight_map":{"a":"1.safetensors","\\u0061":"2.safetensors"}}',
    'tensor "a" must be in one file, got "1.safetensors" and "2.safetensors"',
  );
  for (const file of ["../1.safetensors", "/1", "a/1", "a\\1", "C:1", "..", "", "1\0"]) {
    await refuses(
      JSON.stringify({ weight_map: { a: file } }),
      `the file of tensor "a" must be a plain file name, got ${JSON.stringify(file)}`,
    );
  }
});

Deno.test("files that do not hold what the index says are refused", async () => {
  const index = '{"weight_map":{"a":"1.safetensors","b":"2.safetensors","c":"2.safetensors"}}';
  const refuses = (first: Uint8Array, second: Record<string, Uint8Array>, message: string) =>
    assert.rejects(open({ [INDEX]: index, "1.safetensors": first, ...second }), isError(message));
  const a = buildFloats({ a: [1] });
  await refuses(a, {}, 'Cannot read "2.safetensors" in "memory/": there is no such file');
  await refuses(
    a,
    { "2.safetensors": new Uint8Array(3) },
    'Cannot read "memory/2.safetensors": a safetensors file has at least 8 bytes, got 3',
  );
  await refuses(
    buildFloats({ a: [1], b: [2], c: [3] }),
    { "2.safetensors": buildFloats({}) },
    `Cannot read "memory/2.safetensors": ${INDEX} lists tensors that are not in it: "b", "c"`,
  );
  await refuses(
    a,
    { "2.safetensors": buildFloats({ b: [2], c: [3], a: [1] }) },
    'Cannot read "memory/2.safetensors": tensor "a" must be in one file, and is in another one too',
  );
});

Deno.test("a folder without weights that can be read says what it lacks", async () => {
  await assert.rejects(
    open({ "config.json": "{}" }),
    isError(
      'Cannot load weights from "memory/": model.safetensors or model.safetensors.index.json, or ' +
        "pytorch_model.bin or pytorch_model.bin.index.json is needed, found none of them",
    ),
  );
});

Deno.test("a file that is not valid is refused with its name", async () => {
  await assert.rejects(
    open({ "model.safetensors": buildFile({ header: '{"a":{}}' }) }),
    isError('Cannot read tensor "a" of "memory/model.safetensors": dtype is missing'),
  );
});
