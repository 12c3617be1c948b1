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
export async function readBody(
  req: IncomingMessage,
  res: ServerResponse,
  limit = BODY_LIMIT,
): Promise<Buffer | Problem> {
  if (Number(req.headers['content-length'] ?? 0) > limit) return new Problem('payload_too_large');
  if (!hasBody(req)) return Buffer.alloc(0);
  // The sender asked before sending (RFC 9110, 10.1.1); a refusal above has spared them the body.
  if (req.headers.expect !== undefined) res.writeContinue();
  return new Promise((resolve) => {
    const bytes = growing();
    const settle = (result: Buffer | Problem): void => {
      req.off('data', onData).off('end', onEnd).off('error', onAbort).off('close', onAbort);
      resolve(result);
    };
    const onData = (chunk: Buffer): void => {
      if (bytes.add(chunk) <= limit) return;
      req.pause();
      settle(new Problem('payload_too_large'));
    };
    const onEnd = (): void => settle(bytes.all());
    const onAbort = (): void => settle(new Problem('request_aborted'));
    req.on('data', onData).on('end', onEnd).on('error', onAbort).on('close', onAbort);
  });
}

/** Bytes in one piece: a body sent in a million chunks of one byte may not become a million objects. */
function growing() {
  let room = Buffer.allocUnsafe(FIRST_ROOM);
  let used = 0;
  return {
    /** Answers how many there are now. */
    add(chunk: Buffer): number {
      if (used + chunk.length > room.length) {
        const wider = Buffer.allocUnsafe(Math.max(room.length * 2, used + chunk.length));
        room.copy(wider, 0, 0, used);
        room = wider;
      }
      chunk.copy(room, used);
      used += chunk.length;
      return used;
    },
    all: (): Buffer => room.subarray(0, used),
  };
}
