import type { JournalKind } from '../../earners/journal-entry.js';
import type { ClientId, EarnerKey } from '../../ids.js';

/** Addresses that several pages lead to. */
export const TO = {
  failures: '/ops/echecs',
  scheme: '/ops/bareme',
  queues: '/ops/queues',
  journal: '/ops/journal',
  partners: '/ops/organismes',
  people: '/ops/personne',
  failureGroup: (key: string): string => `/ops/echecs/cause/${encodeURIComponent(key)}`,
  partner: (clientId: ClientId): string => `/ops/organismes/${encodeURIComponent(clientId)}`,
  /** People are in addresses by their key alone. */
  person: (earner: EarnerKey): string => `/ops/personne/${encodeURIComponent(earner)}`,
  journalOf: (kind: JournalKind): string => `/ops/journal?sorte=${kind}`,
} as const;
