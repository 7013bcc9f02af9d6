/**
 * A file that is larger than the memory for it is checked and read. The memory for JavaScript is bounded to less than
 * its examples would take; `deno task test:long` does it with 2 GB.
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inTemporaryFolder } from "../../io/temporary.ts";
import { EXAMPLES } from "./data.ts";

const IS_LONG = Deno.args.includes("--long");
/** Bytes of the file, and how many of its examples become batches. */
const BYTES = IS_LONG ? 2e9 : 1e8;
const COUNT = IS_LONG ? 300_000 : 40_000;
/** MB of JavaScript's objects. Two windows of 16,384 examples take half of it; a million examples would take twice as much. */
const HEAP = 128;
/** MB that the process may grow by in all, buffers and compiled code too. */
const GROWTH = 350;

/** Writes a file of so many bytes or a few more, and returns how many lines it has. */
async function writeLines(path: string): Promise<number> {
  const lines = EXAMPLES.classify(1000).map((example) => JSON.stringify(example));
  const part = new TextEncoder().encode(`${lines.join("\n")}\n`);
  using file = await Deno.create(path);
  let parts = 0;
  for (; parts * part.length < BYTES; parts++) {
    for (let written = 0; written < part.length;) written += await file.write(part.subarray(written));
  }
  return parts * lines.length;
}

Deno.test(`a file of ${BYTES / 1e6} MB becomes batches with ${HEAP} MB for JavaScript`, () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, "large.jsonl");
    const lines = await writeLines(path);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        `--v8-flags=--max-old-space-size=${HEAP}`,
        "--allow-read",
        fileURLToPath(new URL("stream_file.ts", import.meta.url)),
        path,
        String(COUNT),
        "examples/models/wordnet/mlm",
      ],
      env: { NO_COLOR: "1" },
    }).output();
    const text = new TextDecoder();
    assert.equal(code, 0, text.decode(stderr));
    const { length, before, scan, examples, tokens, seconds, peak } = JSON.parse(text.decode(stdout));
    assert.equal(length, lines);
    assert.ok(examples >= COUNT && examples < COUNT + 128);
    console.log(
      `checked at ${Math.round(BYTES / 1e6 / scan.seconds)} MB/s; ${Math.round(examples / seconds)} examples/s, ` +
        `${Math.round(tokens / seconds)} tokens/s; memory ${Math.round(before)} MB at first, ` +
        `${Math.round(scan.peak)} MB at most while checked, ${Math.round(peak)} MB in all`,
    );
    assert.ok(peak - before < GROWTH, `the process grew from ${before} to ${peak} MB`);
  }));
