import assert from "node:assert/strict";
import { crc32 as reference } from "node:zlib";
import { random } from "../../../src/base/random.ts";
import { crc32 } from "../../../src/io/torch/zip/crc32.ts";

const next = random(7);
const BYTES = Uint8Array.from({ length: 5000 }, () => Math.floor(128 + 128 * next()));

Deno.test("the checksum is zlib's, for bytes at any address and of any length", () => {
  for (let begin = 0; begin < 9; begin++) {
    for (const length of [0, 1, 2, 3, 4, 5, 15, 16, 17, 31, 33, 47, 64, 1000, 4990]) {
      const bytes = BYTES.subarray(begin, begin + length);
      assert.equal(crc32(bytes), reference(bytes), `${length} bytes at ${begin}`);
    }
  }
  assert.equal(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
});

Deno.test("parts give the checksum of the whole", () => {
  for (const cut of [0, 1, 16, 777, 4999, 5000]) {
    assert.equal(crc32(BYTES.subarray(cut), crc32(BYTES.subarray(0, cut))), reference(BYTES), `cut at ${cut}`);
  }
});
