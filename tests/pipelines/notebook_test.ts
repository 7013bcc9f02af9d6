import assert from "node:assert/strict";
import { runDeno } from "../cli/processes.ts";

const EXAMPLES = new URL("../../examples/", import.meta.url);

interface Cell {
  cell_type: "code" | "markdown";
  source: string[];
  outputs?: { output_type: string; text?: string[] }[];
}

/** What stands for the kernel's own functions, in the cell that takes them. */
const KERNEL = "const { display, html } = Deno.jupyter;";
const STUB = `const html = (parts, ...values) => String.raw({ raw: parts }, ...values);
const display = (page) => console.log("a page of", page.match(/&lt;svg|<svg/g).length, "charts");`;

Deno.test("the notebook trains, plots and asks", async () => {
  const { cells } = JSON.parse(await Deno.readTextFile(new URL("train.ipynb", EXAMPLES))) as { cells: Cell[] };
  const code = cells.filter(({ cell_type }) => cell_type === "code").map(({ source }) => source.join(""));
  assert.equal(code[0], KERNEL);
  const stdin = [STUB, ...code.slice(1)].join("\n");
  const args = ["--allow-read", "--allow-write", "--ext=ts", "-"];
  const { code: status, stdout, stderr } = await runDeno(args, { cwd: EXAMPLES, stdin });
  assert.equal(status, 0, stderr);
  const found = /step 120: loss 0\.\d+, accuracy (0\.\d+)/.exec(stdout);
  assert.ok(Number(found?.[1]) > 0.75, stdout);
  assert.match(stdout, /a page of [4-9] charts/);
  assert.match(stdout, /label: "animal".*\n.*label: "food".*\n.*label: "feeling"/);
});

Deno.test("the notebook holds what its cells printed", async () => {
  const { cells } = JSON.parse(await Deno.readTextFile(new URL("train.ipynb", EXAMPLES))) as { cells: Cell[] };
  const printed = cells.flatMap(({ outputs = [] }) => outputs.map(({ text = [] }) => text.join(""))).join("");
  assert.match(printed, /step 120: loss 0\.\d+, accuracy 0\.8\d+/);
  assert.ok(cells.some(({ outputs }) => outputs?.some(({ output_type }) => output_type === "display_data")));
});
