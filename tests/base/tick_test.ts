/** A turn of the event loop: timers are served between turns, and nothing is left open. */

import assert from "node:assert/strict";
import { tick } from "../../src/base/tick.ts";

Deno.test({
  name: "timers run between turns, and no port stays open",
  sanitizeResources: true,
  async fn() {
    let isDue = false;
    setTimeout(() => isDue = true, 5);
    const start = performance.now();
    while (!isDue && performance.now() - start < 5000) await tick();
    assert.ok(isDue, "a timer of 5 ms ran within 5 s");
  },
});

Deno.test("a turn comes after what is settled already, and turns keep their order", async () => {
  const order: string[] = [];
  await Promise.all([
    tick().then(() => order.push("first turn")),
    tick().then(() => order.push("second turn")),
    Promise.resolve().then(() => order.push("settled")),
  ]);
  assert.deepEqual(order, ["settled", "first turn", "second turn"]);
});
