/** Reading: what is handed out, and the words of every error. The verdicts themselves are in `manifest_test.ts`. */

import assert from "node:assert/strict";
import { parseSafetensors, readSafetensors, SafetensorsFile } from "../../src/io/safetensors/safetensors.ts";
import { buildFile, buildFloats } from "./build.ts";

const F32 = '"dtype":"F32","shape":[1],"data_offsets":[0,4]';

function refuses(file: Uint8Array | string, message: string): void {
  const bytes = typeof file === "string" ? buildFile({ header: file, data: new Uint8Array(4) }) : file;
  assert.throws(() => parseSafetensors(bytes, "m.safetensors"), { name: "CheckpointError", message });
}

Deno.test("a file is a Map of names to dtype, shape and data, with its metadata", () => {
  const file = parseSafetensors(buildFile({
    header: '{"b":{"dtype":"U8","shape":[2,1],"data_offsets":[0,2]},"__metadata__":{"__proto__":"x","k":"é"},' +
      '"a":{"dtype":"I16","shape":[],"data_offsets":[2,4]}}',
    data: Uint8Array.of(1, 2, 3, 4),
  }));
  assert.ok(file instanceof SafetensorsFile && file instanceof Map);
  assert.deepEqual([...file.keys()], ["b", "a"]);
  assert.deepEqual(Object.entries(file.metadata), [["__proto__", "x"], ["k", "é"]]);
  const { dtype, shape, data, bytes } = file.get("a") ?? assert.fail();
  assert.deepEqual({ dtype, shape, data }, { dtype: "I16", shape: [], data: Int16Array.of(0x0403) });
  assert.deepEqual(bytes, Uint8Array.of(3, 4));
  assert.deepEqual(parseSafetensors(buildFile({ header: "{}" })).metadata, {});
});

Deno.test("data is a view where the file aligns it, else one copy, whatever the bytes' own offset", () => {
  for (const shift of [0, 1, 2, 3, 4, 5, 6, 7]) {
    const aligned = buildFloats({ a: [1, 2], b: [3] });
    const bytes = new Uint8Array(shift + aligned.byteLength).subarray(shift);
    bytes.set(aligned);
    const b = parseSafetensors(bytes).get("b");
    assert.deepEqual(b?.data, Float32Array.of(3));
    assert.equal(b?.data.buffer === bytes.buffer, shift % 4 === 0);
    assert.equal(b?.data, b?.data);
    assert.equal(b?.bytes.buffer, bytes.buffer);
  }
});

Deno.test("the whole file: too short, header too long, cut, not UTF-8, something appended", () => {
  refuses(new Uint8Array(), 'Cannot read "m.safetensors": a safetensors file has at least 8 bytes, got 0');
  const header = `{"a":{${F32}}}`;
  refuses(
    buildFile({ header, claimedLength: 2n ** 64n - 1n }),
    'Cannot read "m.safetensors": the header must have at most 100000000 bytes, got 18446744073709551615: ' +
      "this is no safetensors file",
  );
  refuses(
    buildFile({ header, claimedLength: 100_000_000n }),
    'Cannot read "m.safetensors": the header must have 100000000 bytes, got 54: the file was cut short, or is no ' +
      "safetensors file",
  );
  refuses(
    buildFile({ header: Uint8Array.of(0x7b, 0xff, 0x7d) }),
    'Cannot read the header of "m.safetensors": it must be UTF-8, and is not',
  );
  refuses(
    buildFile({ header, data: new Uint8Array(5) }),
    'Cannot read "m.safetensors": the tensors take 4 bytes after the header, got 5: something was appended to the file',
  );
  refuses(
    buildFile({ header, data: new Uint8Array(3) }),
    'Cannot read "m.safetensors": the tensors take 4 bytes after the header, got 3: the file was cut short',
  );
});

Deno.test("the header: JSON, names and metadata", () => {
  const at = 'of "m.safetensors":';
  refuses("[]", `Cannot read the header ${at} expected an object at character 0, got "["`);
  refuses("{}x", `Cannot read the header ${at} expected nothing more at character 2, got "x"`);
  refuses(`{"a":{${F32}},"\\u0061":{${F32}}}`, `Cannot read tensor "a" ${at} the name appears twice`);
  refuses('{"__metadata__":{},"__metadata__":{}}', `Cannot read "__metadata__" ${at} the key appears twice`);
  refuses('{"__metadata__":{"k":"","k":""}}', `Cannot read "__metadata__" ${at} the key "k" appears twice`);
  refuses('{"__metadata__":null}', `Cannot read "__metadata__" ${at} expected an object at character 16, got "null"`);
  refuses('{"__metadata__":{"k":1}}', `Cannot read "__metadata__" ${at} expected a string at character 21, got "1"`);
});

