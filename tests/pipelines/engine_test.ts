import assert from "node:assert/strict";
import { pipeline } from "../../mod.ts";
import { InputError, type NarrowBertError, NonFiniteError } from "../../src/base/errors.ts";
import { BATCH_TOKENS, PADDED } from "../../src/pipelines/engine/batches.ts";
import type { Progress } from "../../src/pipelines/engine/task.ts";
import { shouting } from "./fake_task.ts";

/** Texts of one word each, `lengths[i]` letters long, all different. */
const words = (lengths: readonly number[]) => lengths.map((length, i) => `${i}`.padEnd(length, "x"));

/** A pause that lets everything that is ready go on. */
const tick = (ms = 0) => new Promise<void>((resolve) => setTimeout(resolve, ms));

Deno.test("one input gives its answer, a list a list in its order, an empty list an empty one", async () => {
  const { engine, journal } = shouting();
  assert.equal(await engine.one("a bc"), "A BC");
  assert.deepEqual(await engine.many(["one", "three", "", "two words"]), ["ONE", "THREE", "", "TWO WORDS"]);
  assert.deepEqual(await engine.many([]), []);
  assert.equal(journal.batches.length, 2);
});

Deno.test("options reach the task; unknown ones are refused by name", async () => {
  const { engine } = shouting();
  assert.equal(await engine.one("a", { mark: "!" }), "A!");
  const message =
    'Cannot shout a text: there is no option "marks"; options are mark, signal, progress_callback, timing_callback; ' +
    'did you mean "mark"?';
  await assert.rejects(() => engine.one("a", { marks: "!" } as object), new TypeError(message));
  assert.throws(() => engine.stream([], { marks: "!" } as object), /no option "marks"; options are .*, errors, window/);
  for (const window of [0, 1.5, NaN]) assert.throws(() => engine.stream([], { window }), RangeError);
  assert.throws(() => engine.stream([], { errors: "skip" as "yield" }), RangeError);
});

Deno.test("batches hold inputs of like length, longest first, within the token budget", async () => {
  const { engine, journal } = shouting();
  const third = Math.floor(BATCH_TOKENS / 3) - 7;
  const texts = words([7, third, 7, third, third, 7, third, third]);
  assert.deepEqual(await engine.many(texts), texts.map((text) => text.toUpperCase()));
  assert.deepEqual(journal.batches.map((batch) => batch.map(({ length }) => length)), [
    [third, third, third],
    [third, third, 7, 7, 7],
  ]);
});

Deno.test("one long input among many short ones does not widen all of them", async () => {
  const { engine, journal } = shouting();
  const texts = words([...new Array(800).fill(4), BATCH_TOKENS / 8]);
  assert.deepEqual(await engine.many(texts), texts.map((text) => text.toUpperCase()));
  for (const batch of journal.batches) {
    const longest = Math.max(...batch.map(({ length }) => length));
    assert(batch.length * longest <= PADDED * BATCH_TOKENS, `${batch.length} texts of up to ${longest} tokens`);
  }
  assert.equal(journal.batches.length, 2);
});

Deno.test("the next batch is submitted before the last is read, and no more than that", async () => {
  const { engine, journal } = shouting(() => tick());
  await engine.many(words(new Array(6).fill(BATCH_TOKENS)));
  assert.equal(journal.batches.length, 6);
  assert.equal(journal.mostRunning, 2);
});

Deno.test("a bad input of a list is named, and nothing is computed", async () => {
  const { engine, journal } = shouting();
  await assert.rejects(
    () => engine.many(["a", "b?", "c?"]),
    new InputError("Cannot shout text 2 of 3: it must not ask"),
  );
  await assert.rejects(() => engine.one("b?"), new InputError("Cannot shout the text: it must not ask"));
  assert.equal(journal.batches.length, 0);
});

Deno.test("a result that is not finite is withheld", async () => {
  const { engine } = shouting();
  const error = new NonFiniteError("Cannot shout text 2 of 2: the model gave Infinity, so the answer is withheld");
  await assert.rejects(() => engine.many(["a", "b ∞"]), error);
  const answers = await Array.fromAsync(engine.stream(["a", "b ∞", "c"], { errors: "yield" }));
  assert.deepEqual([answers[0], answers[2]], ["A", "C"]);
  assert(answers[1] instanceof NonFiniteError);
});

