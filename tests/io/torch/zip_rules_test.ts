/** The rules for the archive, field by field; `manifest_test.ts` has the common cases. */

import assert from "node:assert/strict";
import { CheckpointError, type CheckpointReason, readTorchCheckpoint } from "../../../mod.ts";
import { concatenate } from "../../../src/io/folder/file_bytes.ts";
import { buildTorch, type BuiltRecord, dict, numbers, pickle, raw, tensor, zipParts } from "./build.ts";

const W = new Float32Array([1, 2, 3]);
const PICKLE = pickle(dict({ w: tensor({ dtype: "F32", key: "0", count: 3, shape: [3] }) }));
const GOOD = buildTorch(PICKLE, { 0: new Uint8Array(W.buffer) });

const record = (name: string, content: Uint8Array | string): BuiltRecord => ({
  name,
  content: () => typeof content === "string" ? raw(content) : content,
});

const BASE = [record("a/data.pkl", PICKLE), record("a/data/0", new Uint8Array(W.buffer))];

const zip = (...records: BuiltRecord[]) => concatenate([...zipParts([...BASE, ...records])]);

async function accepts(bytes: Uint8Array): Promise<void> {
  assert.deepEqual((await readTorchCheckpoint(bytes)).get("w")!.data, W);
}

const refuses = (bytes: Uint8Array, reason: CheckpointReason, message: string | RegExp) =>
  assert.rejects(readTorchCheckpoint(bytes), (error) => {
    assert.ok(error instanceof CheckpointError);
    assert.equal(error.reason, reason, error.message);
    if (typeof message !== "string") assert.match(error.message, message);
    else assert.equal(error.message, `Cannot read "PyTorch bytes": ${message}`);
    return true;
  });

/** Where the last record of a signature begins. */
function find(bytes: Uint8Array, signature: string): number {
  const text = String.fromCharCode(...bytes);
  const at = text.lastIndexOf(signature);
  assert.ok(at >= 0);
  return at;
}

/** The good file with a field changed: at an offset from the last record of a signature. */
function patched(signature: string, offset: number, field: [value: number, size: number], bytes = GOOD): Uint8Array {
  const copy = bytes.slice();
  copy.set(numbers(field), find(bytes, signature) + offset);
  return copy;
}

const [LOCAL, ENTRY, END] = ["PK\x03\x04", "PK\x01\x02", "PK\x05\x06"] as const;

Deno.test("hand-made archives are read", async () => {
  await accepts(GOOD);
  await accepts(zip(record("a/", ""), record("a/code/x.py", "1"), record("b/data/0", "no storage of this")));
});

Deno.test("the layout: one data.pkl in a folder, byte order, version", async () => {
  for (const version of ["1", "3\n", "10"]) await accepts(zip(record("a/version", version)));
  for (const version of ["0", "11", "", "3.0", "x", "1".repeat(70)]) {
    const problem = /its version must be a number from 1 to 10, got "/;
    await refuses(zip(record("a/version", version)), "format", problem);
  }
  await accepts(zip(record("a/byteorder", "little")));
  for (const order of ["big", "", "little\n", "Little"]) {
    await refuses(
      zip(record("a/byteorder", order)),
      "format",
      `its byte order must be little, got ${JSON.stringify(order)}`,
    );
  }
  await refuses(
    zip(record("a/constants.pkl", "")),
    "format",
    /it is a TorchScript archive, a program with its weights; convert it where/,
  );
  await accepts(zip(record("b/constants.pkl", "")));
  await refuses(
    zip(record("b/data.pkl", PICKLE)),
    "format",
    /one record data.pkl, got "a\/data.pkl" and "b\/data.pkl"/,
  );
  await accepts(zip(record("data.pkl", "")));
  await accepts(zip(record("b/c/data.pkl", "")));
  const other = concatenate([...zipParts([record("word/document.xml", "<a/>")])]);
  await refuses(
    other,
    "format",
    /with a record archive\/data.pkl, and is another zip file, with "word\/document.xml"$/,
  );
});

