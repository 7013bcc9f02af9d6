import assert from "node:assert/strict";
import { fc } from "../deps.ts";
import { narrowCosts, type NarrowWork, planNarrowForm } from "../../src/model/narrow_planner.ts";

const FREE = { withKeys: false };

/** B sequences of L tokens with `rows` narrow rows each, in a model of A heads and width H. */
function work(rows: number, tokens: number, { B = 1, H = 768, A = 12 } = {}): NarrowWork {
  return { rows: B * rows, tokens: B * tokens, rowKeys: B * rows * tokens, width: H, heads: A, headSize: H / A };
}

Deno.test("the absorbed form wins below L H / (H + (A - 1) L) rows a sequence, the projected one from there on", () => {
  const sizes = fc.record({
    L: fc.integer({ min: 1, max: 512 }),
    D: fc.integer({ min: 1, max: 128 }),
    A: fc.integer({ min: 1, max: 24 }),
    B: fc.integer({ min: 1, max: 9 }),
  });
  fc.assert(fc.property(sizes, fc.integer({ min: 0, max: 600 }), ({ L, D, A, B }, rows) => {
    const H = A * D;
    const form = planNarrowForm(work(rows, L, { B, H, A }), FREE);
    assert.equal(form, rows * (H + (A - 1) * L) < L * H ? "absorbed" : "projected");
  }));
});

Deno.test("BERT's base model turns at the rows that the design names: 22 of 32 tokens, 45 of 128", () => {
  for (const [tokens, last] of [[32, 21], [128, 45]] as const) {
    assert.equal(planNarrowForm(work(last, tokens), FREE), "absorbed", `${last} of ${tokens}`);
    assert.equal(planNarrowForm(work(last + 1, tokens), FREE), "projected", `${last + 1} of ${tokens}`);
  }
});

Deno.test("costs are multiply-adds of the formulas", () => {
  const costs = narrowCosts({ rows: 3, tokens: 10, rowKeys: 20, width: 8, heads: 2, headSize: 4 });
  assert.deepEqual(costs, { projected: 2 * 10 * 8 * 8 + 2 * 20 * 8, absorbed: 2 * 3 * 8 * 8 + 2 * 20 * 2 * 8 });
});

Deno.test("one row a sequence, as classification has, is absorbed", () => {
  for (const tokens of [8, 32, 128, 512]) assert.equal(planNarrowForm(work(1, tokens, { B: 16 }), FREE), "absorbed");
});

Deno.test("where keys meet distances the form is projected, whatever it costs", () => {
  for (const rows of [0, 1, 100]) assert.equal(planNarrowForm(work(rows, 128), { withKeys: true }), "projected");
});
