import assert from "node:assert/strict";
import { suggestion } from "../../src/base/suggestion.ts";

const NAMES = ["fill-mask", "classify", "tag", "embed", "zero-shot", "choose", "convert", "--top-k", "--skip-bad"];

Deno.test("the nearest name is suggested", () => {
  const cases = {
    clasify: "classify",
    calssify: "classify",
    Classify: "classify",
    class: "classify",
    "fill_mask": "fill-mask",
    tga: "tag",
    tags: "tag",
    zeroshot: "zero-shot",
    "--topk": "--top-k",
    "--skipbad": "--skip-bad",
    conver: "convert",
  };
  for (const [given, name] of Object.entries(cases)) {
    assert.equal(suggestion(given, NAMES), `; did you mean "${name}"?`);
  }
});

Deno.test("what is near to none has no suggestion", () => {
  for (const given of ["", "x", "translate", "ab", "-", "e".repeat(1e6)]) assert.equal(suggestion(given, NAMES), "");
});