Deno.test("the end record: its place, one disk, its counts", async () => {
  await refuses(
    patched(END, 4, [1, 2]),
    "bad_zip",
    "it must be a zip file in one part, and says that it is one of several",
  );
  await refuses(patched(END, 8, [2, 2]), "bad_zip", /one of several$/);
  const counts = (count: number) => patched(END, 8, [count, 2], patched(END, 10, [count, 2]));
  await refuses(counts(2), "bad_zip", "its zip directory must have 2 records, and goes on after them");
  await refuses(counts(4), "bad_zip", "its zip directory is damaged at record 4");
  await refuses(patched(END, 16, [0, 4]), "bad_zip", /its zip directory must end where the end record begins/);
  await refuses(patched(END, 20, [1, 2]), "bad_zip", /^.*it must end with the end record of a zip file, and does not/);
  await refuses(concatenate([patched(END, 20, [1, 2]), raw("x")]), "bad_zip", /or something follows$/);
});

Deno.test("the zip64 end record counts, and must not contradict the other", async () => {
  const at = find(GOOD, END);
  const first = String.fromCharCode(...GOOD).indexOf(ENTRY);
  const directory = GOOD.slice(0, at);
  const long = (change: { count?: number; position?: number; disks?: number; size?: number } = {}) => {
    const { count = 3, position = at, disks = 1, size = 44 } = change;
    return concatenate([
      directory,
      raw("PK\x06\x06"),
      numbers([size, 8], [45, 2], [45, 2], [0, 4], [0, 4], [count, 8], [count, 8], [at - first, 8], [first, 8]),
      raw("PK\x06\x07"),
      numbers([0, 4], [position, 8], [disks, 4]),
    ]);
  };
  const end = (count: number, size: number, offset: number) =>
    concatenate([raw(END), numbers([0, 2], [0, 2], [count, 2], [count, 2], [size, 4], [offset, 4], [0, 2])]);
  const same = end(3, at - first, first);
  const elsewhere = end(0xffff, 0xffffffff, 0xffffffff);
  for (const last of [same, elsewhere]) await accepts(concatenate([long(), last]));
  await refuses(
    concatenate([long(), end(2, at - first, first)]),
    "bad_zip",
    /the two end records .* contradict each other/,
  );
  await refuses(concatenate([long({ count: 2 }), elsewhere]), "bad_zip", /must have 2 records, and goes on/);
  await refuses(concatenate([long({ count: 65_536 }), elsewhere]), "too_large", /at most 65535 records, got 65536/);
  const locator = /the locator of its zip64 end record does not point to one that ends there/;
  await refuses(concatenate([long({ position: at - 1 }), same]), "bad_zip", locator);
  await refuses(concatenate([long({ position: 2 ** 52 }), same]), "bad_zip", locator);
  await refuses(concatenate([long({ size: 45 }), same]), "bad_zip", locator);
  await refuses(concatenate([long({ disks: 2 }), same]), "bad_zip", /one of several$/);
  await refuses(concatenate([directory, elsewhere]), "bad_zip", /one of several|must end where/);
});

Deno.test("the directory: encryption, compression, sizes, other parts", async () => {
  const name = '"archive/version"';
  await refuses(patched(ENTRY, 8, [0x801, 2]), "bad_zip", `record ${name} is encrypted`);
  await refuses(patched(ENTRY, 8, [0x840, 2]), "bad_zip", `record ${name} is encrypted`);
  await refuses(
    patched(ENTRY, 10, [8, 2]),
    "bad_zip",
    /must be stored, not compressed \(method 8\): pack the files again/,
  );
  await refuses(patched(ENTRY, 20, [3, 4]), "bad_zip", `record ${name} is stored, but has 2 bytes and takes 3`);
  await refuses(
    patched(ENTRY, 34, [1, 2]),
    "bad_zip",
    `record ${name} must be in this file, and is said to be in another part`,
  );
  const missing = /must have its size in a zip64 field, which is missing$/;
  for (const offset of [20, 24, 42]) await refuses(patched(ENTRY, offset, [0xffffffff, 4]), "bad_zip", missing);
  await refuses(patched(ENTRY, 28, [200, 2]), "bad_zip", "its zip directory is damaged at record 3");
});

