/** Reads one item ahead: the next one is fetched while the last is in hand. Closes the inner iterator whichever way it ends. */
export async function* prefetch<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  const inner = items[Symbol.asyncIterator]();
  let next = inner.next();
  // A failure that arrives while the last item is still in hand is thrown when its turn comes.
  next.catch(() => {});
  try {
    for (;;) {
      const { done, value } = await next;
      if (done) return;
      next = inner.next();
      next.catch(() => {});
      yield value;
    }
  } finally {
    await inner.return?.();
  }
}
