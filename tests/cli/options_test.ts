import assert from "node:assert/strict";
import {
  choice,
  count,
  countOrAll,
  flag,
  list,
  readOptions,
  toggle,
  UsageError,
  value,
  values,
} from "../../src/cli/options.ts";

const OPTIONS = {
  on: flag("a switch", { short: "o" }),
  norm: toggle("a switch with an opposite"),
  name: value("TEXT", "a text"),
  file: values("FILE", "a file", { short: "f" }),
  words: list("WORD,...", "words"),
  color: choice(["red", "green"], "a color"),
  most: count("a number"),
  least: count("a number", { from: 0 }),
  top: countOrAll("a number or all"),
};

const read = (...args: string[]) => readOptions(args, OPTIONS);

Deno.test("options that are not given are false, empty or undefined", () => {
  assert.deepEqual(read().values, {
    on: false,
    norm: undefined,
    name: undefined,
    file: [],
    words: undefined,
    color: undefined,
    most: undefined,
    least: undefined,
    top: undefined,
  });
});

Deno.test("options are read by name, letter and equals sign; of several the last counts, or all", () => {
  const { values, positionals } = read(
    ...["-o", "--no-norm", "--name=--x", "--name", "y", "-f", "1", "text", "--file=2", "--words", "a, b", "--words=c"],
    ...["--color", "green", "--most", "7", "--least=0", "--top", "all", "--", "--on"],
  );
  assert.deepEqual(values, {
    on: true,
    norm: false,
    name: "y",
    file: ["1", "2"],
    words: ["a", "b", "c"],
    color: "green",
    most: 7,
    least: 0,
    top: null,
  });
  assert.deepEqual(positionals, ["text", "--on"]);
  assert.deepEqual([read("--norm").values.norm, read("--top", "3").values.top], [true, 3]);
});

Deno.test("wrong options are refused by name", () => {
  const cases: [args: string[], message: string | RegExp][] = [
    [["--colour"], "Unknown option '--colour'; did you mean \"--color\"?"],
    [["-x"], "Unknown option '-x'"],
    [["--no-name"], "Unknown option '--no-name'; did you mean \"--name\"?"],
    [["--name"], "--name needs a value; one that begins with a hyphen is written --name=-..."],
    [["-of"], "--file needs a value; one that begins with a hyphen is written --file=-..."],
    [["--name", "--on"], "--name needs a value; one that begins with a hyphen is written --name=-..."],
    [["--most", "-1"], "--most needs a value; one that begins with a hyphen is written --most=-..."],
    [["--most", "-1", "--no-name"], "--most needs a value; one that begins with a hyphen is written --most=-..."],
    [["-f", "-1"], "--file needs a value; one that begins with a hyphen is written --file=-..."],
    [["--on=1"], /--on.* does not take an argument$/],
    [["--color", "blue"], '--color must be one of red, green, got "blue"'],
    [["--words", "a,,b"], '--words must be words with commas between them, got "a,,b"'],
    [["--most", "0"], '--most must be a whole number from 1, got "0"'],
    [["--most", "all"], '--most must be a whole number from 1, got "all"'],
    [["--most", "4294967296"], '--most must be a whole number from 1 and below a billion, got "4294967296"'],
    [["--most=-1"], '--most must be a whole number from 1, got "-1"'],
    [["--least", "1.5"], '--least must be a whole number from 0, got "1.5"'],
    [["--top", "0"], '--top must be a whole number from 1, got "0"'],
  ];
  for (const [args, message] of cases) {
    assert.throws(() => read(...args), (error) => {
      assert(error instanceof UsageError);
      if (typeof message === "string") assert.equal(error.message, message);
      else assert.match(error.message, message);
      return true;
    });
  }
});
