/** Groups what comes at once, so that it is written at once. */

/** How {@linkcode bursts} groups. */
export interface BurstOptions {
  /** Most items of a group. */
  most: number;
  /** Makes the iterator give up what it waits for. It cannot be closed before, as a generator does one step at a time. */
  stop(): void;
}

/**
 * What an iterator gives, in groups: each holds what came without a pause. What came before an error comes before it
 * here too. Where the caller ends early, the iterator is stopped and closed.
 */
export async function* bursts<T>(items: AsyncIterable<T>, { most, stop }: BurstOptions): AsyncGenerator<T[]> {
  const iterator = items[Symbol.asyncIterator]();
  let burst: T[] = [];
  let ended = false;
  try {
    for (;;) {
      const step = iterator.next();
      if (burst.length === most || (burst.length > 0 && !(await comesAtOnce(step)))) {
        step.catch(() => {}); // thrown when its turn comes
        yield burst;
        burst = [];
      }
      const { done, value } = await step.catch((error) => {
        ended = true;
        throw error;
      });
      if (done) break;
      burst.push(value);
    }
    ended = true;
    if (burst.length > 0) yield burst;
  } finally {
    if (!ended) {
      stop();
      await iterator.return?.();
    }
  }
}

/** Whether a step has a value without anything having to be waited for: input, a timer, the GPU. */
async function comesAtOnce(step: Promise<IteratorResult<unknown>>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => timer = setTimeout(() => resolve(false)));
  try {
    return await Promise.race([step.then(({ done }) => !done, () => false), late]);
  } finally {
    clearTimeout(timer);
  }
}
