/** The jobs of `examples/jobs/`, and the page that shows what each prints. */

/** A job on the page. */
export interface Job {
  /** Its file. */
  readonly name: string;
  /** The command that runs it, from the root of the repository. */
  readonly command: string;
  /** What it prints, or its first lines. */
  readonly output: string;
}

/** The folder of the jobs. */
export const JOBS = new URL("../../examples/jobs/", import.meta.url);

/** Reads the page: a heading `## name.ts` each, a block `sh` with the command, and a block `text` with the output. */
export function jobsOf(page: string): Job[] {
  const jobs = page.matchAll(/^## \[(\w+\.ts)\].*?^```sh\n(.*?)\n```\n\n^```text\n(.*?)^```/gms);
  return [...jobs].map(([, name = "", command = "", output = ""]) => ({ name, command, output }));
}

/** Lines that the page shows of an output. */
const SHOWN = 8;

/** An output as the page shows it. */
export function shown(output: string): string {
  const lines = output.trimEnd().split("\n");
  const most = lines.length > SHOWN ? [...lines.slice(0, SHOWN), "…"] : lines;
  return most.map((line) => `${line.length > 110 ? `${line.slice(0, 109)}…` : line}\n`).join("");
}

const NUMBER = /\d+(?:\.\d+)?/g;

/** Whether two outputs are the same but for the last digits of numbers. */
export function isAlike(found: string, expected: string): boolean {
  const words = (text: string) => text.replace(NUMBER, "#").replaceAll(/ +/g, " ");
  const values = (text: string) => (text.match(NUMBER) ?? []).map(Number);
  const [a, b] = [values(found), values(expected)];
  return words(found) === words(expected) && a.every((x, i) => Math.abs(x - b[i]!) <= 0.02 * Math.max(1, Math.abs(x)));
}
