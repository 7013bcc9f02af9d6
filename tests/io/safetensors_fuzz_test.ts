/** 100,000 mutants of valid files: whatever the bytes are, there is a clear error or a file whose views are sound. */

import assert from "node:assert/strict";
import { DTYPES } from "../../src/base/dtype.ts";
import { CheckpointError } from "../../src/base/errors.ts";
import { parseSafetensors, type SafetensorsFile } from "../../src/io/safetensors/safetensors.ts";
import { buildFile, buildFloats } from "./build.ts";
import { mutant } from "./mutate.ts";

const MUTANTS = 100_000;

const ORIGINALS = [
  buildFloats({ a: [1, 2], "encoder.layer.0.weight": [3, 4, 5], b: [6] }),
  buildFile({
    header: '{"__metadata__":{"format":"pt","n":"1"},"b":{"data_offsets":[4,8],"shape":[2,2],"dtype":"U8"},' +
      '"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"z":{"dtype":"I64","shape":[0,7],"data_offsets":[8,8]}}  ',
    data: new Uint8Array(8),
  }),
  buildFile({
    header: '{"\\u00e9é":{"dtype":"F4","shape":[2,3],"data_offsets":[0,3]},"s":{"dtype":"BOOL","shape":[],' +
      '"data_offsets":[3,4]}}',
    data: new Uint8Array(4),
  }),
];

Deno.test(`${MUTANTS} mutants: an error that names the file, or views that tile it`, () => {
  let accepted = 0;
  for (const original of ORIGINALS) assertSound(parseSafetensors(original), original);
  for (let number = 0; number < MUTANTS; number++) {
    const bytes = mutant(ORIGINALS, number);
    const start = performance.now();
    try {
      assertSound(parseSafetensors(bytes, "mutant"), bytes);
      accepted++;
    } catch (error) {
      const isClear = error instanceof CheckpointError && /^Cannot read .*"mutant": ./.test(error.message);
      if (!isClear) throw new Error(`mutant ${number}`, { cause: error });
    }
    const milliseconds = performance.now() - start;
    assert.ok(milliseconds < 2000, `mutant ${number} took ${milliseconds} ms`);
  }
  // Otherwise the mutations were too coarse to test anything but the first checks.
  assert.ok(accepted > MUTANTS / 100 && accepted < MUTANTS / 2, `${accepted} were accepted`);
});

/** The tensors' views lie end to end over the bytes after the header, each as large as dtype and shape say. */
function assertSound(file: SafetensorsFile, bytes: Uint8Array): void {
  const header = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const sorted = [...file.values()].sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = bytes.byteOffset + 8 + header;
  for (const { dtype, shape, bytes: view, data } of sorted) {
    assert.equal(view.buffer, bytes.buffer);
    assert.equal(view.byteOffset, position);
    assert.equal(view.byteLength * 8, shape.reduce((product, dim) => product * dim, DTYPES[dtype].bits));
    assert.equal(data.byteLength, view.byteLength);
    position += view.byteLength;
  }
  assert.equal(position, bytes.byteOffset + bytes.byteLength);
}