Deno.test("an error of the model ends the call, after what else runs", async () => {
  const { engine, journal } = shouting(async (texts) => {
    await tick(texts[0]!.startsWith("0") ? 0 : 20);
    if (texts[0]!.startsWith("0")) throw new Error("lost");
  });
  await assert.rejects(() => engine.many(words([BATCH_TOKENS, BATCH_TOKENS, BATCH_TOKENS])), /lost/);
  assert.deepEqual([journal.batches.length, journal.running], [2, 0]);
});

Deno.test("progress counts the inputs that are answered", async () => {
  const { engine } = shouting();
  const seen: Progress[] = [];
  const options = { progress_callback: (progress: Progress) => void seen.push(progress) };
  await engine.many(words([BATCH_TOKENS, 5, BATCH_TOKENS, 5]), options);
  assert.deepEqual(seen, [{ done: 1, total: 4 }, { done: 2, total: 4 }, { done: 4, total: 4 }]);
  seen.length = 0;
  await Array.fromAsync(engine.stream(words([5, 5, 5]), { ...options, window: 2 }));
  assert.deepEqual(seen, [{ done: 2, total: 3 }, { done: 3, total: 3 }]);
  const stop = () => engine.many(["a"], { progress_callback: () => assert.fail("enough") });
  await assert.rejects(stop, /enough/);
});

Deno.test("a stream answers in order, from arrays, generators and async generators", async () => {
  const { engine } = shouting();
  const texts = words(Array.from({ length: 500 }, (_, i) => 3 + i * 7 % 31));
  const expected = texts.map((text) => text.toUpperCase());
  async function* slowly() {
    for (const text of texts) {
      if (text.length % 10 === 0) await tick();
      yield text;
    }
  }
  for (const source of [texts, texts.values(), slowly()]) {
    assert.deepEqual(await Array.fromAsync(engine.stream(source, { window: 64 })), expected);
  }
  assert.deepEqual(await Array.fromAsync(engine.stream([])), []);
});

Deno.test("a stream reads at most two windows ahead, and nothing while nobody asks", async () => {
  const { engine, journal } = shouting();
  let pulled = 0;
  function* endless() {
    for (;;) yield `${pulled++}`;
  }
  const window = 10;
  let answered = 0;
  const answers = engine.stream(endless(), { window });
  await tick();
  assert.equal(pulled, 0);
  for await (const answer of answers) {
    assert.equal(answer, `${answered++}`);
    assert(pulled - answered < 2 * window, `${pulled} read, ${answered} answered`);
    if (answered === 7) {
      const before: number = pulled;
      await tick(5);
      assert.equal(pulled, before);
    }
    if (answered === 95) break;
  }
  assert.equal(journal.running, 0);
});

Deno.test("a window also ends where it has tokens enough, so that long texts are not piled up", async () => {
  const { engine } = shouting();
  let pulled = 0;
  function* long() {
    for (;;) yield `${pulled++}`.padEnd(BATCH_TOKENS, "x");
  }
  for await (const _ of engine.stream(long())) break;
  assert(pulled <= 32, `${pulled} read`);
});

Deno.test("whoever needs an answer before the next input gets it", async () => {
  const { engine } = shouting();
  let answer = "";
  async function* conversation() {
    for (const text of ["a", "b?", "c"]) {
      answer = "";
      yield text;
      while (answer === "") await tick(5);
    }
  }
  const seen: string[] = [];
  for await (const given of engine.stream(conversation(), { errors: "yield" })) {
    answer = String(given);
    seen.push(answer);
  }
  assert.deepEqual(seen, ["A", "InputError: Cannot shout text 2: it must not ask", "C"]);
});

Deno.test("a slow but steady source gets answers long before its window is full", async () => {
  const { engine } = shouting();
  const inputs = 20;
  let given = 0;
  let answered = 0;
  let behind = 0;
  async function* steadily() {
    while (given < inputs) {
      await tick(30);
      yield `${given++}`;
    }
  }
  for await (const _ of engine.stream(steadily())) behind = Math.max(behind, given - answered++);
  assert.equal(answered, inputs);
  assert(behind <= 4, `${behind} inputs without an answer`);
});

