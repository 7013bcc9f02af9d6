/** The files of `bench/results/`: one for each bench and adapter. */

import product from "../deno.json" with { type: "json" };

const RESULTS = new URL("results/", import.meta.url);

/** Of what something was measured, and when. */
export interface Stamp {
  versions: Record<string, string>;
  /** Short, and "-dirty" where files other than results differ from it; empty where this is no checkout. */
  commit: string;
  /** ISO 8601, UTC. */
  date: string;
}

/** The stamp of what is measured from now on, with the versions of other packages that take part. */
export async function stampNow(versions: Record<string, string> = {}): Promise<Stamp> {
  return {
    versions: { deno: Deno.version.deno, [product.name]: product.version, ...versions },
    commit: await commitOf(),
    date: new Date().toISOString(),
  };
}

/** The file of a bench on an adapter. */
export function resultFile(bench: string, adapter: string): URL {
  const slug = adapter.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "");
  return new URL(`${bench}-${slug}.json`, RESULTS);
}

/** Writes a file with all numbers at five digits, and says where. */
export async function writeJson(file: URL, content: unknown): Promise<string> {
  const rounded = (_: string, value: unknown) => typeof value === "number" ? Number(value.toPrecision(5)) : value;
  await Deno.mkdir(RESULTS, { recursive: true });
  await Deno.writeTextFile(file, JSON.stringify(content, rounded, 1) + "\n");
  return `bench/results/${file.pathname.split("/").at(-1)}`;
}

async function commitOf(): Promise<string> {
  const head = await git("rev-parse", "--short", "HEAD");
  const changes = await git("status", "--porcelain", "--", ":/", ":(top,exclude)bench/results");
  return head && changes ? `${head}-dirty` : head;
}

/** What git says; nothing where it fails or is not installed. */
async function git(...args: string[]): Promise<string> {
  try {
    const command = new Deno.Command("git", { args, cwd: new URL(".", import.meta.url), stderr: "null" });
    return new TextDecoder().decode((await command.output()).stdout).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
