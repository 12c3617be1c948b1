const WINDOW_MS = 1000;

/**
 * At most `maxRps` calls per client in any sliding second.
 * @returns for a call now: null when it may pass, else how long to wait, ms. A refused call does not count.
 */
export function createRateLimit(
  maxRps: number | null,
  timeLine: () => number,
): (clientId: string) => number | null {
  const passedMs = new Map<string, number[]>();
  return (clientId) => {
    if (maxRps === null) return null;
    const nowMs = timeLine();
    const recent = (passedMs.get(clientId) ?? []).filter((atMs) => atMs > nowMs - WINDOW_MS);
    passedMs.set(clientId, recent);
    if (recent.length >= maxRps) return (recent[0] ?? nowMs) + WINDOW_MS - nowMs;
    recent.push(nowMs);
    return null;
  };
}