Deno.test("a tensor's entry: fields, dtype, shape and offsets", () => {
  const entry = (fields: string, problem: string) =>
    refuses(`{"a":{${fields}}}`, `Cannot read tensor "a" of "m.safetensors": ${problem}`);
  entry('"dtype":"F32","shape":[1]', "data_offsets is missing");
  entry('"dtype":"F32","data_offsets":[0,4]', "shape is missing");
  entry('"shape":[1],"data_offsets":[0,4]', "dtype is missing");
  for (const field of ["dtype", "other", "Dtype"]) {
    entry(`${F32},"${field}":"F32"`, `expected dtype, shape and data_offsets, each once, got "${field}"`);
  }
  const known = "BOOL, F4, F6_E2M3, F6_E3M2, U8, I8, F8_E5M2, F8_E4M3, F8_E8M0, F8_E4M3FNUZ, F8_E5M2FNUZ, I16, U16, " +
    "F16, BF16, I32, U32, F32, C64, F64, I64, U64";
  entry('"dtype":"toString"', `dtype must be one of ${known}, got "toString"`);
  entry('"dtype":"F32","shape":[1.0]', 'expected a whole number from 0 to 2^53 - 1 at character 29, got "1.0"');
  entry('"dtype":"F32","shape":[1],"data_offsets":[4]', "data_offsets must be two numbers, got 1");
});

Deno.test("the layout: offsets and sizes, with expected and found", () => {
  const first = (dtype: string, shape: string, offsets: string, problem: string) =>
    refuses(
      `{"a":{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}}`,
      `Cannot read tensor "a" of "m.safetensors": ${problem}`,
    );
  first("F32", "[1]", "[2,6]", "data_offsets must begin at 0, where the tensor before it ends, got [2, 6]");
  first("F32", "[2,1]", "[0,4]", "F32 of shape [2, 1] must have 8 bytes, got 4");
  first("F32", "[]", "[0,0]", "F32 of shape [] must have 4 bytes, got 0");
  first("F4", "[3]", "[0,2]", "F4 of shape [3] must fill whole bytes, got 12 bits");
  const huge = "[4294967296,4294967296]";
  first("U8", huge, "[0,0]", "U8 of shape [4294967296, 4294967296] must have less than 2^64 elements and bits");
  refuses(
    `{"a":{${F32}},"b":{"dtype":"U8","shape":[0],"data_offsets":[4,3]}}`,
    'Cannot read tensor "b" of "m.safetensors": data_offsets must not end before they begin, got [4, 3]',
  );
});

Deno.test("products are exact where doubles are not, and overflow where 64 bits do", () => {
  const empty = (shape: string) => buildFile({ header: `{"a":{"dtype":"F32","shape":${shape},"data_offsets":[0,0]}}` });
  // 2^54 elements on the way to none.
  assert.deepEqual(parseSafetensors(empty("[8589934592,2097152,0]")).get("a")?.data, new Float32Array());
  refuses(
    empty("[8589934592,8589934592,0]"),
    'Cannot read tensor "a" of "m.safetensors": F32 of shape [8589934592, 8589934592, 0] must have less than 2^64 ' +
      "elements and bits",
  );
});

Deno.test("64 dimensions are read, 65 are not", () => {
  const ones = (rank: number) => `{"a":{"dtype":"F32","shape":[${Array(rank).fill(1).join()}],"data_offsets":[0,4]}}`;
  const file = parseSafetensors(buildFile({ header: ones(64), data: new Uint8Array(4) }));
  assert.equal(file.get("a")?.shape.length, 64);
  refuses(ones(65), 'Cannot read tensor "a" of "m.safetensors": expected at most 64 numbers at character 157, got "1"');
});

Deno.test("names in messages are escaped and cut: they come from strangers", () => {
  const name = "\u001b[31m" + "x".repeat(5000);
  const bytes = buildFile({ header: JSON.stringify({ [name]: {} }) });
  assert.throws(() => parseSafetensors(bytes, "m"), (error) => {
    assert.ok(error instanceof Error);
    assert.match(error.message, /^Cannot read tensor "\\u001b\[31mx{195}…" of "m": dtype is missing$/);
    return true;
  });
});

Deno.test("readSafetensors: from bytes, a path, a file: URL; a missing file is an error of its own", async () => {
  const url = new URL("../fixtures/malformed/H_offsets__ok_unordered.safetensors", import.meta.url);
  const { pathname } = url;
  for (const where of [Deno.readFileSync(url), pathname, url, url.href]) {
    assert.deepEqual([...(await readSafetensors(where)).keys()], ["a", "b"]);
  }
  const missing = new URL("../fixtures/none.safetensors", import.meta.url);
  const message = `Cannot read "${missing.href}": there is no such file`;
  await assert.rejects(readSafetensors(missing), { name: "CheckpointError", message });
  const wrong = new URL("../fixtures/malformed/H_offsets__one.safetensors", import.meta.url);
  await assert.rejects(readSafetensors(wrong), {
    name: "CheckpointError",
    message: `Cannot read tensor "a" of "${wrong.href}": data_offsets must be two numbers, got 1`,
  });
  await assert.rejects(readSafetensors("ftp://host/a"), {
    name: "TypeError",
    message: 'Cannot open "ftp://host/a": a URL must be file:, http: or https:, got ftp:',
  });
});
