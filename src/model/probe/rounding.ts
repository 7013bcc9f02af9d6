/** Rounding errors of the size that a right device makes, for what a model makes of them. */

import { random } from "../../base/random.ts";
import { rowOf, type Rows } from "./rows.ts";

/** Of a row's largest magnitude: what a sum of thousands of products in 32 bits may be off by. */
const ERROR = 2 ** -18;

/** Changes each element of rows at random, the same at every call of a new one. */
export function roundingBlur(): (x: Rows) => void {
  const next = random(1);
  return (x) => {
    for (let r = 0; r < x.count; r++) {
      const row = rowOf(x, r);
      const error = ERROR * row.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      for (let c = 0; c < row.length; c++) row[c]! += error * next();
    }
  };
}
