import type { JournalKind } from '../../../earners/journal-entry.js';
import type { ClientId, EarnerKey } from '../../../ids.js';

/** Where things are mended. */
export const TO = {
  failures: '/ops/echecs',
  rules: '/ops/bareme',
  queues: '/ops/queues',
  partners: '/ops/organismes',
  partner: (clientId: ClientId): string => `/ops/organismes/${encodeURIComponent(clientId)}`,
  person: (earner: EarnerKey): string => `/ops/personne/${encodeURIComponent(earner)}`,
  journalOf: (kind: JournalKind): string => `/ops/journal?sorte=${kind}`,
  /** Parts of the first page. */
  now: '#maintenant',
  obf: '#obf',
  flags: '#a-examiner',
} as const;
