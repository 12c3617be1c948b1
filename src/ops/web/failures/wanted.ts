import { DateTime } from 'luxon';
import type { JobRef } from '../../../queue/failures.js';
import { QUEUES } from '../../../queue/jobs.js';
import { TO } from '../links.js';
import { notDone, type PageContext, type Redirect } from '../route.js';
import { counted } from '../words.js';

/** What somebody wants to send again. */
export type Wanted =
  | { readonly kind: 'job'; readonly ref: JobRef }
  | { readonly kind: 'group'; readonly group: string }
  /** Null: since ever. */
  | { readonly kind: 'all'; readonly sinceMs: number | null };

const GROUP = /^[\w.-]{1,200}$/;
const HOUR = /^([01]?\d|2[0-3])[:hH]([0-5]\d)$/;

/**
 * Reads an address or a form: a job (`file`, `travail`), a group (`cause`), or all (`tout`), since an instant
 * (`depuis`, Unix milliseconds) or since what was typed (`jour`, `heure`).
 * @returns back to the list, with what is wrong, where nothing that makes sense is asked for
 */
export function wantedIn(fields: URLSearchParams, { pipeline }: PageContext): Wanted | Redirect {
  const [file, id, group] = [fields.get('file'), fields.get('travail'), fields.get('cause')];
  const queue = QUEUES.find((name) => name === file);
  if (queue !== undefined && id !== null && id !== '') return { kind: 'job', ref: { queue, id } };
  if (group !== null && GROUP.test(group)) return { kind: 'group', group };
  if (!fields.has('tout')) return notDone(TO.failures, 'Rien n’a été choisi : rien n’a été renvoyé.');
  const sinceMs = sinceIn(fields, pipeline.scheme.timeZone);
  const isGood = !Number.isNaN(sinceMs) && (sinceMs ?? 0) <= pipeline.clock();
  const fault =
    'Cette date ou cette heure ne se lit pas : une heure s’écrit 14:30, et la date ne peut pas être à venir.';
  return isGood ? { kind: 'all', sinceMs } : notDone(TO.failures, fault);
}

/** NaN: it cannot be read. Null: none was given. */
function sinceIn(fields: URLSearchParams, timeZone: string): number | null {
  const given = fields.get('depuis') ?? '';
  if (given !== '') return /^\d{1,15}$/.test(given) ? Number(given) : NaN;
  const [day, hour] = ['jour', 'heure'].map((name) => (fields.get(name) ?? '').trim());
  if (day === '' && hour === '') return null;
  const [, hours = 'x', minutes = 'x'] = HOUR.exec(hour === '' ? '00:00' : (hour ?? '')) ?? [];
  const text = `${day}T${hours.padStart(2, '0')}:${minutes}`;
  return /^\d{4}-\d{2}-\d{2}T/.test(text) ? DateTime.fromISO(text, { zone: timeZone }).toMillis() : NaN;
}

/** `12 travaux`. */
export const jobsWords = (n: number): string => counted(n, 'travail', 'travaux');

/** The same as query parameters, or as hidden fields of a form. */
export function fieldsOf(wanted: Wanted): Readonly<Record<string, string>> {
  if (wanted.kind === 'job') return { file: wanted.ref.queue, travail: wanted.ref.id };
  if (wanted.kind === 'group') return { cause: wanted.group };
  return { tout: '1', ...(wanted.sinceMs === null ? {} : { depuis: String(wanted.sinceMs) }) };
}

/** Asks once, and sends again. */
export const CONFIRM = '/ops/echecs/renvoyer';
export const confirmHref = (wanted: Wanted): string =>
  `${CONFIRM}?${new URLSearchParams(fieldsOf(wanted)).toString()}`;
export const groupHref = (group: string, page = 1): string =>
  `/ops/echecs/cause/${encodeURIComponent(group)}${page === 1 ? '' : `?page=${page}`}`;
export const jobHref = ({ queue, id }: JobRef): string =>
  `/ops/echecs/travail/${queue}/${encodeURIComponent(id)}`;
export const replayHref = (id: string): string => `/ops/echecs/renvois/${encodeURIComponent(id)}`;
