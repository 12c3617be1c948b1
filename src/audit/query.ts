import type { AuditEntry, AuditQuery } from './types.js';

/** Whether an entry is one of those asked for. */
export const isAskedFor = (
  { kind, atS, award }: AuditEntry,
  { fromS, untilS, award: asked, kinds }: AuditQuery,
): boolean =>
  (fromS === undefined || atS >= fromS) &&
  (untilS === undefined || atS < untilS) &&
  (asked === undefined || award === asked) &&
  (kinds === undefined || kinds.includes(kind));

/** What gives an award to somebody. */
export const isGiving = ({ kind }: AuditEntry): boolean => kind === 'issued' || kind === 'found';
