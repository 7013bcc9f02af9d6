/** Losses by plain loops in float64, as PyTorch defines them. */

import assert from "node:assert/strict";
import type { Tensor } from "../../mod.ts";

/** The mean over rows of `logsumexp(row) - row[label]`, leaving out labels of -100; 0 where none is left. */
export function crossEntropy(rows: number[][], labels: number[]): number {
  const losses = rows.flatMap((row, r) => {
    const label = labels[r]!;
    if (label === -100) return [];
    const most = Math.max(...row);
    return [most + Math.log(row.reduce((sum, x) => sum + Math.exp(x - most), 0)) - row[label]!];
  });
  return losses.length === 0 ? 0 : losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** The mean over all elements of the squared error. */
export function squaredError(rows: number[][], targets: number[][]): number {
  return meanOver(rows, targets, (x, y) => (x - y) ** 2);
}

/** The mean over all elements of the binary cross-entropy with logits. */
export function binaryCrossEntropy(rows: number[][], targets: number[][]): number {
  return meanOver(rows, targets, (x, y) => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0) - x * y);
}

function meanOver(rows: number[][], targets: number[][], loss: (x: number, y: number) => number): number {
  const losses = rows.flatMap((row, r) => row.map((x, c) => loss(x, targets[r]![c]!)));
  return losses.reduce((sum, value) => sum + value, 0) / losses.length;
}

/** Asserts that a loss is a scalar near what it should be: 2e-6 relative, as the kernels promise. */
export function assertLoss(loss: Tensor | undefined, expected: number): void {
  assert.ok(loss !== undefined, "there is no loss");
  assert.deepEqual([loss.type, loss.dims], ["float32", []]);
  const error = Math.abs(loss.item() - expected);
  assert.ok(error <= 2e-6 * Math.abs(expected) + 1e-7, `expected a loss of ${expected}, got ${loss.item()}`);
}
