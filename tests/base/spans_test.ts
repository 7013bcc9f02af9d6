import assert from "node:assert/strict";
import { beginSpan, endSpan, listenToSpans, type Span, spanned } from "../../src/base/spans/spans.ts";

Deno.test("spans are told to who listens when they begin and end, and to nobody else", async () => {
  const told: Span[] = [];
  const names = () => told.map(({ name }) => name);
  const unheard = beginSpan();
  listenToSpans((span) => told.push(span));
  try {
    endSpan(unheard, "process", "begun before");
    const begun = beginSpan();
    endSpan(begun, "jobs", "heard", { T: 3 });
    assert.deepEqual(names(), ["heard"]);
    const [{ lane, start, end, details }] = told as [Span];
    assert.deepEqual([lane, details], ["jobs", { T: 3 }]);
    assert.ok(start === begun && end >= start);
    assert.equal(await spanned("process", "work", () => Promise.resolve(7)), 7);
    await assert.rejects(spanned("process", "failed", () => Promise.reject(new Error("no"))), /no/);
    assert.deepEqual(names(), ["heard", "work", "failed"]);
    const late = beginSpan();
    listenToSpans(null);
    endSpan(late, "process", "ended after");
  } finally {
    listenToSpans(null);
  }
  endSpan(beginSpan(), "process", "unheard");
  assert.deepEqual(names(), ["heard", "work", "failed"]);
});
