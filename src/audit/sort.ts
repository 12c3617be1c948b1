import { z } from 'zod';
import { asAwardId, asBadgeId, asSchemeVersion } from '../ids.js';
import { AUDIT_KINDS, type AuditEntry, type AuditKind } from './types.js';

/** What entries say alike, and what stays when their person is forgotten. */
export type Sort = Pick<AuditEntry, 'kind' | 'award' | 'badgeId' | 'version'>;

/** Entries are kept for years: a number once given stands for its kind for ever. */
export const KIND_NUMBERS: Readonly<Record<AuditKind, number>> = {
  issued: 1,
  found: 2,
  flagged: 3,
  revoked: 4,
  blocked: 5,
  unblocked: 6,
  refused: 7,
  linked: 8,
  unlinked: 9,
  erased: 10,
  purged: 11,
  applied: 12,
};
const KINDS: ReadonlyMap<number, AuditKind> = new Map(AUDIT_KINDS.map((kind) => [KIND_NUMBERS[kind], kind]));

/** As one word (words.ts), always written the same. */
export const sortWord = ({ kind, award, badgeId, version }: Sort): string =>
  JSON.stringify([KIND_NUMBERS[kind], award, badgeId, version]);

const form = z.tuple([z.number(), z.string().nullable(), z.string().nullable(), z.string().nullable()]);

/** @returns null for what a later version of Palier wrote and this one has no word for */
export function sortIn(word: string): Sort | null {
  const read = form.safeParse(parsed(word));
  const kind = KINDS.get(read.data?.[0] ?? 0);
  if (!read.success || kind === undefined) return null;
  const [, award, badge, version] = read.data;
  return {
    kind,
    award: award === null ? null : asAwardId(award),
    badgeId: badge === null ? null : asBadgeId(badge),
    version: version === null ? null : asSchemeVersion(version),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
