/** Groups answers that come at once, so that they are written at once. */

/** How {@linkcode bursts} groups. */
export interface BurstOptions {
  /** Most items of a group. */
  most: number;
  /**
   * Called at the end, before the iterator is closed: makes it give up what it waits for. A generator cannot be closed
   * while it waits.
   */
  stop(): void;
}

/** An iterator's values in groups: each holds what came without a pause. What came before an error comes before it. */
export async function* bursts<T>(items: AsyncIterable<T>, { most, stop }: BurstOptions): AsyncGenerator<T[]> {
  const iterator = items[Symbol.asyncIterator]();
  let burst: T[] = [];
  try {
    for (;;) {
      const step = iterator.next();
      if (burst.length === most || (burst.length > 0 && !(await comesAtOnce(step)))) {
        step.catch(() => {}); // thrown when its turn comes
        yield burst;
        burst = [];
      }
      const { done, value } = await step;
      if (done) break;
      burst.push(value);
    }
    if (burst.length > 0) yield burst;
  } finally {
    stop();
    await iterator.return?.();
  }
}

/** Whether a step has a value without waiting for input, a timer or the GPU. */
async function comesAtOnce(step: Promise<IteratorResult<unknown>>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => timer = setTimeout(() => resolve(false)));
  try {
    return await Promise.race([step.then(({ done }) => !done, () => false), late]);
  } finally {
    clearTimeout(timer);
  }
}
