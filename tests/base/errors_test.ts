import assert from "node:assert/strict";
import * as module from "../../mod.ts";
import { errorAbout } from "../../src/pipelines/engine/error_about.ts";
import * as errors from "../../src/base/errors.ts";

const { NarrowBertError, ...classes } = errors;

for (const [name, ErrorClass] of Object.entries(classes)) {
  Deno.test(`${name} is an Error that tells its name and its code, and keeps its cause`, () => {
    const cause = new Error("below");
    const error = new ErrorClass("Cannot go on", { cause });
    assert.ok(error instanceof NarrowBertError);
    assert.ok(error instanceof Error);
    assert.ok(error instanceof ErrorClass);
    assert.equal(error.name, name);
    assert.equal(error.message, "Cannot go on");
    assert.equal(error.cause, cause);
    assert.equal(String(error), `${name}: Cannot go on`);
    assert.equal(error.code, name.replace(/Error$/, "").replaceAll(/(?<!^)[A-Z]/g, "_$&").toLowerCase());
  });
}

Deno.test("callers get from mod.ts the very classes that are thrown", () => {
  assert.equal(Object.keys(errors).length, 13);
  for (const [name, ErrorClass] of Object.entries(errors)) {
    assert.equal(module[name as keyof typeof module], ErrorClass, name);
  }
});

Deno.test("an error tells which input it is about, and is shown without it", () => {
  const error = errorAbout(new errors.InputError("Cannot go on"), 3, "a long text") as errors.InputError;
  assert.deepEqual([error.index, error.input], [3, "a long text"]);
  assert.doesNotMatch(Deno.inspect(error), /a long text/);
  assert.deepEqual(errorAbout(error, 5, "another"), error);
  assert.equal(error.index, 3);
  for (const other of [new TypeError("wrong"), "wrong", undefined]) assert.equal(errorAbout(other, 3, "text"), other);
});
