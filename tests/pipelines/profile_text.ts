/** What the table of a profile must have, whatever the times are. */

import assert from "node:assert/strict";

/** The lines of a profile of warm calls but for those of single kernels, as {@linkcode alike} has them. */
const LINES = `
kernel shape calls total ms share mean us GFLOP/s GB/s of peak
all 0 0 0% 0 0 0

part kernels total ms share GFLOP/s
embeddings 0 0 0% 0
full layers 0 0 0% 0
narrow layers 0 0 0% 0
head 0 0 0% 0

time
all 0 ms from start to end
computing 0 ms from the first submission to the last result
kernels 0 ms, 0% 0; submissions: 0
between kernels 0 ms, 0% copies, and waits of one kernel for another
GPU idle 0 ms, 0% it waits for the CPU
encode, submit 0 ms, 0% commands made, and given to the driver
wait 0 ms, 0% asleep, until the GPU is nearly done
read 0 ms, 0% results; blocks until the GPU is done
tokenizer 0 ms
tokens 0 0 a second
rows 0 0% of the tokens, in narrow layers`;

/** A kernel: its shape, calls, total, share, mean, perhaps operations a second, and bytes a second. */
const KERNEL = /^[a-z]\w* ≤?0(?: x ≤?0)* 0 0 0% 0(?: 0)? 0$/;

/** A line without its bar, with 0 for each number, and single spaces. */
function alike(line: string): string {
  return line.replace(/ +#+$/, "").trim().replaceAll(/ +/g, " ").replaceAll(/\d[\d,]*(?:\.\d+)?/g, "0");
}

/** The numbers of a line, after its name and shape. */
function numbersOf(line: string): number[] {
  return line.trim().split(/ {2,}/).map((cell) => parseFloat(cell.replaceAll(",", ""))).filter((x) => !isNaN(x));
}

/** Checks a table without a peak: it has an adapter, all lines, and sums that are those of its rows. */
export function checkProfileText(text: string): void {
  const [adapter = "", ...lines] = text.trimEnd().split("\n");
  assert.match(adapter, /\S/);
  const end = lines.findIndex((line) => line.startsWith("all "));
  const kernels = lines.slice(2, end);
  for (const line of kernels) assert.match(alike(line), KERNEL, line);
  assert.deepEqual([...lines.slice(0, 2), ...lines.slice(end)].map(alike), LINES.split("\n"));

  const parts = lines.slice(lines.findIndex((line) => line.startsWith("part ")) + 1).slice(0, 4);
  const [calls = NaN, milliseconds = NaN, share = NaN] = numbersOf(lines[end]!);
  assert.ok(calls > 30 && milliseconds > 0 && share === 100, lines[end]);
  // The shape of a kernel may begin with a number: its calls are the first cell behind it.
  const rows = [kernels.map((line) => line.replace(/^\S+ +.*?(?= {2})/, "")), parts].map((rows) => rows.map(numbersOf));
  for (const all of rows) {
    const sum = (column: number) => all.reduce((sum, row) => sum + row[column]!, 0);
    assert.equal(sum(0), calls, "calls");
    assert.ok(Math.abs(sum(1) - milliseconds) <= 0.005 * (all.length + 1) + 1e-9, `${sum(1)} of ${milliseconds} ms`);
    assert.ok(Math.abs(sum(2) - 100) <= 0.05 * all.length + 1e-9, `${sum(2)}%`);
  }
}

/** Checks the first lines of a table, as a page shows them, against those of another: the same but for kernels and times. */
export function checkProfileStart(shown: string, text: string): void {
  const [adapter = "", blank, head = "", ...kernels] = shown.trimEnd().split("\n");
  assert.match(adapter, /\S/);
  assert.deepEqual([blank, alike(head)], text.split("\n").slice(1, 3).map(alike));
  assert.equal(kernels.pop(), "…");
  assert.ok(kernels.length > 0);
  for (const line of kernels) assert.match(alike(line), KERNEL, line);
}
