const DEFAULT_MS = 5000;
const MIN_MS = 250;
/** Longer waits are asked for by mistake more often than meant; asking again costs one call. */
const MAX_MS = 5 * 60_000;

/**
 * How long to wait, milliseconds: never less than 0.25 s nor more than 5 min.
 * @param header seconds, or an HTTP date (RFC 9110, 10.2.3); 5 s where it is missing or neither
 */
export function retryAfterMs(header: string | null, nowMs: number): number {
  const asked = readMs(header?.trim() ?? '', nowMs);
  return Math.min(MAX_MS, Math.max(MIN_MS, asked));
}

function readMs(header: string, nowMs: number): number {
  if (/^\d+(\.\d+)?$/.test(header)) return Math.ceil(Number(header) * 1000);
  const date = Date.parse(header);
  return Number.isNaN(date) ? DEFAULT_MS : date - nowMs;
}
