import assert from "node:assert/strict";
import { parseKeepingNumbers } from "../../src/base/json.ts";

Deno.test("numbers are written again as they were, and texts, lists and objects too", () => {
  const texts = [
    '{"id":1759283746501928374,"t":"id:1759283746501928374"}',
    "[1.0,1e400,-0,0,-0.0,1E5,1e-7,0.1,123456789012345678901234567890,9007199254740993,12]",
    '{"a":[{"b":[1.50]}],"c":null,"d":true}',
    "1.0",
    '"1.0"',
  ];
  for (const text of texts) assert.equal(JSON.stringify(parseKeepingNumbers(text)), text);
});

Deno.test("numbers that JavaScript writes in the same way stay numbers", () => {
  const text = '{"a":1,"b":[0.5,-3,1e+21],"c":9007199254740991,"d":0}';
  assert.deepEqual(parseKeepingNumbers(text), JSON.parse(text));
});

Deno.test("what is not JSON is an error", () => {
  for (const text of ["", "{", "1.", "[01.5]", '{"a":1.0,}']) {
    assert.throws(() => parseKeepingNumbers(text), SyntaxError);
  }
});
