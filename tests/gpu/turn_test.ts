import assert from "node:assert/strict";
import { nextTurn, sleep } from "../../src/gpu/scheduler/turn.ts";
import { runDeno } from "../cli/processes.ts";

const TURN = new URL("../../src/gpu/scheduler/turn.ts", import.meta.url).href;

/** Notes the order of promises that are chained, of turns, and of timers. */
async function order(): Promise<string[]> {
  const told: string[] = [];
  const chained = (async () => {
    for (let i = 0; i < 100; i++) await null;
    told.push("chained");
  })();
  const turn = nextTurn().then(() => told.push("turn"));
  const timer = sleep(20).then(() => told.push("timer"));
  await Promise.all([chained, turn, timer]);
  return told;
}

Deno.test("a turn ends after all promises that can settle, and before timers", async () => {
  assert.deepEqual(await order(), ["chained", "turn", "timer"]);
});

Deno.test("a turn takes a message where there is no setImmediate, as in browsers", async () => {
  const { setImmediate } = globalThis;
  Reflect.deleteProperty(globalThis, "setImmediate");
  try {
    assert.deepEqual(await order(), ["chained", "turn", "timer"]);
  } finally {
    Reflect.set(globalThis, "setImmediate", setImmediate);
  }
});

Deno.test("timers have their time between turns, and a process ends after its last turn", async () => {
  for (const without of ["", "delete globalThis.setImmediate;"]) {
    const script = `
      import { nextTurn } from "${TURN}";
      ${without}
      let timers = 0;
      const interval = setInterval(() => timers++, 1);
      const end = performance.now() + 100;
      while (performance.now() < end) await nextTurn();
      clearInterval(interval);
      console.log(timers > 5);`;
    const { code, stdout } = await runDeno(["-"], { stdin: script });
    assert.deepEqual([code, stdout], [0, "true\n"]);
  }
});
