/**
 * Does the work for each, so many at a time, beginning in their order. The first that fails ends it: nothing more
 * is begun, and it is thrown once what is under way has ended.
 */
export async function someAtOnce<T>(
  all: Iterable<T>,
  atOnce: number,
  work: (one: T) => Promise<void>,
): Promise<void> {
  const rest = all[Symbol.iterator]();
  let isFailed = false;
  const line = async (): Promise<void> => {
    while (!isFailed) {
      const next = rest.next();
      if (next.done === true) return;
      try {
        await work(next.value);
      } catch (error) {
        isFailed = true;
        throw error;
      }
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: atOnce }, line));
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
}
