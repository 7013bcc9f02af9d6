import assert from "node:assert/strict";
import type { FilledMask } from "../../src/pipelines/tasks/fill_mask.ts";
import { narrowbert } from "./terminals.ts";

Deno.test("fill-mask prints word, score and filled text, likeliest first", async () => {
  assert.deepEqual(await narrowbert(["fill-mask", "--top-k", "2", "a small furry [MASK] kept as a pet"]), {
    code: 0,
    stdout: "person  0.0654  a small furry person kept as a pet\nhorse   0.0356  a small furry horse kept as a pet\n",
    stderr: "",
  });
});

Deno.test("fill-mask parts masks by blank lines and reads standard input", async () => {
  const { code, stdout } = await narrowbert(["fill-mask", "--top-k", "1"], "the [MASK] of a king\n[MASK] [MASK]\n");
  assert.equal(code, 0);
  const [king, , first, , second, ...rest] = stdout.split("\n");
  assert.match(king!, /^wife {2}0\.0611 {2}the wife of a king$/);
  assert.match(first!, /^\S+ {2}0\.\d{4} {2}\S+ \[MASK\]$/);
  assert.match(second!, /^\S+ {2}0\.\d{4} {2}\[MASK\] \S+$/);
  assert.deepEqual(rest, [""]);
});

Deno.test("fill-mask --json gives each text a list of words per mask", async () => {
  const texts = ["the [MASK] of a king", "[MASK] and [MASK]"];
  const { code, stdout } = await narrowbert(["fill-mask", "--json", ...texts]);
  assert.equal(code, 0);
  const results: { text: string; masks: FilledMask[][] }[] = JSON.parse(stdout);
  assert.deepEqual(results.map(({ text }) => text), texts);
  assert.deepEqual(results.map(({ masks }) => masks.map((words) => words.length)), [[5], [5, 5]]);
  const { score, ...word } = results[0]!.masks[0]![0]!;
  assert.deepEqual(word, { token: 2382, token_str: "wife", sequence: "the wife of a king" });
  assert(Math.abs(score - 0.061071) < 2e-4);
});

Deno.test("fill-mask chooses among targets", async () => {
  const { stdout } = await narrowbert(["fill-mask", "--targets", "person, wife,person", "the [MASK] of a king"]);
  assert.deepEqual(stdout.trim().split("\n").map((line) => line.split(" ")[0]), ["wife", "person"]);
});
