/** Keeps the GPU busy: the next batch is on its way before the results of the last one are here. */

/**
 * Most batches that are under way. While the GPU computes one, the next waits for it, all packed; it begins as soon as
 * the first is done, and before the first one's results are here.
 */
export const IN_FLIGHT = 2;

/** Stands between batches if the next one is not ready: all running batches are finished before it is asked for. */
export const PAUSE = Symbol("pause");

/**
 * Computes batches, {@linkcode IN_FLIGHT} at a time, and yields them with their results, in order; a pause is yielded
 * as it is. When it ends, also by an error, nothing runs any more and `batches` is closed.
 *
 * @param batches Read one at a time, each when fewer than {@linkcode IN_FLIGHT} are running.
 */
export async function* overlapped<Batch, Result>(
  batches: Iterable<Batch | typeof PAUSE> | AsyncIterable<Batch | typeof PAUSE>,
  compute: (batch: Batch) => Promise<Result>,
): AsyncGenerator<{ batch: Batch; result: Result } | typeof PAUSE> {
  const running: { batch: Batch; result: Promise<Result> }[] = [];
  /** Gives back the results of the batches that came first, until only `most` are under way. */
  async function* finish(most: number) {
    while (running.length > most) {
      const { batch, result } = running[0] as typeof running[number];
      yield { batch, result: await result };
      running.shift();
    }
  }
  try {
    for await (const batch of batches) {
      if (batch === PAUSE) {
        yield* finish(0);
        yield PAUSE;
        continue;
      }
      const result = compute(batch);
      result.catch(() => {}); // reported when its turn comes
      running.push({ batch, result });
      yield* finish(IN_FLIGHT - 1);
    }
    yield* finish(0);
  } finally {
    await Promise.allSettled(running.map(({ result }) => result));
  }
}
