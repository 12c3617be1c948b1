import { withoutAddresses } from '../platform/logger.js';

const HIDDEN = '[hidden]';
/** Shorter ones would tear words apart, and tell nothing. */
const MIN_HIDDEN_CHARS = 3;

/** The text without addresses, nor any of `hidden` (a token, a secret, recipients as we sent them). */
export function clean(text: string, hidden: readonly string[] = []): string {
  const rest = hidden
    .filter((part) => part.length >= MIN_HIDDEN_CHARS)
    .reduce((left, part) => left.replaceAll(part, HIDDEN), text);
  return withoutAddresses(rest);
}

/** A field of something of which nothing is known. */
export const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

/**
 * What may be kept of an error as a cause: its message and code. An HTTP client's error holds the token
 * and the body, a Redis client's the command.
 */
export function plainCause(error: unknown, hidden: readonly string[] = []): Error {
  const message = fieldOf(error, 'message');
  const plain = new Error(clean(typeof message === 'string' ? message : String(error), hidden));
  const code = fieldOf(error, 'code');
  return typeof code === 'string' ? Object.assign(plain, { code }) : plain;
}
