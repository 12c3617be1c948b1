import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger } from 'pino';

/** What may stand where an address stood. */
const HIDDEN = '[address]';
/**
 * Anything that could be an address: better one word too many than one person in a log. A word is looked at
 * from its beginning alone, or a long one without an address would cost the square of its length.
 */
const ADDRESS = new RegExp(
  [
    // A name in quotes (RFC 5321, 4.1.2); it may hold spaces, and a quote after a backslash.
    /"(?:[^"\n]|\\"){1,200}"@[^\s"'<>()[\]{},;:/\\]+/,
    /(?<![^\s"'<>()[\]{},;:/\\])[^\s"'<>()[\]{},;:/\\]+@[^\s"'<>()[\]{},;:/\\]+/,
    // As it stands in a URL.
    /(?<![\w.+%-])[\w.+%-]+%40[\w.-]+/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'giu',
);

/** The text without the addresses that it may hold. */
export const withoutAddresses = (text: string): string => text.replace(ADDRESS, HIDDEN);

/**
 * What a log may say of an error: its kind, message, code and status, and those of its causes. An HTTP
 * client's error also carries the token and the body; they stay out.
 */
export function describeError(error: unknown, depth = 0): Record<string, unknown> {
  if (typeof error !== 'object' || error === null) return { message: withoutAddresses(String(error)) };
  const part = (name: string): unknown => Reflect.get(error, name);
  const [name, message, code, status, cause] = ['name', 'message', 'code', 'status', 'cause'].map(part);
  return {
    type: typeof name === 'string' ? name : 'Error',
    message: withoutAddresses(typeof message === 'string' ? message : ''),
    ...(code === undefined ? {} : { code }),
    ...(status === undefined ? {} : { status }),
    ...(cause === undefined || depth >= 3 ? {} : { cause: describeError(cause, depth + 1) }),
  };
}

/** How many bytes of lines leave in one write, what a pipe holds; how long the first of them waits. */
const TOGETHER_BYTES = 65_536;
const LEAVE_EVERY_MS = 250;
/** Of one character, in UTF-8. */
const MOST_BYTES = 3;

/**
 * Standard output, written many lines at a time, and the last ones when the process ends: a write for each
 * line would cost the door a third of its work. A process that is killed loses those of its last moment.
 * A line becomes bytes at once: kept as text, in the pieces it is made of, it is copied again and again while garbage
 * is collected. pino's destination gathers lines as well, but measures all that it has again with each of them.
 */
export function unhurried(): DestinationStream {
  const lines = Buffer.allocUnsafeSlow(TOGETHER_BYTES);
  let used = 0;
  const leave = (): void => {
    if (used === 0) return;
    out.write(lines.toString('utf8', 0, used));
    used = 0;
  };
  // Before those of the destination, which then writes what it was given.
  for (const end of ['beforeExit', 'exit'] as const) process.once(end, leave);
  const out = pino.destination({ dest: 1, sync: false });
  setInterval(leave, LEAVE_EVERY_MS).unref();
  return {
    write(line) {
      const most = line.length * MOST_BYTES;
      if (used + most > TOGETHER_BYTES) leave();
      if (most > TOGETHER_BYTES) out.write(line);
      else used += lines.write(line, used);
    },
  };
}

/** A JSON logger. `destination` is for tests; by default lines go to standard output. */
export function createLogger(level: string, name: string, destination?: DestinationStream): Logger {
  const options = {
    name,
    level,
    serializers: { err: describeError, error: describeError },
    redact: { paths: ['email', '*.email', 'authorization', '*.authorization'], censor: HIDDEN },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
