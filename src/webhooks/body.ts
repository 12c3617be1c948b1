import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { Problem } from './problems.js';

/** 1 MiB. */
const BODY_LIMIT = 1024 * 1024;
/** What the bodies of all connections hold together. */
const BODIES_LIMIT = 32 * BODY_LIMIT;
/** Not counted, so that notices of events pass while large bodies wait: `maxConnections` bounds these. */
const SMALL = 8 * 1024;

/** Bytes that may be held at once. */
export function createBodyBudget() {
  let held = 0;
  return {
    /** Takes the announced length, without one the most that may come. Null: there is no room. */
    reserve({ headers }: IncomingMessage) {
      const isChunked = headers['transfer-encoding'] !== undefined;
      const announced = isChunked ? BODY_LIMIT : Number(headers['content-length'] ?? 0);
      const bytes = announced > SMALL ? announced : 0;
      if (held + bytes > BODIES_LIMIT) return null;
      held += bytes;
      return { release: () => void (held -= bytes) };
    },
  };
}

export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** Refuses what is not uncompressed JSON in UTF-8, and an announced length over 1 MiB. */
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
 * Reads the raw bytes into one buffer, at most `BODY_LIMIT` of them. `express.raw` would keep an object a chunk
 * (100 MiB for 1 MiB in chunks of a byte), and read a body that is too long to its end.
 */
export async function readBody(req: IncomingMessage, res: ServerResponse): Promise<Buffer | Problem> {
  if (!hasBody(req)) return Buffer.alloc(0);
  // The sender waits for leave to send (RFC 9110, 10.1.1); a refusal above spares the body.
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
    // The first to come counts: after the end, this changes nothing. Without a listener Node keeps the error to itself.
    req.on('close', () => resolve(new Problem('request_aborted')));
  });
}