Deno.test("an answer that cannot be put together takes its place as an error", async () => {
  const { engine } = shouting();
  const error = new Error("there are no words for this");
  await assert.rejects(() => engine.many(["a", "wordless"]), error);
  const answers = await Array.fromAsync(engine.stream(["a", "wordless", "c"], { errors: "yield" }));
  assert.deepEqual(answers, ["A", error, "C"]);
});

Deno.test("a bad input ends a stream where its answer would be, or takes its place", async () => {
  const { engine } = shouting();
  const texts = ["a", "b", "c?", "d", "e?"];
  const seen: string[] = [];
  const all = async () => {
    for await (const answer of engine.stream(texts)) seen.push(answer);
  };
  await assert.rejects(all, new InputError("Cannot shout text 3: it must not ask"));
  assert.deepEqual(seen, ["A", "B"]);
  const answers = await Array.fromAsync(engine.stream(texts, { errors: "yield" }));
  assert.deepEqual(answers.map((answer) => typeof answer === "string" ? answer : answer.message), [
    "A",
    "B",
    "Cannot shout text 3: it must not ask",
    "D",
    "Cannot shout text 5: it must not ask",
  ]);
});

Deno.test("what a source gave before it failed is answered first", async () => {
  const { engine } = shouting();
  async function* failing() {
    yield "a";
    await tick();
    yield "b";
    throw new Error("the file is torn");
  }
  for (
    const source of [
      failing(),
      (function* () {
        yield "a";
        yield "b";
        throw new Error("the file is torn");
      })(),
    ]
  ) {
    const seen: string[] = [];
    await assert.rejects(async () => {
      for await (const answer of engine.stream(source)) seen.push(answer);
    }, /the file is torn/);
    assert.deepEqual(seen, ["A", "B"]);
  }
});

Deno.test("a stream that is left closes its source and waits for what runs", async () => {
  const { engine, journal } = shouting(() => tick(5));
  let closed = false;
  async function* source() {
    try {
      for (let i = 0;; i++) yield `${i}`;
    } finally {
      await tick();
      closed = true;
    }
  }
  for await (const _ of engine.stream(source(), { window: 3 })) break;
  assert.deepEqual([closed, journal.running], [true, 0]);
});

Deno.test("aborting ends a list and a stream with the signal's reason, when nothing runs any more", async () => {
  const texts = words(new Array(8).fill(BATCH_TOKENS));
  for (const way of ["list", "stream"]) {
    const controller = new AbortController();
    const { engine, journal } = shouting(async () => {
      await tick();
      if (journal.batches.length >= 3) controller.abort(new Error("enough"));
    });
    const { signal } = controller;
    const call = async () =>
      way === "list" ? await engine.many(texts, { signal }) : await Array.fromAsync(engine.stream(texts, { signal }));
    await assert.rejects(call, /enough/);
    assert.equal(journal.running, 0);
    assert(journal.batches.length <= 4, `${journal.batches.length} batches`);
  }
});

Deno.test("aborting a stream gives no further answer, not even one that is there", async () => {
  const controller = new AbortController();
  const seen: string[] = [];
  await assert.rejects(async () => {
    for await (const answer of shouting().engine.stream(["a", "b", "c"], { signal: controller.signal })) {
      seen.push(answer);
      if (answer === "B") controller.abort(new Error("enough"));
    }
  }, /enough/);
  assert.deepEqual(seen, ["A", "B"]);
});

/** Stops a stream of texts when batch `last` is to be computed, and gives what comes of it. */
async function stopped(texts: readonly string[], { last, errors }: { last: number; errors: "throw" | "yield" }) {
  const controller = new AbortController();
  const reason = new Error("that will do");
  const { engine, journal } = shouting(async (_, signal) => {
    if (journal.batches.length < last) return;
    await tick(); // so that the batches before it are settled
    controller.abort(reason);
    signal!.throwIfAborted();
  });
  const options = { stop: controller.signal, errors, window: texts.length };
  return { answers: await Array.fromAsync(engine.stream(texts, options as { errors: "yield" })), journal, reason };
}

