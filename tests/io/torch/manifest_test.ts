/** The verdict on each of the 198 cases in `tests/fixtures/pickles`: tensors bit by bit, or the class of the refusal. */

import assert from "node:assert/strict";
import { CheckpointError, type TensorView, writeSafetensors } from "../../../mod.ts";
import { MemoryBytes } from "../../../src/io/folder/file_bytes.ts";
import { parseSafetensors } from "../../../src/io/safetensors/safetensors.ts";
import { openTorchCheckpoint, type TorchTensor } from "../../../src/io/torch/torch.ts";
import { expectedTensors, filesOf, type PickleCase, pickleFile, PICKLES } from "./pickles.ts";

/** What we do where the manifest leaves it open. */
const CHOICES: Record<string, "accept" | "reject"> = {
  "free-memo-bomb-in-extras": "accept", // values beside the tensors are not walked through
  "free-build-other-attributes": "accept", // attributes are passed over
  "free-protocol-1": "reject", // a pickle begins with PROTO
  "free-same-name-twice": "reject",
  "free-size-list": "reject",
  "free-torch-size": "reject",
  "free-float8": "reject",
  "free-zip-comment": "reject", // it could hide an end record
};

/** Milliseconds for each verdict. */
const LIMIT = 1000;

Deno.test("there are 198 cases, and the choices are those that they leave open", () => {
  const of = (verdict: string) => PICKLES.filter(({ ours }) => ours === verdict).map(({ name }) => name);
  assert.deepEqual([of("accept").length, of("reject").length], [46, 144]);
  assert.deepEqual(of("either").sort(), Object.keys(CHOICES).sort());
});

for (const expected of PICKLES) {
  const verdict = expected.ours === "either" ? CHOICES[expected.name] : expected.ours;
  Deno.test(`pickles/${expected.name}: ${verdict}`, async () => {
    const files = filesOf(expected).map(({ file }) => [file, pickleFile(file)] as const);
    for (const { file, bytes, sha256 } of filesOf(expected)) {
      assert.equal(pickleFile(file).length, bytes);
      assert.equal(await sha256Of(pickleFile(file)), sha256);
    }
    const start = performance.now();
    const found = files.map(async ([file, bytes]) => [...await openTorchCheckpoint(new MemoryBytes(bytes), file)]);
    if (verdict === "accept") await assertTensors(new Map((await Promise.all(found)).flat()), expected);
    else await assertRefused(found[0]!, expected);
    const milliseconds = performance.now() - start;
    assert.ok(milliseconds < LIMIT, `it took ${milliseconds} ms`);
  });
}

async function sha256Of(bytes: Uint8Array): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes))).toHex();
}

/** The tensors are those of the twin, bit by bit, however they are read; and they can be written as safetensors. */
async function assertTensors(found: Map<string, TorchTensor>, expected: PickleCase): Promise<void> {
  const wanted = expectedTensors(expected);
  assert.equal(found.size, expected.tensors);
  assert.deepEqual([...found.keys()].sort(), [...wanted.keys()].sort());
  const written = parseSafetensors(await writeSafetensors(found));
  for (const [name, { dtype, shape, bytes, data }] of wanted) {
    const tensor = found.get(name)!;
    assert.deepEqual([tensor.dtype, tensor.shape], [dtype, shape], name);
    assert.equal(tensor.data.constructor, data.constructor);
    for (const view of [tensor, written.get(name)!]) assert.deepEqual(bytesOf(view), bytes, name);
    const middle = Math.floor(bytes.length / 2);
    const halves = [tensor.read(0, middle), tensor.read(middle, bytes.length)];
    assert.deepEqual(halves.flatMap((half) => [...half]), [...bytes], name);
  }
}

function bytesOf({ data: { buffer, byteOffset, byteLength } }: TensorView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

async function assertRefused(
  found: Promise<unknown>,
  { file, reason, also = [], mentions }: PickleCase,
): Promise<void> {
  await assert.rejects(found, (thrown) => {
    assert.ok(thrown instanceof CheckpointError);
    const { message } = thrown;
    assert.ok(message.startsWith(`Cannot read "${file}": `), message);
    assert.ok([reason, ...also].includes(thrown.reason), `${thrown.reason}: ${message}`);
    if (mentions !== undefined) assert.ok(mentions.some((name) => message.includes(name)), message);
    return true;
  });
}
