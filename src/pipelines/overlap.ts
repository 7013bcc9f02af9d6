/** Keeps the GPU busy: the next batch is on its way before the last one is read. */

/** Batches on the GPU at a time: one that computes, one that waits its turn. */
export const IN_FLIGHT = 2;

/** Stands between batches where no next one is ready: what runs is finished before it is asked for. */
export const PAUSE = Symbol("pause");

/**
 * Computes batches, at most {@linkcode IN_FLIGHT} at a time, and gives them back with their results, in order; a pause
 * comes back as one. However it ends, nothing runs afterwards, and `batches` is closed.
 *
 * @param batches Pulled one at a time, each when there is room for it.
 */
export async function* overlapped<Batch, Result>(
  batches: Iterable<Batch | typeof PAUSE> | AsyncIterable<Batch | typeof PAUSE>,
  compute: (batch: Batch) => Promise<Result>,
): AsyncGenerator<{ batch: Batch; result: Result } | typeof PAUSE> {
  const running: { batch: Batch; result: Promise<Result> }[] = [];
  async function* finish(left: number) {
    while (running.length > left) {
      const [{ batch, result }] = running as [typeof running[0]];
      const finished = { batch, result: await result };
      running.shift();
      yield finished;
    }
  }
  try {
    for await (const batch of batches) {
      if (batch === PAUSE) {
        yield* finish(0);
        yield PAUSE;
      } else {
        const result = compute(batch);
        result.catch(() => {}); // reported when its turn comes
        running.push({ batch, result });
        yield* finish(IN_FLIGHT - 1);
      }
    }
    yield* finish(0);
  } finally {
    await Promise.allSettled(running.map(({ result }) => result));
  }
}
