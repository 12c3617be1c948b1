import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger } from 'pino';

/** Replaces an address. */
const HIDDEN = '[address]';
/**
 * Anything that could be an address: better one word too many than one person in a log. A word is tried from its
 * beginning alone: a long one without an address would else take quadratic time.
 */
const ADDRESS = new RegExp(
  [
    // A name in quotes (RFC 5321, 4.1.2); it may hold spaces, and a quote after a backslash.
    /"(?:[^"\n]|\\"){1,200}"@[^\s"'<>()[\]{},;:/\\]+/,
    /(?<![^\s"'<>()[\]{},;:/\\])[^\s"'<>()[\]{},;:/\\]+@[^\s"'<>()[\]{},;:/\\]+/,
    // Encoded in a URL.
    /(?<![\w.+%-])[\w.+%-]+%40[\w.-]+/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'giu',
);

/** Replaces all addresses of a text. */
export const withoutAddresses = (text: string): string => text.replace(ADDRESS, HIDDEN);

/** Reads a field of an unknown value; undefined without it. */
export const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

/**
 * Serialises an error for the log: its type, message, code and status, and those of its causes. Leaves out the token and
 * the body that an HTTP client's error holds.
 */
export function describeError(error: unknown, depth = 0): Record<string, unknown> {
  if (typeof error !== 'object' || error === null) return { message: withoutAddresses(String(error)) };
  const fields = ['name', 'message', 'code', 'status', 'cause'];
  const [name, message, code, status, cause] = fields.map((field) => fieldOf(error, field));
  return {
    type: typeof name === 'string' ? name : 'Error',
    message: withoutAddresses(typeof message === 'string' ? message : ''),
    ...(code === undefined ? {} : { code }),
    ...(status === undefined ? {} : { status }),
    ...(cause === undefined || depth >= 3 ? {} : { cause: describeError(cause, depth + 1) }),
  };
}

/**
 * Buffers standard output: writes some 16 kB at a time, at least four times a second, and at exit. A write per line
 * would cost `web` a third of its work. A killed process loses its last quarter of a second. Lines are bytes: sonic-boom
 * measures all waiting text again with each line.
 */
export function bufferedDestination(): DestinationStream {
  const options = {
    dest: 1,
    sync: false,
    minLength: 16_000,
    periodicFlush: 250,
    contentMode: 'buffer',
  } as const;
  // sonic-boom's types know text alone.
  const output: { write(data: string | Buffer): boolean } = pino.destination(options);
  return { write: (line) => void output.write(Buffer.from(line)) };
}

/** Creates a JSON logger. `destination` is for tests; by default lines go to standard output. */
export function createLogger(level: string, name: string, destination?: DestinationStream): Logger {
  const options = {
    name,
    level,
    serializers: { err: describeError, error: describeError },
    redact: { paths: ['email', '*.email', 'authorization', '*.authorization'], censor: HIDDEN },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** The same error is logged once in this time. */
const SAME_ERROR_MS = 30_000;
/** How many different errors are remembered. */
const KNOWN_ERRORS = 50;

/**
 * Creates a listener for errors that repeat. ioredis errors on every reconnect.
 * @param log gets an error, and the same one again after 30 s at the soonest
 * @param otherwise gets the rest
 * @param nowMs any clock that does not go back
 */
export function rateLimitedLog(
  log: (err: unknown) => void,
  otherwise: (err: unknown) => void = () => undefined,
  nowMs: () => number = () => performance.now(),
): (err: unknown) => void {
  const loggedMs = new Map<string, number>();
  return (err) => {
    const text = err instanceof Error ? `${err.name} ${err.message}` : String(err);
    const now = nowMs();
    if (now - (loggedMs.get(text) ?? -Infinity) < SAME_ERROR_MS) return otherwise(err);
    if (loggedMs.size >= KNOWN_ERRORS) loggedMs.clear();
    loggedMs.set(text, now);
    log(err);
  };
}
