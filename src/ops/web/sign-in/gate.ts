import { OpsProblem } from '../http/problem.js';

/** Lets some in at a time, a few more wait, the rest is refused. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

/** A password takes 32 MiB and a thread of a process that also takes notices. */
const AT_ONCE = 2;
const WAITING = 20;
const AGAIN_S = 60;

/** @throws OpsProblem `busy`, from the gate */
export function createGate(atOnce = AT_ONCE, waiting = WAITING): Gate {
  let inside = 0;
  const queue: (() => void)[] = [];
  const enter = async (): Promise<void> => {
    if (inside < atOnce) inside += 1;
    // Whoever leaves hands over their place.
    else await new Promise<void>((resolve) => queue.push(resolve));
  };
  const leave = (): void => {
    const next = queue.shift();
    if (next === undefined) inside -= 1;
    else next();
  };
  return async (work) => {
    if (inside >= atOnce && queue.length >= waiting) throw new OpsProblem('busy', AGAIN_S);
    await enter();
    try {
      return await work();
    } finally {
      leave();
    }
  };
}
