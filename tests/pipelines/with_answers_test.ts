import assert from "node:assert/strict";
import { InputError } from "../../src/base/errors.ts";
import { type Asking, withAnswers } from "../../src/pipelines/engine/with_answers.ts";
import { pipeline } from "../../src/pipelines/pipeline.ts";

/** Answers texts in their lengths, some at a time, as a stream in windows does; `bad` ends it. */
async function* lengths(texts: AsyncIterable<string>, size = 3): AsyncGenerator<number> {
  let window: string[] = [];
  for await (const text of texts) {
    window.push(text);
    if (window.length < size) continue;
    for (const text of window) yield text.length;
    window = [];
  }
  for (const text of window) yield text.length;
}

Deno.test("records come back with their fields and the answer, in order, whatever the window", async () => {
  const records = Array.from({ length: 10 }, (_, id) => ({ id, text: "a".repeat(id) }));
  for (const size of [1, 3, 100]) {
    const found = await Array.fromAsync(
      withAnswers(records, { ask: ({ text }) => text, by: (texts) => lengths(texts, size) }),
    );
    assert.deepEqual(found, records.map((record) => ({ ...record, answer: record.id })));
  }
  assert.deepEqual(await Array.fromAsync(withAnswers([], { ask: () => "", by: lengths })), []);
});

Deno.test("an error of ask stands in its place, and the pipeline gets the others", async () => {
  for (const bad of [[0], [9], [0, 1, 2, 3, 4], [3, 5, 8, 9], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]) {
    const records = Array.from({ length: 10 }, (_, id) => ({ id }));
    const ask = ({ id }: { id: number }) => bad.includes(id) ? new InputError(`${id}`) : "a".repeat(id);
    const found = await Array.fromAsync(withAnswers(records, { ask, by: (texts) => lengths(texts) }));
    assert.deepEqual(found.map(({ id }) => id), records.map(({ id }) => id));
    for (const { id, answer } of found) {
      assert.equal(answer instanceof InputError ? answer.message : answer, bad.includes(id) ? `${id}` : id);
    }
  }
});

Deno.test("what is refused comes at once, while the next record is waited for", async () => {
  const later = Promise.withResolvers<void>();
  async function* records() {
    yield { id: 0 };
    yield { id: 1 };
    await later.promise;
    yield { id: 2 };
  }
  const answered = withAnswers(records(), {
    ask: ({ id }) => id < 2 ? new Error(`${id}`) : "a",
    by: (texts) => lengths(texts),
  });
  assert.equal((await answered.next()).value!.id, 0);
  assert.equal((await answered.next()).value!.id, 1);
  later.resolve();
  assert.deepEqual((await answered.next()).value, { id: 2, answer: 1 });
  assert((await answered.next()).done);
});

/** Answers texts in their lengths: those that have come if no other comes within a while, as a stream does. */
async function* patientLengths(texts: AsyncIterable<string>): AsyncGenerator<number> {
  const iterator = texts[Symbol.asyncIterator]();
  const window: string[] = [];
  try {
    for (let next = iterator.next();;) {
      const late = new Promise<null>((resolve) => setTimeout(resolve, 5, null));
      const step = await (window.length > 0 ? Promise.race([next, late]) : next);
      if (step !== null && !step.done) {
        window.push(step.value);
        next = iterator.next();
        if (window.length < 1000) continue;
      }
      for (const text of window.splice(0)) yield text.length;
      if (step?.done) return;
    }
  } finally {
    iterator.return?.();
  }
}

