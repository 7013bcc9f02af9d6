/** Tiles of the GPU matmul kernels: all shipped ones fit small devices, but those that say so, and wrong ones are refused. */

import assert from "node:assert/strict";
import type { Constants } from "../../src/kernels/kernel.ts";
import { matmulSplit } from "../../src/kernels/products/matmul_split.ts";
import { matmulTiled } from "../../src/kernels/products/matmul_tiled.ts";

/** What every WebGPU device has. */
const INVOCATIONS = 256;
const BYTES = 16384;

Deno.test("tiles fit the limits of every device, but for one size that needs 32 KiB", () => {
  const large: unknown[] = [];
  for (const kernel of [matmulTiled, matmulSplit]) {
    for (const constants of kernel.constantSets()) {
      const { workgroupSize: [x, y, z], workgroupBytes } = kernel.request(constants);
      assert.ok(x * y * z <= INVOCATIONS);
      if (workgroupBytes > BYTES) large.push([constants.TILE_M, constants.TILE_N, constants.TILE_K, workgroupBytes]);
    }
  }
  assert.deepEqual(large, [[128, 128, 16, 32768], [128, 128, 16, 32768]]);
});

Deno.test("tiles that the shader would multiply wrongly are refused", () => {
  const refused: Constants[] = [
    { TILE_M: 48 },
    { TILE_M: 32, THREAD_M: 8 },
    { THREAD_N: 2 },
    { TILE_K: 4 },
    { TILE_K: 12 },
    { TILE_K: 8 },
    { THREAD_M: 8, THREAD_N: 8, TILE_K: 32 },
  ];
  for (const constants of refused) {
    assert.throws(() => matmulTiled.request(matmulTiled.constants(constants)), {
      name: "RangeError",
      message: /^Cannot run kernel matmul_tiled: TILE_M and TILE_N must be multiples/,
    });
  }
});

Deno.test("splits that the shader would add up wrongly are refused", () => {
  const refused: Constants[] = [{ ROWS: 5 }, { SPLITS: 12 }, { ROWS: 8, SPLITS: 4 }];
  for (const constants of refused) {
    assert.throws(() => matmulSplit.request(matmulSplit.constants(constants)), {
      name: "RangeError",
      message: /^Cannot run kernel matmul_split: ROWS must be 4 or 8 and SPLITS a power of two/,
    });
  }
});
