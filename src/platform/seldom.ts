/** A Redis that is away says so at every attempt to reach it: one line in so many milliseconds is enough. */
const SAY_AGAIN_AFTER_MS = 30_000;
/** Of how many different errors is known when they were said. */
const KNOWN = 50;

/**
 * A listener for errors that come again and again.
 * @param say is told the first, and the same again after half a minute at the soonest
 * @param otherwise is told the others
 * @param nowMs any clock that does not go back
 */
export function seldom(
  say: (err: unknown) => void,
  otherwise: (err: unknown) => void = () => undefined,
  nowMs: () => number = () => performance.now(),
): (err: unknown) => void {
  const said = new Map<string, number>();
  return (err) => {
    const what = err instanceof Error ? `${err.name} ${err.message}` : String(err);
    const [now, before] = [nowMs(), said.get(what) ?? -Infinity];
    if (now - before < SAY_AGAIN_AFTER_MS) return otherwise(err);
    if (said.size >= KNOWN) said.clear();
    said.set(what, now);
    say(err);
  };
}
