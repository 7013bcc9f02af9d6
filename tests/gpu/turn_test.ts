import assert from "node:assert/strict";
import { tick } from "../../src/base/tick.ts";
import { callsOfThisTurn, sleep } from "../../src/gpu/scheduler/turn.ts";
import { runDeno } from "../cli/processes.ts";

const TICK = new URL("../../src/base/tick.ts", import.meta.url).href;

/** Tells `what` after so many steps of promises. */
async function after(steps: number, what: string, told: string[]): Promise<void> {
  for (let i = 0; i < steps; i++) await null;
  told.push(what);
}

Deno.test("calls of this turn come first, then what promises do, then messages and timers", async () => {
  const told: string[] = [];
  await Promise.all([
    sleep(20).then(() => told.push("timer")),
    tick().then(() => told.push("turn")),
    callsOfThisTurn().then(() => told.push("calls")),
    after(40, "a call", told),
    after(1000, "a long chain", told),
  ]);
  assert.deepEqual(told.slice(0, 3), ["a call", "calls", "a long chain"]);
  assert.deepEqual(told.slice(3).sort(), ["timer", "turn"]); // on a busy machine a timer may be due before a message
});

Deno.test("timers have their time between turns, and a process ends after its last turn", async () => {
  const script = `
    import { tick } from "${TICK}";
    let timers = 0;
    const interval = setInterval(() => timers++, 1);
    const end = performance.now() + 100;
    while (performance.now() < end) await tick();
    clearInterval(interval);
    console.log(timers > 5);`;
  const { code, stdout } = await runDeno(["-"], { stdin: script });
  assert.deepEqual([code, stdout], [0, "true\n"]);
});

Deno.test({
  name: "a turn leaves no port open",
  sanitizeResources: true,
  async fn() {
    for (let i = 0; i < 10; i++) await tick();
  },
});
