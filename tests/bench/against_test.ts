/** What `deno task bench:against` does besides timing: its command line, its choice of works, its protocol and its ratios. */

import assert from "node:assert/strict";
import { unknownCommit } from "../../bench/against/checkout.ts";
import { Choice, match } from "../../bench/against/choice.ts";
import { parseOptions } from "../../bench/against/options.ts";
import { lineOf, linesOf, parseAnswer, parseRequest } from "../../bench/against/protocol.ts";
import { geometricMean, heading, ratioOf, row, summary, summaryLines } from "../../bench/against/ratios.ts";
import { sampleSize } from "../../bench/against/sample.ts";

const at = (...walls: number[]) => walls.map((wall) => ({ wall, cpu: wall / 10 }));
const FASTER = { name: "call: faster", here: at(3, 1, 2), there: at(5, 4, 6) };
const SLOWER = { name: "call: slower", here: at(4000.4, 5000), there: at(1000.1, 9000) };
const UNTIMED = { name: "call: untimed", here: [{ wall: 1 / 3, cpu: 0 }], there: [{ wall: 2 / 3, cpu: 1 }] };

Deno.test("the ratio is that of the minima, over 1 if the working tree is faster", () => {
  assert.equal(ratioOf(FASTER, "wall"), 4);
  assert.equal(ratioOf({ ...FASTER, here: FASTER.there, there: FASTER.here }, "wall"), 1 / 4);
});

Deno.test("the two clocks have minima of their own, and one that stood still has no ratio", () => {
  const here = [{ wall: 1, cpu: 9 }, { wall: 5, cpu: 2 }];
  assert.equal(ratioOf({ name: "", here, there: [{ wall: 3, cpu: 1 }] }, "wall"), 3);
  assert.equal(ratioOf({ name: "", here, there: [{ wall: 3, cpu: 1 }] }, "cpu"), 1 / 2);
  assert.ok(Number.isNaN(ratioOf(UNTIMED, "cpu")));
});

Deno.test("the mean of ratios is geometric: as much faster as slower is the same", () => {
  assert.ok(Math.abs(geometricMean([4, 1 / 4]) - 1) < 1e-12);
  assert.ok(Math.abs(geometricMean([2, 2, 16]) - 4) < 1e-12);
  assert.ok(Number.isNaN(geometricMean([])));
});

Deno.test("the table has ratios, minima and name in columns, and ends with mean and worst by each clock", () => {
  assert.equal(heading("49b1b78"), "  ratio    here, ms   49b1b78, ms  CPU ratio  work");
  assert.equal(row(FASTER), "  4.000           1             4      4.000  call: faster");
  assert.equal(row(SLOWER), "  0.250        4000          1000      0.250  call: slower");
  assert.equal(row(UNTIMED), "  2.000      0.3333        0.6667        NaN  call: untimed");
  assert.deepEqual(summaryLines([FASTER, SLOWER, UNTIMED]), [
    "time: geometric mean of 3 works 1.260; worst 0.250, call: slower",
    "CPU time: geometric mean of 2 works 1.000; worst 0.250, call: slower",
  ]);
  assert.equal(summary([UNTIMED], "cpu"), null);
  assert.deepEqual(summaryLines([]), ["time: nothing was compared", "CPU time: nothing was compared"]);
});

Deno.test("works of one side only are told apart from those of both", () => {
  assert.deepEqual(match(["a", "new", "b"], ["old", "b", "a"]), {
    both: ["a", "b"],
    onlyHere: ["new"],
    onlyThere: ["old"],
  });
});

