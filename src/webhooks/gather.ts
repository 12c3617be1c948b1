/** Stores these; resolves once they are stored, rejects when that is not sure. */
export type Store<T> = (items: readonly T[]) => Promise<void>;

/**
 * Stores together what is given within one turn of the event loop: a write for each would cost more than all
 * the rest of a request. Each caller is told of the write that its own items were part of.
 */
export function gatherInTurn<T>(store: Store<T>): Store<T> {
  let gathered: T[] = [];
  let stored: Promise<void> | null = null;
  const leave = (): Promise<void> => {
    const leaving = gathered;
    gathered = [];
    stored = null;
    return store(leaving);
  };
  return (items) => {
    gathered.push(...items);
    // After what this turn still reads of other connections, before the next.
    stored ??= new Promise<void>((resolve) => setImmediate(resolve)).then(leave);
    return stored;
  };
}
