/**
 * A run that is killed at random moments, and gone on with each time, writes what one writes that nobody disturbs. With
 * `--long` 5,000 rows and 5 kills in place of 400 and 2.
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { readRecords } from "../../src/io/records/read_records.ts";
import { inTemporaryFolder } from "../io/temporary.ts";
import { kill9, runDeno } from "./processes.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const [ROWS, KILLS] = Deno.args.includes("--long") ? [5000, 5] : [400, 2];

const WORDS = [
  "a large",
  "animal",
  "to go",
  "by air",
  "the wife",
  "of a king",
  "drinks",
  'a "can"',
  "for holding,",
  "\n",
];

/** Rows of unlike lengths, so that batches differ when a run begins elsewhere. */
function csvOf(rows: number): string {
  const lines = ["id,text,note"];
  for (let i = 0; i < rows; i++) {
    const words = Array.from({ length: 1 + i * 7 % 23 }, (_, k) => WORDS[(i * 31 + k * k) % WORDS.length]);
    lines.push(`${i},"${words.join(" ").replaceAll('"', '""')}",ü ${i % 3}`);
  }
  return `${lines.join("\n")}\n`;
}

async function rowsOf(path: string): Promise<Readonly<Record<string, unknown>>[]> {
  return (await Array.fromAsync(readRecords(path))).map(({ fields }) => fields);
}

function sizeOf(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch {
    return 0;
  }
}

for (const ending of ["csv", "jsonl"]) {
  Deno.test(`${KILLS} kills of ${ROWS} rows: with --resume the same rows of ${ending}, in their order, none twice`, () =>
    inTemporaryFolder(async (folder) => {
      await Deno.writeTextFile(`${folder}/in.csv`, csvOf(ROWS));
      const [whole, out] = [`${folder}/whole.${ending}`, `${folder}/out.${ending}`];
      const args = (output: string) => {
        const writes = ["", ".resume", ".unfinished"].map((end) => `--allow-write=${output}${end}`);
        return ["--allow-read", ...writes, MAIN, "classify", "--top-k", "2", "-i", `${folder}/in.csv`, "-o", output];
      };
      const start = performance.now();
      assert.deepEqual(await runDeno(args(whole)), { code: 0, stdout: "", stderr: "" });
      const takes = performance.now() - start;
      const size = sizeOf(whole);

      let torn = 0;
      const left: number[] = [];
      for (let kill = 1; kill <= KILLS; kill++) {
        const command = ["run", "--no-prompt", ...args(out), "--resume"];
        const child = new Deno.Command(Deno.execPath(), {
          args: command,
          stdin: "null",
          stdout: "null",
          stderr: "null",
        })
          .spawn();
        const before = sizeOf(out);
        const [until, wait] = [before + Math.random() * (size - before) * 0.3, Math.random() * takes / 50];
        let isOver = false;
        child.status.then(() => isOver = true);
        while (sizeOf(out) <= until && !isOver) await new Promise((resolve) => setTimeout(resolve, 1));
        await new Promise((resolve) => setTimeout(resolve, wait));
        kill9(child);
        await child.status;
        left.push(sizeOf(out));
        // What a machine that fails may leave: a row that is not whole.
        if (kill % 2 === 0 && sizeOf(out) > 100 && sizeOf(`${out}.resume`) > 0) {
          await Deno.truncate(out, sizeOf(out) - 7);
          torn++;
        }
      }
      const { code, stderr } = await runDeno([...args(out), "--resume"]);
      assert.deepEqual([code, stderr.replace(/^narrowbert: .* nothing to do\n$/, "")], [0, ""]);
      assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
        "in.csv",
        `out.${ending}`,
        `whole.${ending}`,
      ]);

      const [expected, found] = [await rowsOf(whole), await rowsOf(out)];
      assert.equal(found.length, ROWS);
      let largest = 0;
      for (const [i, row] of found.entries()) {
        const [text, numbers] = partsOf(row);
        const [expectedText, expectedNumbers] = partsOf(expected[i]!);
        assert.deepEqual(text, expectedText, `row ${i}`);
        numbers.forEach((x, k) => largest = Math.max(largest, Math.abs(x - expectedNumbers[k]!)));
      }
      assert(largest <= 1e-5, `${largest}`);
      const bytes = left.map((bytes) => `${Math.round(100 * bytes / size)} %`).join(", ");
      console.log(`killed at ${bytes} of the file, ${torn} torn; numbers within ${largest.toExponential(1)}`);
    }));
}

/** A row without its scores, and these. */
function partsOf(row: Readonly<Record<string, unknown>>): [text: string, numbers: number[]] {
  const numbers: number[] = [];
  const text = JSON.stringify(row, (name, value) => {
    if (!name.startsWith("score")) return value;
    numbers.push(Number(value));
    return null;
  });
  assert.equal(numbers.length, 2);
  return [text, numbers];
}