Deno.test("names: UTF-8, once each, leading nowhere", async () => {
  for (const name of ["a/../b", "..", "/a", "a\\b", "a\0b"]) {
    await refuses(zip(record(name, "")), "bad_zip", /the name of a record must have no .*, got "/);
  }
  await accepts(zip(record("a/ä\u{1f600}", ""), record("a/.data/serialization_id", "1")));
  await refuses(zip(record("a/x", ""), record("a/x", "")), "bad_zip", 'it has two records "a/x"');
  await refuses(patched(ENTRY, 46, [0xff, 1]), "bad_zip", "the name of record 3 must be UTF-8, and is not");
});

Deno.test("a record's own header says what the directory does, unless a descriptor follows", async () => {
  const header = (problem: string) => `the header of record "archive/version" ${problem}`;
  await refuses(patched(LOCAL, 0, [0, 1]), "bad_zip", header("is missing"));
  await refuses(patched(LOCAL, 6, [0, 2]), "bad_zip", header("has other flags than the directory"));
  await refuses(patched(LOCAL, 8, [8, 2]), "bad_zip", header("says that it is compressed"));
  await refuses(patched(LOCAL, 14, [1, 4]), "bad_zip", header("has another checksum than the directory"));
  await refuses(patched(LOCAL, 18, [1, 4]), "bad_zip", header("has another size than the directory"));
  await refuses(patched(LOCAL, 22, [1, 4]), "bad_zip", header("has another size than the directory"));
  await refuses(patched(LOCAL, 26, [14, 2]), "bad_zip", header("has another name"));
  await refuses(patched(LOCAL, 28, [60_000, 2]), "bad_zip", header("must lie before the zip directory, and does not"));
  await refuses(patched(ENTRY, 42, [2 ** 31, 4]), "bad_zip", header("must lie before the zip directory, and does not"));
  const described = (field: [number, number]) => patched(LOCAL, 18, field, patched(LOCAL, 6, [0x808, 2]));
  await refuses(described([0, 4]), "bad_zip", header("has other flags than the directory"));
  await accepts(patched(ENTRY, 8, [0x808, 2], described([0, 4])));
});

Deno.test("records do not overlap, lie before the directory, and have right checksums", async () => {
  const at = find(GOOD, LOCAL);
  await refuses(patched(ENTRY, 42, [0, 4]), "bad_zip", /overlaps the one before it$|has another name$/);
  const damaged = GOOD.with(at - 1, 0xff);
  await refuses(damaged, "bad_zip", 'the checksum of record "archive/data/0" is wrong: the file is damaged');
  const longer = patched(ENTRY, 20, [9999, 4], patched(ENTRY, 24, [9999, 4]));
  const sizes = patched(LOCAL, 18, [9999, 4], patched(LOCAL, 22, [9999, 4], longer));
  await refuses(sizes, "bad_zip", /record "archive\/version" must end before the zip directory, at \d+, got \d+$/);
});

Deno.test("what is no zip file is named", async () => {
  const kinds: [string | Uint8Array, RegExp][] = [
    ["", /; it is empty$/],
    ["PK", /; it begins with "PK"$/],
    ["hello, world", /; it begins with "hello, w"$/],
    ["version https://git-lfs.github.com/spec/v1\n", /Git LFS pointer, not the file: run `git lfs pull`$/],
    ["<!DOCTYPE html><html>", /a web page: the download went wrong$/],
    [Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d), /an HDF5 file, of TensorFlow or Keras$/],
    [Uint8Array.of(0x1f, 0x8b, 8), /compressed by gzip: unpack it first$/],
    [PICKLE, /a pickle without a zip around it$/],
    [
      concatenate([new Uint8Array(257), raw("ustar")]),
      /a tar file, as the first versions of PyTorch wrote it; convert it/,
    ],
    [concatenate([numbers([2, 8]), raw("{}")]), /a safetensors file: name it model.safetensors$/],
  ];
  for (const [content, message] of kinds) {
    await refuses(typeof content === "string" ? raw(content) : content, "format", message);
  }
});
