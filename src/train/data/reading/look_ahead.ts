/** Makes things before they are asked for. */

/**
 * Yields what `items` yields, and lets it make up to `depth` items more meanwhile. When this ends, `items` is closed; an
 * error of an item comes in its place.
 */
export async function* lookAhead<T>(items: AsyncGenerator<T>, depth: number): AsyncGenerator<T> {
  const asked: Promise<IteratorResult<T>>[] = [];
  const ask = () => {
    const next = items.next(); // a generator makes its items one after the other
    next.catch(() => {}); // reported when its turn comes
    asked.push(next);
  };
  try {
    for (let i = 0; i < depth; i++) ask();
    while (true) {
      ask();
      const { done, value } = await (asked.shift() as Promise<IteratorResult<T>>);
      if (done) return;
      yield value;
    }
  } finally {
    await items.return(undefined);
  }
}

/** Yields what is made, and aborts the signal as soon as nobody wants more, so that what is being made need not be. */
export async function* untilUnwanted<T>(make: (unwanted: AbortSignal) => AsyncGenerator<T>): AsyncGenerator<T> {
  const stop = new AbortController();
  const items = make(stop.signal);
  try {
    while (true) {
      const { done, value } = await items.next();
      if (done) return;
      yield value;
    }
  } finally {
    stop.abort();
    await items.return(undefined);
  }
}
