import assert from "node:assert/strict";
import * as module from "../../mod.ts";
import * as errors from "../../src/base/errors.ts";

for (const [name, ErrorClass] of Object.entries(errors)) {
  Deno.test(`${name} is an Error that tells its name and keeps its cause`, () => {
    const cause = new Error("below");
    const error = new ErrorClass("Cannot go on", { cause });
    assert.ok(error instanceof Error);
    assert.ok(error instanceof ErrorClass);
    assert.equal(error.name, name);
    assert.equal(error.message, "Cannot go on");
    assert.equal(error.cause, cause);
    assert.equal(String(error), `${name}: Cannot go on`);
  });
}

Deno.test("callers get from mod.ts the very classes that are thrown", () => {
  // OverloadedError belongs to the service, which mod.ts does not have.
  const exported = Object.entries(errors).filter(([name]) => name !== "OverloadedError");
  assert.equal(exported.length, 8);
  for (const [name, ErrorClass] of exported) assert.equal(module[name as keyof typeof module], ErrorClass, name);
});