Deno.test("a stream that is stopped yields what is answered, and ends without an error", async () => {
  const full = BATCH_TOKENS;
  // Batches in the order of their length: the third text, the first, the second.
  const texts = words([full - 1, full - 2, full]);
  const [first, second] = [texts[0]!.toUpperCase(), texts[2]!.toUpperCase()];
  const some = await stopped(texts, { last: 3, errors: "yield" });
  assert.deepEqual(some.answers, [first, some.reason, second]);
  const prefix = await stopped(texts, { last: 3, errors: "throw" });
  assert.deepEqual(prefix.answers, [first]);
  assert.equal(prefix.journal.running, 0);
  const none = await stopped(texts, { last: 1, errors: "yield" });
  assert.deepEqual(none.answers, []);
  assert.equal(none.journal.batches.length <= 2, true);
});

Deno.test("a stream that is stopped does not wait for its source; an abort goes before a stop", async () => {
  const stop = AbortSignal.abort(new Error("stop"));
  const signal = AbortSignal.abort(new Error("abort"));
  async function* silent() {
    yield "one";
    await new Promise(() => {});
  }
  const { engine, journal } = shouting();
  assert.deepEqual(await Array.fromAsync(engine.stream(silent(), { stop })), []);
  await assert.rejects(Array.fromAsync(engine.stream(silent(), { stop, signal })), /^Error: abort$/);
  assert.deepEqual(journal.batches, []);
});

Deno.test("a stream tells how many inputs there are if its source says so", async () => {
  const { engine } = shouting();
  const totalsOf = async (inputs: Iterable<string>) => {
    const found: (number | undefined)[] = [];
    for await (const _ of engine.stream(inputs, { progress_callback: ({ total }) => found.push(total) }));
    return found;
  };
  assert.deepEqual(await totalsOf(["one", "two"]), [2]);
  assert.deepEqual(await totalsOf(new Set(["one", "two"])), [2]);
  assert.deepEqual(await totalsOf(["one"].values()), [undefined]);
});

Deno.test("aborting before a call begins computes nothing", async () => {
  const { engine, journal } = shouting();
  const signal = AbortSignal.abort(new Error("never"));
  await assert.rejects(() => engine.many(["a"], { signal }), /never/);
  await assert.rejects(() => Array.fromAsync(engine.stream(["a"], { signal })), /never/);
  assert.equal(journal.batches.length, 0);
});

Deno.test("aborting does not wait for a source that gives nothing", async () => {
  const { engine } = shouting();
  const controller = new AbortController();
  let give = () => {};
  async function* silent() {
    yield "a";
    await new Promise<void>((resolve) => give = resolve);
    yield "b";
  }
  const seen: string[] = [];
  await assert.rejects(async () => {
    for await (const answer of engine.stream(silent(), { signal: controller.signal })) {
      seen.push(answer);
      setTimeout(() => controller.abort(new Error("enough")), 5);
    }
  }, /enough/);
  assert.deepEqual(seen, ["A"]);
  give();
});

Deno.test("aborting does not wait for promises of the source's own making either", async () => {
  const { engine } = shouting();
  const controller = new AbortController();
  const steps = [{ then: (resolve: (step: IteratorResult<string>) => void) => resolve({ value: "a" }) }];
  const next = () => steps.pop() ?? { then() {} };
  const source = { [Symbol.asyncIterator]: () => ({ next }) } as unknown as AsyncIterable<string>;
  const seen: string[] = [];
  await assert.rejects(async () => {
    for await (const answer of engine.stream(source, { signal: controller.signal })) {
      seen.push(answer);
      setTimeout(() => controller.abort(new Error("enough")), 5);
    }
  }, /enough/);
  assert.deepEqual(seen, ["A"]);
});

Deno.test("a stream of what is no iterable is refused by name", () => {
  const { engine } = shouting();
  for (const [inputs, found] of [["abc", "a string"], [undefined, "undefined"], [null, "null"], [3, "a number"]]) {
    assert.throws(
      () => engine.stream(inputs as unknown as string[]),
      new TypeError(
        `Cannot shout a stream of texts: it must be an iterable or async iterable of them, got ${found}`,
      ),
    );
  }
});

