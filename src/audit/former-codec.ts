import {
  asAssertionId,
  asAwardId,
  asBadgeId,
  asEarnerKey,
  asEventId,
  asSchemeVersion,
  type AssertionId,
} from '../ids.js';
import { AUDIT_KINDS, type AuditEntry, type AuditKind } from './types.js';

/** Entries are kept for years: a number once given stands for its kind for ever. */
const NUMBERS: Readonly<Record<AuditKind, string>> = {
  issued: '1',
  found: '2',
  flagged: '3',
  revoked: '4',
  blocked: '5',
  unblocked: '6',
  refused: '7',
  linked: '8',
  unlinked: '9',
  erased: '10',
  purged: '11',
  applied: '12',
};
const KINDS: ReadonlyMap<string, AuditKind> = new Map(AUDIT_KINDS.map((kind) => [NUMBERS[kind], kind]));

/**
 * An entry as it stood in a stream of Redis before there were rows (row.ts): names and values in turn, as XADD takes them. Always the same
 * names in the same order, which a stream then keeps once for many entries. Null is the empty text.
 */
export const encodeEntry = (entry: AuditEntry): readonly string[] =>
  Object.entries({
    k: NUMBERS[entry.kind],
    t: String(entry.atS),
    e: entry.earner ?? '',
    w: entry.award ?? '',
    b: entry.badgeId ?? '',
    a: joined(entry.assertions),
    c: entry.cause ?? '',
    v: entry.version ?? '',
    o: entry.event ?? '',
    d: entry.detail ?? '',
  }).flat();

/**
 * @param fields as XRANGE gives them; names that we do not know are left aside
 * @returns null for what a later version of Palier wrote and this one has no word for
 */
export function decodeEntry(fields: readonly string[]): AuditEntry | null {
  const values = new Map<string, string>();
  for (let at = 0; at + 1 < fields.length; at += 2) values.set(fields[at] ?? '', fields[at + 1] ?? '');
  const of = (name: string): string => values.get(name) ?? '';
  const orNull = <T>(name: string, named: (text: string) => T): T | null =>
    of(name) === '' ? null : named(of(name));
  const kind = KINDS.get(of('k'));
  if (kind === undefined || !/^-?\d{1,15}$/.test(of('t'))) return null;
  return {
    kind,
    atS: Number(of('t')),
    earner: orNull('e', asEarnerKey),
    award: orNull('w', asAwardId),
    badgeId: orNull('b', asBadgeId),
    assertions: split(of('a')),
    cause: orNull('c', String),
    version: orNull('v', asSchemeVersion),
    event: orNull('o', asEventId),
    detail: orNull('d', String),
  };
}

/** A comma parts the ids; one within an id is written as in a URL. */
const joined = (ids: readonly AssertionId[]): string =>
  ids.map((id) => id.replaceAll('%', '%25').replaceAll(',', '%2C')).join(',');

const split = (text: string): readonly AssertionId[] =>
  text === ''
    ? []
    : text.split(',').map((id) => asAssertionId(id.replaceAll('%2C', ',').replaceAll('%25', '%')));
