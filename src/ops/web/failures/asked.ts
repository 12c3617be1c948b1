import { DateTime } from 'luxon';
import { QUEUES } from '../../../queue/jobs.js';
import type { JobRef } from '../../../queue/failures.js';

/** What somebody wants to send again, as an address or a form says it. */
export type Wanted =
  | { readonly kind: 'job'; readonly ref: JobRef }
  | { readonly kind: 'group'; readonly group: string }
  /** Null: since ever. */
  | { readonly kind: 'all'; readonly sinceMs: number | null };

export type WantedFault = 'nothing' | 'bad-instant';

const GROUP = /^[\w.-]{1,200}$/;
const HOUR = /^([01]?\d|2[0-3])[:hH]([0-5]\d)$/;

/**
 * Pure. A job (`file`, `travail`), a group (`cause`), or all (`tout`), since an instant (`depuis`, Unix
 * milliseconds) or since what was typed (`jour`, and `heure` if need be).
 * @param timeZone of what was typed
 */
export function readWanted(fields: URLSearchParams, timeZone: string, nowMs: number): Wanted | WantedFault {
  const [file, id, group] = [fields.get('file'), fields.get('travail'), fields.get('cause')];
  const queue = QUEUES.find((name) => name === file);
  if (queue !== undefined && id !== null && id !== '') return { kind: 'job', ref: { queue, id } };
  if (group !== null && GROUP.test(group)) return { kind: 'group', group };
  if (!fields.has('tout')) return 'nothing';
  const sinceMs = readSince(fields, timeZone);
  return Number.isNaN(sinceMs) || (sinceMs ?? 0) > nowMs ? 'bad-instant' : { kind: 'all', sinceMs };
}

/** NaN: it cannot be read. Null: none was given. */
function readSince(fields: URLSearchParams, timeZone: string): number | null {
  const given = fields.get('depuis') ?? '';
  if (given !== '') return /^\d{1,15}$/.test(given) ? Number(given) : NaN;
  const [day, hour] = ['jour', 'heure'].map((name) => (fields.get(name) ?? '').trim());
  if (day === '' && hour === '') return null;
  const [, hours = 'x', minutes = 'x'] = HOUR.exec(hour === '' ? '00:00' : (hour ?? '')) ?? [];
  const text = `${day}T${hours.padStart(2, '0')}:${minutes}`;
  return /^\d{4}-\d{2}-\d{2}T/.test(text) ? DateTime.fromISO(text, { zone: timeZone }).toMillis() : NaN;
}

/** The same as an address, or as the hidden fields of a form. */
export function fieldsOf(wanted: Wanted): Readonly<Record<string, string>> {
  if (wanted.kind === 'job') return { file: wanted.ref.queue, travail: wanted.ref.id };
  if (wanted.kind === 'group') return { cause: wanted.group };
  return { tout: '1', ...(wanted.sinceMs === null ? {} : { depuis: String(wanted.sinceMs) }) };
}