Deno.test("a list gives errors in place of answers if it is told to, each with its input", async () => {
  const classify = await pipeline("text-classification");
  const long = "person ".repeat(500);
  const texts = ["king", long, "a small tool", 7 as unknown as string];
  await assert.rejects(classify(texts), (error: InputError) => error.code === "input" && error.index === 1);
  const answers = await classify(texts, { errors: "yield" });
  assert.deepEqual(answers.map((answer) => answer instanceof Error), [false, true, false, true]);
  const { index, input, code } = answers[1] as InputError;
  assert.deepEqual([index, input === long, code], [1, true, "input"]);
  assert.equal((answers[3] as Error).name, "TypeError");
  assert.deepEqual(answers[0], (await classify(["king"]))[0]);
  const streamed = await Array.fromAsync(classify.stream(texts, { errors: "yield" }));
  assert.deepEqual(streamed.map((answer) => (answer as InputError).index), [undefined, 1, undefined, undefined]);
  await assert.rejects(classify(texts, { errors: "skip" as "yield" }), /errors must be "throw" or "yield", got "skip"/);
  await assert.rejects(classify("king", { errors: "yield" } as object), /errors/);
  classify.dispose();
  await assert.rejects(classify("king"), (error: NarrowBertError) => error.code === "disposed");
});

Deno.test("waitMs is how long a window waits for inputs that come one by one", async () => {
  const sizesWith = async (waitMs: number) => {
    async function* source() {
      for (let i = 0; i < 6; i++) {
        await tick(20);
        yield `${i}`;
      }
    }
    const { engine, journal } = shouting();
    assert.equal((await Array.fromAsync(engine.stream(source(), { waitMs }))).length, 6);
    return journal.batches.map(({ length }) => length);
  };
  assert.deepEqual(await sizesWith(0), [1, 1, 1, 1, 1, 1]);
  assert.deepEqual(await sizesWith(10_000), [6]);
  for (const waitMs of [-1, NaN, Infinity]) assert.throws(() => shouting().engine.stream([], { waitMs }), RangeError);
});

Deno.test("a stream over an array lets other events have their turn while it encodes", async () => {
  const { engine } = shouting();
  const texts = Array.from({ length: 1024 }, (_, i) => `${i} `.repeat(600));
  let last = performance.now();
  let longest = 0;
  const look = () => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  };
  const timer = setInterval(look, 1);
  let turns = 0;
  const counting = setInterval(() => turns++, 1);
  for await (const _ of engine.stream(texts)) if (turns > 4) break;
  clearInterval(timer);
  clearInterval(counting);
  assert(turns > 4, `${turns} turns, the longest pause ${longest} ms`);
});

Deno.test("what goes wrong after a stop is an error all the same", async () => {
  const stop = new AbortController();
  const thrown = new Error("a full disk");
  const { engine } = shouting();
  const texts = words(new Array(40).fill(3));
  const progress_callback = () => {
    stop.abort();
    throw thrown;
  };
  await assert.rejects(Array.fromAsync(engine.stream(texts, { stop: stop.signal, progress_callback })), thrown);
  const bad = new AbortController();
  const answers: string[] = [];
  const read = async () => {
    for await (const answer of engine.stream(["one", "two", "is it?", "four"], { stop: bad.signal })) {
      answers.push(answer);
      if (answers.length === 2) bad.abort();
    }
  };
  await assert.rejects(read, /it must not ask/);
  assert.deepEqual(answers, ["ONE", "TWO"]);
});

Deno.test("an abort does not wait for a source that does not let itself be closed", async () => {
  const { engine } = shouting();
  async function* stubborn() {
    try {
      for (let i = 0;; i++) yield `${i}`;
    } finally {
      await new Promise(() => {});
    }
  }
  const controller = new AbortController();
  const read = async () => {
    for await (const _ of engine.stream(stubborn(), { signal: controller.signal, window: 4 })) controller.abort();
  };
  await assert.rejects(read, { name: "AbortError" });
});
