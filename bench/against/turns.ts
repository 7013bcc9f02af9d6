/** Has both sides do the same works by turns. */

import type { Compared } from "./ratios.ts";
import { sampleSize } from "./sample.ts";
import { type Side, SideError } from "./side.ts";
import type { Time } from "./stopwatch.ts";

/**
 * Samples of all works. After the warm-ups, each round takes one sample of each work by each side; the side that begins
 * alternates. Without rounds nothing runs. A work that fails is passed to `failed` and left out from then on.
 *
 * @throws {SideError} If a side's process ends.
 */
export async function takeTurns(
  sides: { here: Side; there: Side },
  { works, rounds, failed }: { works: readonly string[]; rounds: number; failed: (work: string, error: Error) => void },
): Promise<Compared[]> {
  if (rounds === 0) return works.map((name) => ({ name, here: [], there: [] }));
  let left = works.map((name) => ({ name, size: sampleSize(1), here: [] as Time[], there: [] as Time[] }));
  await each(async (work) => {
    const [here, there] = [await sides.here.warmUp(work.name), await sides.there.warmUp(work.name)];
    work.size = sampleSize(Math.min(here.wall, there.wall));
  });
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? ["here", "there"] as const : ["there", "here"] as const;
    await each(async ({ name, size, ...samples }) => {
      for (const side of order) samples[side].push(await sides[side].sample(name, size));
    });
  }
  return left.map(({ name, here, there }) => ({ name, here, there }));

  async function each(body: (work: typeof left[number]) => Promise<void>): Promise<void> {
    for (const work of left) {
      try {
        await body(work);
      } catch (error) {
        if (error instanceof SideError) throw error;
        left = left.filter((other) => other !== work);
        failed(work.name, error as Error);
      }
    }
  }
}
