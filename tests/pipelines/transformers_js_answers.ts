/** Answers of pipelines, compared with those of transformers.js. */

import assert from "node:assert/strict";
import { Tensor } from "../../mod.ts";

/**
 * The largest difference that counts as none, of scores from 0 to 1 and of states that are about 1. Both libraries compute
 * in 32 bits, and add in another order: on Mesa's software adapter no number differs by more than 1.2e-6. GPUs may take
 * `exp` and `tanh` less exactly, which WGSL allows.
 */
const BOUND = 1e-4;

/** An answer of token-classification. */
export type Entity = { entity: string; score: number; index: number; word: string; start: number; end: number };
/** One of its groups, without its place. */
export type Group = { entity_group: string; score: number; word: string };
/** An answer of text-classification. */
export type Labelled = { label: string; score: number };

/** Checks that an answer has the same shape, keys and texts, and nearly the same numbers. */
export function assertSame(found: unknown, expected: unknown, at = "the answer"): void {
  if (expected instanceof Tensor) {
    assert(found instanceof Tensor, `${at} must be a tensor`);
    assert.deepEqual([found.type, found.dims], [expected.type, expected.dims], at);
    expected.data.forEach((value: number | bigint, i: number) =>
      assertSame(Number(found.data[i]), Number(value), `${at}[${i}]`)
    );
  } else if (Array.isArray(expected)) {
    assert(Array.isArray(found) && found.length === expected.length, `${at} must have ${expected.length} elements`);
    expected.forEach((value, i) => assertSame(found[i], value, `${at}[${i}]`));
  } else if (typeof expected === "number") {
    assert(typeof found === "number", `${at} must be a number`);
    assert(Math.abs(found - expected) <= BOUND, `${at} must be ${expected}, got ${found}`);
  } else if (typeof expected === "object" && expected !== null) {
    assert.deepEqual(Object.keys(found as object).sort(), Object.keys(expected).sort(), at);
    for (const [key, value] of Object.entries(expected)) {
      assertSame((found as Record<string, unknown>)[key], value, `${at}.${key}`);
    }
  } else {
    assert.equal(found, expected, at);
  }
}

/** Entities without their places in the text, which transformers.js does not give. */
export function withoutPlaces(answer: unknown, text: unknown): unknown {
  if (Array.isArray(text)) return (answer as unknown[]).map((one, i) => withoutPlaces(one, text[i]));
  return (answer as Entity[]).map(({ start, end, ...entity }) => {
    assert(start >= 0 && start < end && end <= (text as string).length);
    return entity;
  });
}
