/** Compares a bench file of two trees. */

import { match } from "./choice.ts";
import type { Compared } from "./ratios.ts";
import { Side, type Tree } from "./side.ts";
import { takeTurns } from "./turns.ts";

/** What is found. */
export interface Found {
  works: Compared[];
  /** Bench files, and works of the files of both, that only one side has. */
  onlyHere: string[];
  onlyThere: string[];
  /** What could not be compared, and why. */
  failures: string[];
}

/** How to compare a file. */
export interface Plan {
  here: Tree;
  there: Tree;
  isChosen: (work: string) => boolean;
  /** Processes started for each side, since one process may be faster than another that runs the same. */
  processes: number;
  /** Samples of each work in each process; with 0 the works are only named. */
  rounds: number;
  /** Owns the processes, so that they can be ended at any time. */
  open: DisposableStack;
}

/** Compares the chosen works of one bench file. A failure of a side ends the comparison and is reported. */
export async function compareFile(file: string, plan: Plan): Promise<Found> {
  const samples = new Map<string, Compared>();
  let found: Found = { works: [], onlyHere: [], onlyThere: [], failures: [] };
  for (let pair = 0; pair < plan.processes && found.failures.length === 0; pair++) {
    found = await comparePair(file, plan);
    for (const { name, here, there } of found.works) {
      const before = samples.get(name);
      samples.set(name, { name, here: [...before?.here ?? [], ...here], there: [...before?.there ?? [], ...there] });
    }
  }
  return { ...found, works: [...samples.values()] };
}

async function comparePair(file: string, { here, there, isChosen, rounds, open }: Plan): Promise<Found> {
  const ofFile = (works: readonly string[]) => works.map((work) => `${file}: ${work}`);
  const found: Found = { works: [], onlyHere: [], onlyThere: [], failures: [] };
  try {
    // One after the other, as benches measure while they are imported.
    using one = open.use(new Side(here, file));
    const worksHere = await one.works();
    using other = open.use(new Side(there, file));
    const works = match(worksHere.filter(isChosen), (await other.works()).filter(isChosen));
    found.onlyHere = ofFile(works.onlyHere);
    found.onlyThere = ofFile(works.onlyThere);
    const failed = (work: string, error: Error) => found.failures.push(`${file}: ${work}: ${error.message}`);
    const compared = await takeTurns({ here: one, there: other }, { works: works.both, rounds, failed });
    found.works = compared.map((work) => ({ ...work, name: `${file}: ${work.name}` }));
  } catch (error) {
    found.failures.push(`${file}: ${(error as Error).message}`);
  }
  return found;
}
