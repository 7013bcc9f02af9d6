import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { openFileRanges } from "../../../src/io/local/file_ranges.ts";
import { blobSource, type ByteSource, PART } from "../../../src/io/records/byte_source.ts";
import { inTemporaryFolder } from "../temporary.ts";

/** Copies of the parts of a range. */
async function partsOf(source: ByteSource, begin: number, end: number): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for await (const part of source.read(begin, end)) parts.push(part.slice());
  return parts;
}

const DATA = Uint8Array.from({ length: 2 * PART + 5 }, (_, i) => i * 31 + (i >> 8));

Deno.test("ranges of a file on disk or in memory come in parts of one size", () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, "a b.bin");
    await Deno.writeFile(path, DATA);
    const sources = [
      await openFileRanges(path),
      await openFileRanges(pathToFileURL(path)),
      blobSource(new File([DATA], path)),
    ];
    for (const source of sources) {
      assert.equal(source.size, DATA.length);
      assert.ok(source.name.includes("b.bin"));
      for (const [begin, end] of [[0, DATA.length], [7, 8], [PART, PART + 1], [3, PART + 9], [5, 5]] as const) {
        const parts = await partsOf(source, begin, end);
        assert.ok(parts.slice(0, -1).every(({ length }) => length === PART));
        assert.deepEqual(Buffer.concat(parts), Buffer.from(DATA.subarray(begin, end)));
      }
    }
  }));

Deno.test("a file may be read several times at once", () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, "a");
    await Deno.writeFile(path, DATA);
    const source = await openFileRanges(path);
    const reads = await Promise.all([partsOf(source, 0, DATA.length), partsOf(source, 0, DATA.length)]);
    for (const parts of reads) assert.deepEqual(Buffer.concat(parts), Buffer.from(DATA));
  }));

Deno.test("a file that is written to, replaced or removed is refused", () =>
  inTemporaryFolder(async (folder) => {
    const path = join(folder, "a");
    const other = join(folder, "b");
    const changes: Record<string, () => Promise<void>> = {
      longer: () => Deno.writeFile(path, Uint8Array.of(1), { append: true }),
      shorter: () => Deno.truncate(path, 3),
      touched: () => Deno.utime(path, 5, 5),
      replaced: () => Deno.rename(other, path),
      removed: () => Deno.remove(path),
    };
    for (const change of Object.values(changes)) {
      await Deno.writeFile(path, DATA);
      await Deno.writeFile(other, DATA);
      const source = await openFileRanges(path);
      await change();
      await assert.rejects(partsOf(source, 0, 3), {
        name: "InputError",
        message: `Cannot read ${path}: it changed since it was opened; open the data again`,
      });
    }
  }));

Deno.test("what is no file is refused", async () => {
  const refuses = (path: string, problem: string) =>
    assert.rejects(openFileRanges(path), { name: "InputError", message: `Cannot read ${path}: ${problem}` });
  await refuses("no/such", "there is no such file");
  await refuses("mod.ts/x", "there is no such file");
  await refuses("src", "it must be a file, and is a folder");
  if (Deno.build.os !== "windows") {
    await refuses("/dev/null", "it must be a file, and is a pipe or a device, which can be read once only");
  }
});
