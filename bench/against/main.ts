/**
 * Compares the speed of the working tree with that of a commit: `deno task bench:against COMMIT [WORD…]`. Each bench
 * file has a process on each side, with that side's files, and the two do a sample of each work by turns. The output
 * has both minima and the ratio of the commit's to ours, which is over 1 if the working tree is faster; and the same
 * ratio of CPU time.
 */

import { stampNow } from "../result_file.ts";
import { Checkout, HERE } from "./checkout.ts";
import { Choice, match } from "./choice.ts";
import { compareFile, type Found } from "./comparison.ts";
import { type Options, parseOptions } from "./options.ts";
import { heading, row, summary, summaryLines } from "./ratios.ts";
import type { Tree } from "./side.ts";

const SUFFIX = "_bench.ts";

/** Bench files without times to compare, and why. */
const LEFT_OUT = new Map([
  ["cold", "a sample is a process; bench:record measures its phases"],
  ["memory", "it measures bytes"],
]);

/** The checkout and the processes of this run. */
const open = new DisposableStack();
for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  if (Deno.build.os === "windows" && signal === "SIGTERM") continue;
  Deno.addSignalListener(signal, () => {
    open.dispose();
    Deno.exit(code);
  });
}
let code = 2;
try {
  code = await main(parseOptions(Deno.args));
} catch (error) {
  if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
  console.error(error.message);
} finally {
  open.dispose();
}
Deno.exit(code);

/** Does what is asked, and gives the exit code. */
async function main({ commit, words, processes, rounds, list, json }: Options): Promise<number> {
  if (json !== null) await prepare(json);
  const stamp = await stampNow();
  const there = open.use(new Checkout(commit));
  const [ours, theirs] = [filesOf(HERE), filesOf(there)];
  const choice = new Choice(words, [...ours, ...theirs]);
  const files = match(ours.filter((file) => choice.hasFile(file)), theirs.filter((file) => choice.hasFile(file)));
  if (!list) console.log(heading(there.label));
  const { onlyHere, onlyThere } = files;
  const found: Found = { works: [], onlyHere, onlyThere, failures: [] };
  const times = list ? { processes: 1, rounds: 0 } : { processes, rounds };
  for (const file of files.both.filter((file) => !LEFT_OUT.has(file))) {
    if (list) console.error(`listing ${file} …`);
    const isChosen = (work: string) => choice.has(file, work);
    const ofFile = await compareFile(file, { here: HERE, there, isChosen, ...times, open });
    for (const work of ofFile.works) console.log(list ? work.name : row(work));
    found.works.push(...ofFile.works);
    found.onlyHere.push(...ofFile.onlyHere);
    found.onlyThere.push(...ofFile.onlyThere);
    found.failures.push(...ofFile.failures);
  }
  if (!list) console.log(["", ...summaryLines(found.works)].join("\n"));
  tell("only in the working tree", found.onlyHere);
  tell(`only in ${there.label}`, found.onlyThere);
  tell("left out", files.both.flatMap((file) => LEFT_OUT.has(file) ? [`${file}: ${LEFT_OUT.get(file)}`] : []));
  tell("failed", found.failures);
  if (json !== null) {
    const rounded = (_: string, value: unknown) => typeof value === "number" ? Number(value.toPrecision(5)) : value;
    const [time, cpuTime] = [summary(found.works, "wall"), summary(found.works, "cpu")];
    const all = { against: there.label, ...stamp, ...times, time, cpuTime, ...found };
    await Deno.writeTextFile(json, JSON.stringify(all, rounded, 1) + "\n");
  }
  if (found.works.length === 0 && found.failures.length === 0) {
    throw new RangeError(`Cannot compare "${words.join(" ")}": both sides have no such work; --list names all`);
  }
  return found.failures.length > 0 ? 1 : 0;
}

/** The bench files of a tree, each by its name without what all names end in. */
function filesOf({ root }: Tree): string[] {
  const names = [...Deno.readDirSync(new URL("bench/", root))].map(({ name }) => name);
  return names.filter((name) => name.endsWith(SUFFIX)).map((name) => name.slice(0, -SUFFIX.length)).sort();
}

/** Makes sure that a file can be written, before everything is measured. */
async function prepare(file: string): Promise<void> {
  try {
    (await Deno.open(file, { append: true, create: true })).close();
  } catch (error) {
    const found = (error as Error).message;
    throw new RangeError(
      `Cannot write "${file}": --json must name a file in this checkout, and its folder exist: ${found}`,
    );
  }
}

function tell(what: string, lines: readonly string[]): void {
  if (lines.length > 0) console.log([`${what}:`, ...lines].join("\n  "));
}
