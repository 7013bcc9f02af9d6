/** Regular expressions that mind no case; expected values are those of tokenizers 0.23.3, which uses Oniguruma. */

import assert from "node:assert/strict";
import { findRegex } from "../../src/text/pipeline/regex.ts";

Deno.test("what minds no case finds what Oniguruma finds", () => {
  for (
    const [pattern, text, found] of [
      ["(?i:'s|'t|'re|'ve|'m|'ll|'d)", "I'S we'RE 'ſ", ["'S", "'RE", "'ſ"]],
      ["(?i:é|k)", "É \u212a k", ["É", "\u212a", "k"]],
      ["(?i:a(?:b)c)", "ABC abc aBd", ["ABC", "abc"]],
      ["(?i:s+)", "ß ss", ["ss"]],
      ["(?i:s)s", "ß ss Ss", ["ss", "Ss"]],
      ["ss|ß", "ß SS ss", ["ß", "ss"]],
    ] as const
  ) assert.deepEqual(findRegex(pattern)(text).map(([from, to]) => text.slice(from, to)), found, pattern);
});

Deno.test("letters that Oniguruma takes for one, or one that it takes for several, are refused if case is not minded", () => {
  for (
    const [pattern, part] of [
      ["(?i:ss)", "(?i:ss)"], // finds ß too
      ["(?i:s(?:s))", "(?i:ss)"],
      ["(?i:fi|x)", "(?i:fi)"], // finds ﬁ too
      ["a(?i:b|STr)", "(?i:STr)"], // finds ﬅr too
      ["(?i:ß)", "(?i:ß)"], // finds ss too
      ["(?i:[ß])", "(?i:[ß])"],
      ["(?i:ẞ)", "(?i:ẞ)"],
      ["(?i:\u01f0)", "(?i:\u01f0)"],
    ] as const
  ) assert.throws(() => findRegex(pattern), new SyntaxError(`"${part}" is not known here`), pattern);
});
