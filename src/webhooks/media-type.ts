import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from './problem.js';

/** Answers what is wrong with the kind of body that the headers announce: JSON in UTF-8, as it is, is right. */
export function mediaTypeFault(headers: IncomingHttpHeaders): Problem | null {
  // As nearly all come.
  if (headers['content-type'] === 'application/json' && headers['content-encoding'] === undefined)
    return null;
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (encoding !== 'identity') return new Problem('encoding_unsupported');
  const [type, ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';');
  const charsets = parameters
    .map((part) => part.trim())
    .filter((part) => part.startsWith('charset='))
    .map((part) => part.slice('charset='.length).replaceAll('"', ''));
  const good = type?.trim() === 'application/json' && charsets.every((name) => /^utf-?8$/.test(name));
  return good ? null : new Problem('media_type_unsupported');
}
