import { JOURNAL_KINDS, type JournalKind } from '../../../earners/journal-entry.js';
import type { JournalQuery } from '../../../journal/query.js';
import { asAwardId, asEventId, type EventId } from '../../../ids.js';
import { withoutUnseenEnds } from '../../../platform/invisible.js';
import { withoutAddresses } from '../../../platform/logger.js';
import { nearest } from '../../../rules/parse/messages.js';
import type { Call } from '../context.js';
import { addressOf } from '../earner-argument.js';
import { wrongUsage } from '../problem.js';
import { readFrom, readUntil } from './dates.js';

/** Which entries are asked for, but for whose. */
export interface Asked extends JournalQuery {
  readonly event?: EventId;
}

/** @throws Problem for a date or a kind that is none */
export function askedOf({ flags }: Pick<Call, 'flags'>, timeZone: string): Asked {
  const { from, until, award, kind, event } = flags;
  return {
    ...(typeof from === 'string' ? { fromS: readFrom(from, timeZone) } : {}),
    ...(typeof until === 'string' ? { untilS: readUntil(until, timeZone) } : {}),
    ...(typeof award === 'string' ? { award: asAwardId(award) } : {}),
    ...(typeof kind === 'string' ? { kinds: [kindOf(kind)] } : {}),
    ...(typeof event === 'string' ? { event: asEventId(event) } : {}),
  };
}

function kindOf(typed: string): JournalKind {
  const kind = JOURNAL_KINDS.find((one) => one === typed);
  if (kind !== undefined) return kind;
  const meant = nearest(typed, JOURNAL_KINDS);
  const known = JOURNAL_KINDS.join(', ');
  const what = withoutAddresses(typed).slice(0, 60);
  throw wrongUsage({
    fr: `--kind ne connaît pas « ${what} »${meant === null ? '' : ` : vouliez-vous dire « ${meant} » ?`} (connus : ${known})`,
    en: `--kind does not know "${what}"${meant === null ? '' : `: did you mean "${meant}"?`} (known: ${known})`,
  });
}

/** The person as typed: a key as it is, or an address, which is to be shown nowhere. */
export type AskedEarner = { readonly key: string } | { readonly address: string };

/** Null: everybody. @throws Problem for what is neither */
export function askedEarner({ flags }: Pick<Call, 'flags'>): AskedEarner | null {
  const { earner } = flags;
  if (typeof earner !== 'string') return null;
  if (earner.includes('@')) return { address: addressOf(earner) };
  const key = withoutUnseenEnds(earner);
  if (/^[\w-]{1,64}$/.test(key)) return { key };
  throw wrongUsage({
    fr: "--earner attend une adresse électronique, ou la clé d'une personne, celle que donne « npx palier explain ».",
    en: '--earner takes an e-mail address, or the key of a person, the one that "npx palier explain" gives.',
  });
}