Deno.test("memory is bounded whichever records are refused, and the source is closed whenever it is left", async () => {
  const isAsked: Record<string, (id: number) => boolean> = {
    none: () => false,
    "the first": (id) => id === 0,
    "one of 3000": (id) => id % 3000 === 7,
    "the first 100": (id) => id < 100,
  };
  for (const [name, asks] of Object.entries(isAsked)) {
    for (const taken of [1, 10, 2500]) {
      let [read, isClosed] = [0, false];
      const records = function* () {
        try {
          for (; read < 1e5;) yield { id: read++ };
        } finally {
          isClosed = true;
        }
      };
      const answered = withAnswers(records(), {
        ask: ({ id }) => asks(id) ? "a" : new Error("no"),
        by: patientLengths,
      });
      for (let i = 0; i < taken; i++) {
        const { id, answer } = (await answered.next()).value!;
        assert.deepEqual([id, answer instanceof Error], [i, !asks(i)]);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert(read <= taken + 2 * 1024 + 200, `${name}: ${read} are read when ${taken} are taken`);
      await answered.return(undefined);
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert(isClosed, `${name}, ${taken} taken`);
    }
  }
});

Deno.test("a pipeline answers a record that many refused ones follow", async () => {
  using classify = await pipeline("text-classification");
  let read = 0;
  function* records() {
    for (; read < 20_000;) yield { id: read++ };
  }
  const answered = withAnswers(records(), {
    ask: ({ id }) => id === 0 ? "a large animal" : new Error("no"),
    by: (texts) => classify.stream(texts),
  });
  const { value } = await answered.next();
  assert(!(value.answer instanceof Error) && value.answer.label === "noun.animal");
  assert(read < 5000, `${read}`);
  let count = 1;
  for await (const { id, answer } of answered) assert.deepEqual([id, answer instanceof Error], [count++, true]);
  assert.equal(count, 20_000);
});

Deno.test("errors of records, of ask and of the stream end it; what was asked is closed", async () => {
  let isClosed = false;
  async function* records() {
    try {
      for (let id = 0; id < 100; id++) yield await Promise.resolve({ id });
    } finally {
      isClosed = true;
    }
  }
  const fails = async (asking: Asking<{ id: number }, string, number>, message: RegExp) => {
    isClosed = false;
    await assert.rejects(Array.fromAsync(withAnswers(records(), asking)), message);
    assert(isClosed);
  };
  await fails({
    ask: ({ id }) => {
      if (id === 5) throw new RangeError("asked wrongly");
      return "a";
    },
    by: (texts) => lengths(texts),
  }, /RangeError: asked wrongly/);
  await fails({
    ask: () => "a",
    by: async function* (texts) {
      for await (const text of texts) {
        yield text.length;
        throw new Error("no answer");
      }
    },
  }, /Error: no answer/);
  await fails({
    ask: () => "a",
    by: async function* (texts) {
      for await (const text of texts) {
        yield text.length;
        yield 0;
      }
    },
  }, /TypeError: Cannot answer records: the stream gave more answers than it got inputs/);
  isClosed = false;
  for await (const _ of withAnswers(records(), { ask: () => "a", by: (texts) => lengths(texts) })) break;
  assert(isClosed);
});

Deno.test("a record that is none, or has an answer already, is refused", async () => {
  for (
    const [record, message] of [
      [7, /TypeError: Cannot answer a record: it must be an object, got a number/],
      [null, /it must be an object, got null/],
      [{ answer: 1 }, /its field "answer" would be lost; rename it/],
    ] as const
  ) {
    const run = withAnswers([record as unknown as object], { ask: () => "a", by: (texts) => lengths(texts) });
    await assert.rejects(Array.fromAsync(run), message);
  }
});

Deno.test("types follow the stream: with errors, with several labels, of pairs and of queries", async () => {
  using classify = await pipeline("text-classification");
  const rows = [{ line: 1, text: "a large animal" }, { line: 2, text: "to go by air" }];
  const labels: string[] = [];
  for await (
    const { line, answer: { label, score } } of withAnswers(rows, {
      ask: ({ text }) => text,
      by: (texts) => classify.stream(texts),
    })
  ) {
    const [kept, sum]: [number, number] = [line, score];
    labels.push(`${kept} ${label}`);
    assert(sum > 0);
  }
  assert.deepEqual(labels, ["1 noun.animal", "2 verb.motion"]);
  const several = withAnswers(rows, {
    ask: ({ text }) => ({ text }),
    by: (texts) => classify.stream(texts, { top_k: 2, errors: "yield" }),
  });
  for await (const { answer } of several) {
    if (answer instanceof Error) throw answer;
    const [best]: { label: string }[] = answer;
    assert.equal(answer.length, 2);
    assert(best);
  }
  const asked = withAnswers([...rows, { line: 3, text: "person ".repeat(100) }], {
    ask: ({ text, line }) => line === 1 ? new InputError("not this one") : text,
    by: (texts) => classify.stream(texts, { errors: "yield" }),
  });
  const found = await Array.fromAsync(asked);
  assert.deepEqual(found.map(({ answer }) => answer instanceof Error), [true, false, true]);
});
