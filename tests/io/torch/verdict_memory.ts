/**
 * Run by `memory_test.ts` in a process of its own: reads each file of `tests/fixtures/pickles/`, and prints by how many
 * bytes the process grew meanwhile at most, and how many ms it took.
 */

import { CheckpointError, readTorchCheckpoint } from "../../../mod.ts";
import { filesOf, pickleFile, PICKLES } from "./pickles.ts";
import { peakBytes, resetPeak } from "./memory_peak.ts";

const results = [];
for (const { name, ...about } of PICKLES) {
  for (const { file, bytes } of filesOf({ name, ...about })) {
    const content = pickleFile(file);
    resetPeak();
    const before = peakBytes();
    const start = performance.now();
    try {
      await readTorchCheckpoint(content);
    } catch (error) {
      if (!(error instanceof CheckpointError)) throw error;
    }
    results.push({ name, bytes, milliseconds: performance.now() - start, growth: peakBytes() - before });
  }
}
console.log(JSON.stringify(results));
