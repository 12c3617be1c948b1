import { OpsProblem } from './problem.js';

const partOf = (error: unknown, name: string): unknown =>
  typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;

/** What ioredis, and Redis itself, say when it cannot be worked with now. */
const AWAY =
  /^(LOADING|CLUSTERDOWN|MASTERDOWN|TRYAGAIN|READONLY|MISCONF|OOM)\b|Connection is closed|Command timed out|Socket timeout|isn't writeable|Failed to refresh slots|All sentinels are unreachable/;
const AWAY_CODES = ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND', 'EPIPE', 'EHOSTUNREACH'];

/** Redis, rather than a fault of ours. Calls to the identity provider do not come here. */
function isRedisAway(error: unknown): boolean {
  const [name, message, code] = ['name', 'message', 'code'].map((part) => partOf(error, part));
  return (
    name === 'MaxRetriesPerRequestError' ||
    (typeof code === 'string' && AWAY_CODES.includes(code)) ||
    (typeof message === 'string' && AWAY.test(message))
  );
}

/** How soon a page is worth trying again, seconds. */
const AGAIN_S = 5;

/** The page for an error, or null for one that nobody foresaw. */
export function knownProblem(error: unknown): OpsProblem | null {
  if (error instanceof OpsProblem) return error;
  if (isRedisAway(error)) return new OpsProblem('unavailable', AGAIN_S);
  // Express' own: a path that is not in UTF-8.
  return partOf(error, 'status') === 400 ? new OpsProblem('bad_request') : null;
}
