import assert from "node:assert/strict";
import { Interrupted } from "../../src/cli/interrupts.ts";
import { writeText } from "../../src/cli/outputs/writing.ts";

const never = new AbortController().signal;

/** The parts that a text is written in. */
async function parts(text: string): Promise<string[]> {
  const found: string[] = [];
  const write = (bytes: Uint8Array) => {
    found.push(new TextDecoder().decode(bytes));
    return Promise.resolve(bytes.length);
  };
  await writeText({ write }, text, never);
  return found;
}

Deno.test("a text is written in whole lines, as many as a pipe takes at once", async () => {
  const line = "x".repeat(1999) + "\n";
  const long = "y".repeat(9000) + "\n";
  assert.deepEqual(await parts(line.repeat(5)), [line + line, line + line, line]);
  assert.deepEqual(await parts(line + long + line), [line, long, line]);
  assert.deepEqual(await parts(long.trim()), [long.trim()]);
  assert.deepEqual(await parts("é".repeat(2047) + "\n\n"), ["é".repeat(2047) + "\n\n"]);
  assert.deepEqual(await parts("no end"), ["no end"]);
  assert.deepEqual(await parts(""), []);
});

Deno.test("what a stream takes in pieces is written to its end", async () => {
  let found = "";
  const write = (bytes: Uint8Array) => {
    found += new TextDecoder().decode(bytes.subarray(0, 3));
    return Promise.resolve(Math.min(3, bytes.length));
  };
  await writeText({ write }, "abcdefgh\n", never);
  assert.equal(found, "abcdefgh\n");
});

Deno.test("once the command is to end, a stuck write has a second", async () => {
  const controller = new AbortController();
  const reason = new Interrupted("SIGINT");
  const stuck = { write: () => new Promise<number>(() => {}) };
  const written = writeText(stuck, "a line\n", controller.signal);
  const start = performance.now();
  controller.abort(reason);
  await assert.rejects(written, reason);
  await assert.rejects(() => writeText(stuck, "another\n", controller.signal), reason);
  assert(performance.now() - start >= 1990);
  let release = (_: number) => {};
  const parts: Uint8Array[] = [];
  const late = (bytes: Uint8Array) => new Promise<number>((resolve) => (parts.push(bytes), release = resolve));
  await assert.rejects(() => writeText({ write: late }, `${"x".repeat(4095)}\nlast\n`, controller.signal), reason);
  release(4096);
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(parts.length, 1);
  let found = 0;
  const slow = (bytes: Uint8Array) =>
    new Promise<number>((resolve) => setTimeout(() => resolve(found = bytes.length), 50));
  await writeText({ write: slow }, "the last\n", controller.signal);
  assert.equal(found, 9);
});
