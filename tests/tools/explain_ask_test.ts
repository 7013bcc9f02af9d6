/** The classes of models that `deno task explain` can load. */

import assert from "node:assert/strict";
import { HEADS } from "../../src/heads/registry.ts";
import { BASE } from "../../src/model/head.ts";
import { CLASS_NAMES, classNamed } from "../../tools/explain/ask.ts";

Deno.test("every head of the registry has a class in tools/explain/ask.ts, and no other has", () => {
  assert.deepEqual(HEADS.map(classNamed).toSorted(), CLASS_NAMES.toSorted());
});

Deno.test("a head without a class is named, with the file that lacks it", () => {
  assert.throws(() => classNamed({ ...BASE, name: "new_head" }), {
    message: 'Cannot explain a model of head "new_head": tools/explain/ask.ts has no row for it; add one',
  });
});
