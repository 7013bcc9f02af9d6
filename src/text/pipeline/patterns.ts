/** The `pattern` of a part: a text or a regular expression. */

import { isObject } from "../../base/json.ts";
import type { Part } from "./fields.ts";
import { type Finder, findRegex, findText } from "./regex.ts";

/** Reads `pattern`. @throws {TokenizerError} If it is neither, or an expression that is not known here. */
export function patternOf(part: Part): Finder {
  const pattern = part.raw("pattern");
  if (isObject(pattern)) {
    if (typeof pattern.String === "string") return findText(pattern.String);
    if (typeof pattern.Regex === "string") {
      try {
        return findRegex(pattern.Regex);
      } catch (error) {
        return part.wrong("pattern.Regex", `a regular expression that is known here (${(error as Error).message})`);
      }
    }
  }
  return part.wrong("pattern", "{ String } or { Regex }");
}
