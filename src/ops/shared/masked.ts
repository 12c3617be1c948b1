import { withoutAddresses } from '../../platform/logger.js';

/** `l…@e….org`: enough to recognise a known address, and no more. */
export function maskAddress(address: string): string {
  const at = address.lastIndexOf('@');
  const [name, host] = [address.slice(0, at), address.slice(at + 1)];
  const dot = host.lastIndexOf('.');
  return `${first(name)}…@${first(host)}…${dot > 0 ? host.slice(dot) : ''}`;
}

const first = (text: string): string => /^./u.exec(text)?.[0] ?? '';

/** What of a job's data may be read by people: ids, and how it came about. Never the sealed address. */
const SHOWN: ReadonlySet<string> = new Set([
  'kind',
  'clientId',
  'eventId',
  'badgeId',
  'batchId',
  'earner',
  'url',
  'recipientCount',
  'createdS',
  'months',
  'by',
  'askedS',
  'version',
  'only',
  'upto',
  'suppressEmail',
  'overQuota',
  'source',
  'request',
  'cause',
]);

export const HIDDEN = '[masqué]';
const MAX_CHARS = 500;
const MAX_FIELDS = 30;

/** A job's data as it may be shown. */
export function maskedData(data: unknown): Readonly<Record<string, string>> {
  if (typeof data !== 'object' || data === null) return {};
  const fields = Object.entries(data).slice(0, MAX_FIELDS);
  return Object.fromEntries(fields.map(([name, value]) => [shownText(name), maskedValue(name, value)]));
}

function maskedValue(name: string, value: unknown): string {
  const plain = value === null || ['string', 'number', 'boolean'].includes(typeof value);
  return SHOWN.has(name) && plain ? shownText(String(value)) : HIDDEN;
}

/** Text of bounded length, without addresses. */
export function shownText(text: string, maxChars = MAX_CHARS): string {
  const safe = withoutAddresses(text);
  return safe.length > maxChars ? `${safe.slice(0, maxChars - 1).replace(/\p{Surrogate}$/u, '')}…` : safe;
}
