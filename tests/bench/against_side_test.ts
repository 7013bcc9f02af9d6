/** The processes of `deno task bench:against`, on small trees with benches of every kind. */

import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { compareFile } from "../../bench/against/comparison.ts";
import { Side, type Tree } from "../../bench/against/side.ts";

/** Stands in for a tree's own module, which must not be what registers benches. */
const REFUSES = (name: string) => `export function ${name}() { throw new Error("the original runs"); }`;

const INTERLEAVED = `${REFUSES("benchRounds")} ${REFUSES("benchRace")} export const OTHER = "the tree's own";`;

const EVERY_KIND = `
  import { benchRace, benchRounds, OTHER } from "./interleaved.ts";
  import { benchRate } from "./rate.ts";
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  console.log("printed by the bench");
  addEventListener("unload", () => { throw new Error("reported"); });
  Deno.bench("name first", () => {});
  Deno.bench({ name: "in options", group: OTHER, fn: () => {} });
  Deno.bench({ name: "watch", n: 3 }, async (bench) => {
    await sleep(400);
    bench.start();
    await sleep(1);
    bench.end();
    await sleep(400);
  });
  Deno.bench.ignore("not run", () => {});
  Deno.bench("fails", () => { throw new Error("on purpose"); });
  benchRace({ name: "race", baseline: "one" }, { one: () => sleep(2), two: () => sleep(1) });
  benchRounds({ name: "rounds", group: "group" }, { three: () => sleep(1) });
  benchRate({ name: "rate", group: "group", times: 100 }, () => sleep(100));`;

const NAMES = [
  "name first",
  "the tree's own: in options",
  "watch",
  "fails",
  "race: one",
  "race: two",
  "group: rounds: three",
  "group: rate",
];

/** A tree of benches, for as long as `body` takes. */
async function withTree(benches: Record<string, string>, body: (tree: Tree) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "narrowbert-against-" });
  const files = { "interleaved.ts": INTERLEAVED, "rate.ts": REFUSES("benchRate"), ...benches };
  try {
    await Deno.writeTextFile(`${folder}/deno.json`, '{"tasks":{"bench":"deno bench --no-prompt --allow-read"}}');
    await Deno.mkdir(`${folder}/bench`);
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/bench/${name}`, text);
    await body({ label: "the test's tree", root: pathToFileURL(`${folder}/`) });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a side has every bench and every named run as a work, and times it", async () => {
  await withTree({ "some_bench.ts": EVERY_KIND }, async (tree) => {
    using side = new Side(tree, "some");
    assert.deepEqual(await side.works(), NAMES);
    const once = { parts: 1, repeats: 1 };
    const { wall: watched } = await side.sample("watch", once);
    assert.ok(watched < 400, `what is outside start() and end() counts: ${watched} ms`);
    const { wall: rate, cpu } = await side.sample("group: rate", once);
    assert.ok(rate >= 0.9 && rate < 50, `a hundredth of 100 ms took ${rate} ms`);
    assert.ok(cpu < rate, `sleeping took the processor ${cpu} of ${rate} ms`);
    assert.ok((await side.warmUp("race: one")).wall >= 1);
    await assert.rejects(side.sample("fails", once), { message: "Cannot time some of the test's tree: on purpose" });
    await assert.rejects(side.sample("unknown", once), { message: /there is no work "unknown"/ });
    assert.ok((await side.sample("name first", { parts: 2, repeats: 1000 })).wall < 1);
  });
});

Deno.test("a side that cannot import its benches says why", async () => {
  await withTree({ "broken_bench.ts": `throw new Error("broken on purpose")` }, async (tree) => {
    using side = new Side(tree, "broken");
    await assert.rejects(side.works(), { name: "SideError", message: /broken of the test's tree.*broken on purpose/s });
  });
});

Deno.test("two trees are compared in the works of both; what fails or has one side only is told", async () => {
  const bench = (...names: string[]) => names.map((name) => `Deno.bench("${name}", () => { ${name}(); });`).join("\n");
  const body = "function work() { for (let i = 0; i < 1e5; i++) Math.sqrt(i); }\nfunction unchosen() {}";
  const ours = `${body}\nconst added = work;\n${bench("work", "added", "fails", "unchosen")}`;
  const theirs = `${body}\nconst fails = work, gone = work;\n${bench("gone", "fails", "work", "unchosen")}`;
  await withTree({ "some_bench.ts": ours }, (here) =>
    withTree({ "some_bench.ts": theirs }, async (there) => {
      using open = new DisposableStack();
      const isChosen = (work: string) => work !== "unchosen";
      const found = await compareFile("some", { here, there, isChosen, processes: 1, rounds: 2, open });
      assert.deepEqual(found.onlyHere, ["some: added"]);
      assert.deepEqual(found.onlyThere, ["some: gone"]);
      assert.deepEqual(found.failures, ["some: fails: Cannot time some of the test's tree: fails is not defined"]);
      assert.deepEqual(found.works.map(({ name }) => name), ["some: work"]);
      for (const { here, there } of found.works) assert.deepEqual([here.length, there.length], [2, 2]);
    }));
});
