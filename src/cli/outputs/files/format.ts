/** The format of an output. */

import { quote, quoted } from "../../../base/messages.ts";
import { UsageError } from "../../options.ts";
import { checkPrinting } from "../outputs.ts";

/** The formats of outputs that every command has. */
const FORMATS = ["csv", "tsv", "jsonl", "json"] as const;

/** What a command line says of its output. */
export interface OutputValues {
  readonly json: boolean;
  readonly jsonl: boolean;
  readonly output: string | undefined;
  readonly resume: boolean;
  readonly columns: readonly string[] | undefined;
  readonly separator: string | undefined;
  readonly "skip-bad": boolean;
}

/**
 * The format of an output, by its name or by `--json` and `--jsonl`; `null` if answers are printed.
 *
 * @param own The extensions of a command's own formats.
 * @throws {UsageError} If options do not fit each other, or nothing tells the format.
 */
export function formatOfOutput(
  { output, json, jsonl, resume, columns }: OutputValues,
  own: readonly string[],
): string | null {
  checkPrinting({ json, jsonl });
  if (output === undefined) {
    if (resume) throw new UsageError("--resume goes on with an output: give --output");
    if (columns !== undefined) throw new UsageError("--columns are those of an output: give --output");
    return null;
  }
  if (output === "" || output === "-") throw new UsageError(`--output must name a file, got ${quote(output)}`);
  const twice = columns?.find((name, i) => columns.indexOf(name) < i);
  if (twice !== undefined) throw new UsageError(`--columns names ${quoted([twice])} twice`);
  const asked = json ? "json" : jsonl ? "jsonl" : null;
  const all = [...FORMATS, ...own];
  const named = all.find((format) => output.toLowerCase().endsWith(`.${format}`)) ?? null;
  if (asked !== null && named !== null && asked !== named) {
    throw new UsageError(`--output ${output} is ${named} by its name, got --${asked} too`);
  }
  const format = asked ?? named;
  if (format !== null) return format;
  const ends = all.map((format) => `.${format}`).join(", ");
  throw new UsageError(
    `cannot tell what ${output} should hold: its name must end with ${ends}, or give --json or --jsonl`,
  );
}
