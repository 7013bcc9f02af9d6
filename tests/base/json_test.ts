import assert from "node:assert/strict";
import { entriesOf, jsonText, objectOf, parseKeeping } from "../../src/base/json.ts";

Deno.test("numbers are written again as they were, and texts, lists and objects too", () => {
  const texts = [
    '{"id":1759283746501928374,"t":"id:1759283746501928374"}',
    "[1.0,1e400,-0,0,-0.0,1E5,1e-7,0.1,123456789012345678901234567890,9007199254740993,12]",
    '{"a":[{"b":[1.50]}],"c":null,"d":true}',
    "1.0",
    '"1.0"',
    '{"b":1,"2":{"10":[],"9":{"x":{},"1":-0}},"1":"2\\":","3":null}',
    '[{"7":"\\\\"},{"":1,"0":2}]',
    '{"text":"a","2024":5,"2023":4,"id":1.0}',
    '{"1":{"toJSON":[1.0]},"0":{"toJSON":"x"}}',
  ];
  for (const text of texts) assert.equal(jsonText(parseKeeping(text)), text);
});

Deno.test("numbers that JavaScript writes in the same way stay numbers", () => {
  const text = '{"a":1,"b":[0.5,-3,1e+21],"c":9007199254740991,"d":0}';
  assert.deepEqual(parseKeeping(text), JSON.parse(text));
});

Deno.test("what is not JSON is an error", () => {
  for (const text of ["", "{", "1.", "[01.5]", '{"a":1.0,}']) {
    assert.throws(() => parseKeeping(text), SyntaxError);
  }
});

Deno.test("fields keep their order, whatever their names, and a later one of a name counts", () => {
  const object = objectOf([["b", 1], ["2", 2], ["1", 3], ["b", 4], ["__proto__", 5]]);
  assert.deepEqual(entriesOf(object), [["b", 4], ["2", 2], ["1", 3], ["__proto__", 5]]);
  assert.equal(jsonText({ a: [object, undefined], c: undefined }), '{"a":[{"b":4,"2":2,"1":3,"__proto__":5},null]}');
  assert.equal(jsonText(parseKeeping('{"\\u0032":1,"\\u0031":2}')), '{"2":1,"1":2}');
  assert.equal(jsonText(parseKeeping('{"1" : 1, "b": 2, "0":3, "b":[ ] }')), '{"1":1,"b":[],"0":3}');
});

Deno.test("what is nested too deeply to be written again is an error", () => {
  const deep = (depth: number, text: string) => `${"[".repeat(depth)}${text}${"]".repeat(depth)}`;
  for (const text of ["1.0", "1", '{"1":"[[","0":1}']) {
    assert.throws(() => parseKeeping(deep(200_000, text)), /lists and objects are nested more than 1000 deep/);
    assert.equal(jsonText(parseKeeping(deep(999, text))), deep(999, text));
  }
  const brackets = JSON.stringify("[".repeat(5000));
  assert.equal(jsonText(parseKeeping(brackets)), brackets);
});
