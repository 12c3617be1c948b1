import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { Problem } from './problems.js';

/** 1 MiB. */
const BODY_LIMIT = 1024 * 1024;
/** Limit of all bodies in memory together. */
const BODIES_LIMIT = 32 * BODY_LIMIT;
/** Bodies up to this size are not counted: event notices pass while large bodies wait. `maxConnections` bounds them. */
const SMALL_BODY = 8 * 1024;

/** Limits the body bytes that are held at once. */
export function createBodyBudget() {
  let held = 0;
  return {
    /** Reserves the announced length, or the limit for a chunked body. Null: no room. */
    reserve({ headers }: IncomingMessage) {
      const isChunked = headers['transfer-encoding'] !== undefined;
      const announced = isChunked ? BODY_LIMIT : Number(headers['content-length'] ?? 0);
      const bytes = announced > SMALL_BODY ? announced : 0;
      if (held + bytes > BODIES_LIMIT) return null;
      held += bytes;
      return { release: () => void (held -= bytes) };
    },
  };
}

export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** Refuses anything but uncompressed JSON in UTF-8, and an announced length over 1 MiB. */
export function checkHeaders(headers: IncomingHttpHeaders): Problem | null {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity') return new Problem('encoding_unsupported');
  const [type, ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';');
  const charsets = parameters
    .map((part) => part.trim())
    .filter((part) => part.startsWith('charset='))
    .map((part) => part.slice('charset='.length).replaceAll('"', ''));
  if (type?.trim() !== 'application/json' || !charsets.every((name) => /^utf-?8$/.test(name)))
    return new Problem('media_type_unsupported');
  return Number(headers['content-length'] ?? 0) > BODY_LIMIT ? new Problem('payload_too_large') : null;
}

/**
 * Reads at most `BODY_LIMIT` raw bytes into one buffer. `express.raw` would keep one object per chunk: 100 MiB for
 * 1 MiB in chunks of a byte. It would also read a body over the limit to its end.
 */
export async function readBody(req: IncomingMessage, res: ServerResponse): Promise<Buffer | Problem> {
  if (!hasBody(req)) return Buffer.alloc(0);
  // The sender waits for `100 Continue` (RFC 9110, 10.1.1); an earlier refusal spares it the body.
  if (req.headers.expect !== undefined) res.writeContinue();
  let bytes = Buffer.allocUnsafe(Number(req.headers['content-length'] ?? 0));
  let used = 0;
  return new Promise((resolve) => {
    req.on('data', function add(chunk: Buffer) {
      const needed = used + chunk.length;
      if (needed > BODY_LIMIT) {
        req.off('data', add).pause();
        return resolve(new Problem('payload_too_large'));
      }
      if (needed > bytes.length)
        bytes = Buffer.concat([bytes], Math.max(needed, Math.min(2 * bytes.length, BODY_LIMIT)));
      used += chunk.copy(bytes, used);
    });
    req.on('end', () => resolve(bytes.subarray(0, used)));
    // After 'end' this changes nothing. Node drops the error of a request without an 'error' listener.
    req.on('close', () => resolve(new Problem('request_aborted')));
  });
}
