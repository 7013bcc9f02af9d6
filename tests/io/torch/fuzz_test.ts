/**
 * Mutants of good PyTorch files: whatever the bytes are, there is a clear error or tensors that lie in the file's
 * storages. `deno task test:long` tries 100,000.
 */

import assert from "node:assert/strict";
import { CheckpointError } from "../../../src/base/errors.ts";
import { type FileBytes, MemoryBytes } from "../../../src/io/folder/file_bytes.ts";
import { byteCount } from "../../../src/io/torch/layout.ts";
import { openTorchCheckpoint } from "../../../src/io/torch/torch.ts";
import { readRecords } from "../../../src/io/torch/zip/records.ts";
import { mutant, originalOf } from "./mutate.ts";
import { pickleFile, PICKLES } from "./pickles.ts";

const MUTANTS = Deno.args.includes("--long") ? 100_000 : 10_000;

/** The reasons that mutants have, besides `too_large`, which is rare among them. */
const REASONS = ["format", "bad_zip", "bad_pickle", "forbidden_global", "bad_tensor"];

const GOOD = PICKLES.filter(({ ours, file }) => ours === "accept" && file.startsWith("files/"))
  .map(({ file }) => pickleFile(file))
  .filter(({ length }) => length < 5000);

/** A file that notes what is read of it. */
class NotedBytes extends MemoryBytes implements FileBytes {
  readonly ranges: [begin: number, end: number][] = [];

  override read(begin: number, end: number): Uint8Array {
    this.ranges.push([begin, end]);
    return super.read(begin, end);
  }
}

/** Each tensor has as many bytes as it says, and reads them from one of the storages. */
async function assertSound(bytes: Uint8Array, name: string): Promise<void> {
  const file = new NotedBytes(bytes);
  const tensors = await openTorchCheckpoint(file, name);
  const storages = [...await readRecords(new MemoryBytes(bytes))].filter(([record]) => record.includes("/data/"));
  assert.ok(tensors.size > 0);
  for (const tensor of tensors.values()) {
    file.ranges.length = 0;
    const size = byteCount(tensor);
    assert.equal(tensor.bytes.length, size);
    assert.equal(tensor.data.byteLength, size);
    assert.equal(size === 0 || file.ranges.length > 0, true);
    for (const [begin, end] of file.ranges) {
      assert.ok(storages.some(([, storage]) => begin >= storage.begin && end <= storage.end), `${begin} to ${end}`);
    }
  }
}

Deno.test(`${MUTANTS} mutants: an error with a reason that names the file, or tensors in its storages`, async () => {
  assert.ok(GOOD.length > 30);
  for (const bytes of GOOD) await assertSound(bytes, "original");
  const originals = await Promise.all(GOOD.map(originalOf));
  const counts: Record<string, number> = {};
  let slowest = 0;
  for (let number = 0; number < MUTANTS; number++) {
    const bytes = mutant(originals, number);
    const start = performance.now();
    let verdict = "accepted";
    try {
      await assertSound(bytes, "mutant");
    } catch (error) {
      const isClear = error instanceof CheckpointError && /^Cannot read "mutant": ./.test(error.message);
      if (!isClear) throw new Error(`mutant ${number}`, { cause: error });
      verdict = `${error.reason}`;
    }
    counts[verdict] = (counts[verdict] ?? 0) + 1;
    slowest = Math.max(slowest, performance.now() - start);
  }
  console.log(`${JSON.stringify(counts)}; the slowest took ${slowest.toFixed(1)} ms`);
  assert.ok(slowest < 1000, `one took ${slowest} ms`);
  // Otherwise the mutations were too coarse to test anything but the first checks.
  const { accepted = 0, too_large: _, ...refused } = counts;
  assert.deepEqual(Object.keys(refused).sort(), REASONS.toSorted());
  assert.ok(accepted > MUTANTS / 50 && accepted < MUTANTS / 2, `${accepted} were accepted`);
});
