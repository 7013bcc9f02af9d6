/** Counting the tests of one `deno test` run from the JUnit report that it wrote. */

/** How many checks passed, and how many did not. */
export type Counts = { passed: number; failed: number };

/**
 * Counts the test cases of a report, steps included. A test that was skipped has not passed, so it counts as failed. A
 * run that failed outside of any test (a file that does not load or compile), or that ran no test, counts as one failure.
 *
 * @param junit The report; empty where `deno test` wrote none.
 * @param success Whether `deno test` exited with 0.
 */
export function countTests(junit: string, success: boolean): Counts {
  // What tests print is escaped in the report, so every "<" opens or closes a tag.
  const cases = junit.match(/<testcase\b/g)?.length ?? 0;
  const failed = junit.match(/<(failure|error|skipped)\b/g)?.length ?? 0;
  const broken = failed === 0 && (!success || cases === 0);
  return { passed: cases - failed, failed: broken ? 1 : failed };
}
