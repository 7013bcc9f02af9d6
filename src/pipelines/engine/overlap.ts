/** Keeps the GPU busy: the next batch is on its way before the last one is read, and both share a wait. */

/**
 * Batches that are computed together. Reading one blocks until the GPU has done all that it was given, so they are
 * given to it first, and read then.
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
  async function* finish() {
    for (const { batch, result } of running) yield { batch, result: await result };
    running.length = 0;
  }
  try {
    for await (const batch of batches) {
      if (batch === PAUSE) {
        yield* finish();
        yield PAUSE;
        continue;
      }
      const result = compute(batch);
      result.catch(() => {}); // reported when its turn comes
      running.push({ batch, result });
      if (running.length === IN_FLIGHT) yield* finish();
    }
    yield* finish();
  } finally {
    await Promise.allSettled(running.map(({ result }) => result));
  }
}
