import type { IncomingMessage, ServerResponse } from 'node:http';
import { Problem } from './problem.js';

/** 1 MiB. */
export const BODY_LIMIT = 1024 * 1024;
const FIRST_ROOM = 16 * 1024;

/** Whether a body comes with these headers. */
export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/**
 * The raw bytes of the body, before anything reads them; or why not. A body that is too long is told by
 * its announced length, or as soon as it passes the limit: `express.raw` would first read it to its end.
 */
export function readBody(
  req: IncomingMessage,
  res: ServerResponse,
  limit = BODY_LIMIT,
): Promise<Buffer | Problem> {
  if (Number(req.headers['content-length'] ?? 0) > limit)
    return Promise.resolve(new Problem('payload_too_large'));
  if (!hasBody(req)) return Promise.resolve(Buffer.alloc(0));
  // The sender asked before sending (RFC 9110, 10.1.1); a refusal above has spared them the body.
  if (req.headers.expect !== undefined) res.writeContinue();
  return new Promise((resolve) => {
    const bytes = growing();
    const onData = (chunk: Buffer): void => {
      if (bytes.add(chunk) <= limit) return;
      // What still comes is let in for a moment, and not kept.
      req.off('data', onData).pause();
      resolve(new Problem('payload_too_large'));
    };
    const onAbort = (): void => resolve(new Problem('request_aborted'));
    const onEnd = (): void => {
      req.off('close', onAbort);
      resolve(bytes.all());
    };
    // Whatever is told first counts.
    req.on('data', onData).on('end', onEnd).on('error', onAbort).on('close', onAbort);
  });
}

/**
 * Bytes in one piece: a body sent in a million chunks of one byte may not become a million objects. One that
 * comes whole, as nearly all do, is not copied.
 */
function growing() {
  let room: Buffer | null = null;
  let used = 0;
  const widen = (needed: number): Buffer => {
    const wider = Buffer.allocUnsafe(Math.max(FIRST_ROOM, used * 2, needed));
    room?.copy(wider, 0, 0, used);
    return wider;
  };
  return {
    /** Answers how many there are now. */
    add(chunk: Buffer): number {
      if (room === null) room = chunk;
      else {
        if (used + chunk.length > room.length) room = widen(used + chunk.length);
        chunk.copy(room, used);
      }
      used += chunk.length;
      return used;
    },
    all: (): Buffer => (room ?? Buffer.alloc(0)).subarray(0, used),
  };
}
