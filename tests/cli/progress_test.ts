import assert from "node:assert/strict";
import { ProgressBar } from "../../src/cli/outputs/progress.ts";
import { MemoryTerminal } from "./terminals.ts";

/** A bar over a length of 200 on a terminal of some width, and a clock that is set by hand. */
function bar({ columns = 80, color = false, length = 200 as number | null } = {}) {
  const terminal = new MemoryTerminal();
  terminal.statusStyle = { columns, color };
  const clock = { now: 0 };
  return { terminal, clock, progress: new ProgressBar(terminal, length, () => clock.now) };
}

Deno.test("the bar comes after a second, and is drawn ten times a second at most", () => {
  const { terminal, clock, progress } = bar();
  for (const now of [500, 999, 1000, 1050, 1099, 1100]) {
    clock.now = now;
    progress.answered(1500, 100);
  }
  assert.deepEqual(terminal.statuses, [
    "############------------  50%  1,500 answered, 1500 a second, 1 s left",
    "############------------  50%  1,500 answered, 1364 a second, 2 s left",
  ]);
});

Deno.test("the bar has a color where it may, and keeps to the width of the terminal", () => {
  const { terminal, clock, progress } = bar({ columns: 40, color: true });
  clock.now = 2000;
  progress.answered(10, 200);
  assert.deepEqual(terminal.statuses, [`\x1b[36m${"#".repeat(24)}\x1b[39m 100%  10 answe`]);
});

Deno.test("without a known end there is a count and no bar", () => {
  const { terminal, clock, progress } = bar({ length: null });
  clock.now = 2000;
  progress.answered(10, 0);
  assert.deepEqual(terminal.statuses, ["10 answered, 5 a second"]);
});

Deno.test("loading has a bar too, and time begins anew after it", () => {
  const { terminal, clock, progress } = bar();
  clock.now = 1500;
  progress.loading({ status: "progress_total", name: "m", progress: 25, loaded: 1, total: 4 });
  progress.begin();
  clock.now = 2000;
  progress.answered(1, 1);
  assert.deepEqual(terminal.statuses, ["######------------------  25%  of the model loaded"]);
});

Deno.test("where standard error is no terminal nothing is drawn", () => {
  const { terminal, clock, progress } = bar();
  terminal.statusStyle = null;
  clock.now = 5000;
  progress.answered(10, 100);
  assert.deepEqual(terminal.statuses, []);
});
