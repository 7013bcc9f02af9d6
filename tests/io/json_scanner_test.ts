import assert from "node:assert/strict";
import { JsonScanner } from "../../src/io/safetensors/json_scanner.ts";
import { fc } from "../deps.ts";

function read<T>(text: string, method: (json: JsonScanner) => T): T {
  const json = new JsonScanner(text);
  const value = method(json);
  json.end();
  return value;
}

const refuses = (text: string, method: (json: JsonScanner) => unknown, message: string) =>
  assert.throws(() => read(text, method), { name: "SyntaxError", message }, text);

Deno.test("strings: what JSON.stringify writes is read back; lone surrogates are refused", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    assert.equal(read(JSON.stringify(text), (json) => json.string()), text);
  }));
  for (const text of ['"\\ud800"', '"\\udc00"', '"a\\udc00\\ud800"', '"\\ud83d\\u0041"', '"\\ud83d\\n"']) {
    const message = 'expected a string with valid escapes at character 0, got "\\""';
    refuses(text, (json) => json.string(), message);
  }
  assert.equal(read('"\\ud83d\\ude00"', (json) => json.string()), "😀");
});

Deno.test("strings: faults are told with their place", () => {
  const string = (json: JsonScanner) => json.string();
  const unclosed = "expected a closing quote, and control characters only as escapes, at character";
  refuses('"ab', string, `${unclosed} 3, got the end`);
  refuses('"ab\\', string, `${unclosed} 4, got the end`);
  refuses('"ab\\"', string, `${unclosed} 5, got the end`);
  refuses('"a\nb"', string, `${unclosed} 2, got "\\n"`);
  refuses('"\\x"', string, 'expected a string with valid escapes at character 0, got "\\""');
  refuses("'a'", string, 'expected a string at character 0, got "\'"');
  refuses("", string, "expected a string at character 0, got the end");
});

Deno.test("whole numbers: exact up to 2^53 - 1, and nothing that is only nearly one", () => {
  const unsigned = (json: JsonScanner) => json.unsigned();
  fc.assert(fc.property(fc.maxSafeNat(), (n) => assert.equal(read(` ${n}\n`, unsigned), n)));
  assert.equal(read(`${Number.MAX_SAFE_INTEGER}`, unsigned), Number.MAX_SAFE_INTEGER);
  const wrong = ["9007199254740992", "9007199254740993", "18446744073709551616", "1".repeat(400)];
  wrong.push("-0", "-1", "+1", "01", "00", "1.0", "1.", ".5", "1e0", "1E2", "NaN", "Infinity", "true", "null");
  for (const text of wrong) {
    const found = text.slice(0, 30);
    refuses(text, unsigned, `expected a whole number from 0 to 2^53 - 1 at character 0, got "${found}"`);
  }
  refuses("0x1", unsigned, 'expected nothing more at character 1, got "x1"');
});

Deno.test("lists of whole numbers have a longest length, and leave nothing behind for the next", () => {
  assert.deepEqual(read("[ ]", (json) => json.unsignedArray(2)), []);
  const two = read('{"a":[1,2,3],"b":[4]}', (json) => {
    const lists: number[][] = [];
    json.object(() => lists.push(json.unsignedArray(3)));
    return lists;
  });
  assert.deepEqual(two, [[1, 2, 3], [4]]);
  const upToTwo = (json: JsonScanner) => json.unsignedArray(2);
  refuses("[1,2,3]", upToTwo, 'expected at most 2 numbers at character 5, got "3"');
  refuses("[1,]", upToTwo, 'expected a whole number from 0 to 2^53 - 1 at character 3, got "]"');
  refuses("[1 2]", upToTwo, 'expected "," or "]" at character 3, got "2"');
  refuses("{}", upToTwo, 'expected an array at character 0, got "{"');
});

Deno.test("objects: every key is handed over, the same one twice too", () => {
  const keys: string[] = [];
  read('{ "a" : 1 , "__proto__":{"b":[1]},"a":"\\u0061"}', (json) =>
    json.object((key) => {
      keys.push(key);
      json.skip();
    }));
  assert.deepEqual(keys, ["a", "__proto__", "a"]);
  const object = (json: JsonScanner) => json.object(() => json.skip());
  refuses('{"a":1,}', object, 'expected a string at character 7, got "}"');
  refuses('{"a" 1}', object, 'expected ":" at character 5, got "1"');
  refuses('{"a":1 "b":2}', object, 'expected "," or "}" at character 7, got "\\""');
  refuses('{"a":}', object, 'expected a value at character 5, got "}"');
  refuses("{} {}", object, 'expected nothing more at character 3, got "{"');
});

Deno.test("skip: takes what JSON.parse takes, and nothing else", () => {
  fc.assert(fc.property(fc.json(), (text) => read(` ${text} `, (json) => json.skip())));
  // Any text, but made of JSON's own characters, so that many are nearly valid.
  const texts = fc.string({ unit: fc.constantFrom(...'{}[]:,"01-.eE +\\un', "true", "null"), maxLength: 12 });
  fc.assert(fc.property(texts, (text) => assert.equal(isValid(text, JSON.parse), isValid(text, skipAll))), {
    numRuns: 5000,
  });
});

Deno.test("skip: nesting is bounded", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  read(nested(127), (json) => json.skip());
  refuses(nested(128), (json) => json.skip(), 'expected at most 127 nested values at character 127, got "["');
  refuses("[".repeat(1e6), (json) => json.skip(), 'expected at most 127 nested values at character 127, got "["');
});

function skipAll(text: string): void {
  read(text, (json) => json.skip());
}

function isValid(text: string, parse: (text: string) => unknown): boolean {
  try {
    parse(text);
    return true;
  } catch (error) {
    assert.ok(error instanceof SyntaxError);
    return false;
  }
}
