import { setTimeout as pause } from 'node:timers/promises';

type Falsy = false | 0 | 0n | '' | null | undefined;
export type NonFalsy<T> = Exclude<T, Falsy>;

const EVERY_MS = 10;

/**
 * Waits on state: asks every 10 ms until the answer is truthy, and resolves with it. The limit is a guard against
 * hanging alone, since a busy machine may stand still for seconds.
 * @param what named in the error, as in "no <what> within 60000 ms"
 * @throws when `timeoutMs` have passed, with the last answer or error
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  what: string,
  timeoutMs = 60_000,
): Promise<NonFalsy<T>> {
  const limit = performance.now() + timeoutMs;
  for (;;) {
    const seen = await attempt(condition);
    if ('value' in seen && isTruthy(seen.value)) return seen.value;
    if (performance.now() >= limit)
      throw new Error(
        `until: no ${what} within ${timeoutMs} ms (last seen: ${words(seen)})`,
        'error' in seen ? { cause: seen.error } : undefined,
      );
    await pause(EVERY_MS);
  }
}

type Seen<T> = { readonly value: T } | { readonly error: unknown };

const isTruthy = <T>(value: T): value is NonFalsy<T> & T => Boolean(value);

async function attempt<T>(condition: () => T | Promise<T>): Promise<Seen<T>> {
  try {
    return { value: await condition() };
  } catch (error) {
    return { error };
  }
}

const words = (seen: Seen<unknown>): string =>
  'error' in seen ? `error ${String(seen.error)}` : String(seen.value);
