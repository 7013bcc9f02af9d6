/** The readout `pooled_state`: what all poolings make of the states that `states` gives, alone and together. */

import assert from "node:assert/strict";
import { InputError, type PoolingMode } from "../../mod.ts";
import { POOLING_MODES } from "../../src/heads/readouts/pooled_state.ts";
import { smallTrunk, tokensOf } from "./small_trunk.ts";

const WIDTH = 32;

/** The twin: a pooling of states from a position on. */
function pooled(states: readonly number[][], mode: PoolingMode, from: number): number[] {
  const rows = states.slice(from);
  const columns = (of: (column: number[]) => number) => rows[0]!.map((_, c) => of(rows.map((row) => row[c] as number)));
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  switch (mode) {
    case "cls":
      return rows[0]!;
    case "lasttoken":
      return rows.at(-1)!;
    case "max":
      return columns((column) => Math.max(...column));
    case "mean":
      return columns((column) => sum(column) / rows.length);
    case "mean_sqrt_len_tokens":
      return columns((column) => sum(column) / Math.sqrt(rows.length));
    case "weightedmean":
      return columns((column) => sum(column.map((x, i) => x * (from + i + 1))) / sum(rows.map((_, i) => from + i + 1)));
  }
}

function assertClose(found: ArrayLike<number>, expected: readonly number[], name: string): void {
  assert.equal(found.length, expected.length, name);
  expected.forEach((x, i) => assert(Math.abs((found[i] as number) - x) <= 1e-5, `${name}: ${x}, got ${found[i]}`));
}

/** Questions of every kind: one pooling, several, in any order, twice the same, from a later token on. */
const ASKS: readonly { poolings: readonly PoolingMode[]; from?: number }[] = [
  ...POOLING_MODES.map((mode) => ({ poolings: [mode] })),
  { poolings: POOLING_MODES },
  { poolings: ["lasttoken", "cls"] },
  { poolings: ["max", "mean", "max"], from: 2 },
  { poolings: POOLING_MODES, from: 1 },
  { poolings: ["weightedmean"], from: 2 },
  { poolings: ["cls", "lasttoken"], from: 2 },
];

Deno.test("pooled states are the poolings of the states, whatever else a pass is asked", async () => {
  using trunk = await smallTrunk();
  const queries = ASKS.map((ask, i) => ({
    tokens: tokensOf(i % 7),
    ask: { pooled_state: ask, states: {}, ...(i % 2 === 0 && { mean_state: {} }) },
  }));
  const answers = await trunk.answer(queries);
  for (const [i, { states, pooled_state }] of answers.entries()) {
    const values = Array.from(states!.values);
    const rows = Array.from({ length: values.length / WIDTH }, (_, r) => values.slice(r * WIDTH, (r + 1) * WIDTH));
    const { poolings, from = 0 } = ASKS[i]!;
    assertClose(pooled_state!.values, poolings.flatMap((mode) => pooled(rows, mode, from)), `question ${i}`);
    const [alone] = await trunk.answer([{ tokens: tokensOf(i % 7), ask: { pooled_state: ASKS[i]! } }]);
    assertClose(alone!.pooled_state!.values, Array.from(pooled_state!.values), `question ${i} alone`);
  }
});

Deno.test("a text of one token has the same first and last state, and a context can be asked", async () => {
  using trunk = await smallTrunk();
  const tokens = { input_ids: [7] };
  using context = await trunk.encode([tokens]);
  const ask = { pooled_state: { poolings: ["cls", "lasttoken", "max"] as const } };
  const [first] = await trunk.answer([{ tokens, ask }]);
  const [again] = await trunk.ask(context, [{ ask }]);
  const values = Array.from(first!.pooled_state!.values);
  assert.deepEqual(values.slice(0, WIDTH), values.slice(WIDTH, 2 * WIDTH));
  assert.deepEqual(values.slice(0, WIDTH), values.slice(2 * WIDTH));
  assertClose(again!.pooled_state!.values, values, "of a context");
});

Deno.test("poolings that are none, and tokens that are not there, are refused by name", async () => {
  using trunk = await smallTrunk();
  const tokens = tokensOf(0);
  const cases: [ask: object, message: RegExp][] = [
    [{}, /pooled_state\.poolings must be an array of cls, max, .*, got undefined$/],
    [{ poolings: [] }, /pooled_state\.poolings must be an array/],
    [{ poolings: ["median"] }, /pooled_state\.poolings must be of cls, .*, got median$/],
    [{ poolings: ["mean"], from: 3 }, /pooled_state\.from must be a position from 0 to 2 of its text, got 3$/],
    [{ poolings: ["mean"], positions: [1] }, /pooled_state has no option "positions"; its options are poolings, from$/],
  ];
  for (const [ask, message] of cases) {
    await assert.rejects(() => trunk.answer([{ tokens, ask: { pooled_state: ask as never } }]), (error) => {
      assert(error instanceof InputError);
      assert.match(error.message, message);
      return true;
    });
  }
});