Deno.test("words choose by part of a file's name, by FILE:NAME, or by name in all files", () => {
  const files = ["bert256", "call", "kernels"];
  const chosen = (...words: string[]) => {
    const choice = new Choice(words, files);
    const works = [["bert256", "MLM, 2:10"], ["call", "one call"], ["kernels", "softmax 8 x 8"], [
      "kernels",
      "a call 2:10",
    ]];
    return {
      files: files.filter((file) => choice.hasFile(file)),
      works: works.filter(([file = "", work = ""]) => choice.has(file, work)).map(([, work]) => work),
    };
  };
  assert.equal(chosen().works.length, 4);
  assert.deepEqual(chosen("call"), { files: ["call"], works: ["one call"] });
  assert.deepEqual(chosen("bert"), { files: ["bert256"], works: ["MLM, 2:10"] });
  assert.deepEqual(chosen("kernels:softmax"), { files: ["kernels"], works: ["softmax 8 x 8"] });
  assert.deepEqual(chosen("kernels: 2:10"), { files: ["kernels"], works: ["a call 2:10"] });
  assert.deepEqual(chosen("2:10"), { files, works: ["MLM, 2:10", "a call 2:10"] });
  assert.deepEqual(chosen("call", "kernels:softmax").works, ["one call", "softmax 8 x 8"]);
  assert.deepEqual(chosen("nothing").works, []);
});

Deno.test("the command line: a commit, words and options, or what is wrong", () => {
  assert.deepEqual(parseOptions(["HEAD~1", "call", "--rounds", "5", "--list", "layers", "--json", "x.json"]), {
    commit: "HEAD~1",
    words: ["call", "layers"],
    processes: 3,
    rounds: 5,
    list: true,
    json: "x.json",
  });
  assert.throws(() => parseOptions([]), {
    name: "SyntaxError",
    message: /name a commit; usage: deno task bench:against/,
  });
  assert.throws(() => parseOptions(["HEAD", "--rounds", "0"]), { name: "SyntaxError", message: /from 1, got "0"/ });
  assert.throws(() => parseOptions(["HEAD", "--processes", "few"]), { name: "SyntaxError", message: /got "few"/ });
  assert.throws(() => parseOptions(["HEAD", "--turns"]), { name: "SyntaxError", message: /--turns/ });
});

Deno.test("a first word that is no commit is refused with the order of the words", () => {
  assert.equal(
    unknownCommit("softmax", "").message,
    'Cannot compare with "softmax": git knows no such commit; the first word is the commit: ' +
      "deno task bench:against main softmax",
  );
  assert.equal(
    unknownCommit("main", "not a git repository").message,
    'Cannot compare with "main": not a git repository',
  );
});

Deno.test("a short work is repeated within a part, and parts make up a sample", () => {
  assert.deepEqual(sampleSize(0.01), { repeats: 100, parts: 30 });
  assert.deepEqual(sampleSize(0.4), { repeats: 3, parts: 25 });
  assert.deepEqual(sampleSize(10), { repeats: 1, parts: 3 });
  assert.deepEqual(sampleSize(5000), { repeats: 1, parts: 1 });
});

Deno.test("messages come back from their lines, and other lines are refused", () => {
  const text = (message: Parameters<typeof lineOf>[0]) => new TextDecoder().decode(lineOf(message));
  for (const request of [{ work: "a\nb", size: null }, { work: "", size: { parts: 2, repeats: 3 } }]) {
    assert.deepEqual(parseRequest(text(request)), request);
  }
  for (const answer of [{ works: ["a", "b"] }, { works: [] }, { time: { wall: 0.5, cpu: 0 } }, { error: "no" }]) {
    assert.deepEqual(parseAnswer(text(answer)), answer);
  }
  const half = '{"work":"a","size":{"parts":1,"repeats":0.5}}';
  for (const line of ["", "hello", "null", "[]", '{"work":"a"}', '{"size":null}', half]) {
    assert.throws(() => parseRequest(line), { name: "SyntaxError", message: /it is no request/ }, line);
  }
  for (
    const line of [
      "",
      "hello",
      "null",
      "{}",
      '{"works":[1]}',
      '{"time":{"wall":0,"cpu":1}}',
      '{"time":{"wall":1}}',
      '{"time":null}',
    ]
  ) {
    assert.throws(() => parseAnswer(line), { name: "SyntaxError", message: /it is no answer/ }, line);
  }
});

Deno.test("lines are found however a stream is cut", async () => {
  const bytes = new TextEncoder().encode("first\nsécond\n\nlost");
  for (const size of [1, 2, 7, 100]) {
    const pieces = Array.from(
      { length: Math.ceil(bytes.length / size) },
      (_, i) => bytes.slice(i * size, (i + 1) * size),
    );
    assert.deepEqual(await Array.fromAsync(linesOf(ReadableStream.from(pieces))), ["first", "sécond", ""]);
  }
});
