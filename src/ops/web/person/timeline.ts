import type { JournalEntry } from '../../../earners/journal-entry.js';
import { withoutAddresses } from '../../../platform/logger.js';
import type { BadgeId, ClientId, EarnerKey } from '../../../ids.js';
import type { Scheme } from '../../../rules/types.js';
import { HAPPENED } from '../../shared/state-words.js';
import type { Localized } from '../../shared/words.js';
import { causeWords } from '../journal/cause-words.js';

/** One thing that happened to a person, in words. */
export interface Happened {
  readonly atS: number;
  readonly what: Localized;
  /** The award's name; null: it was about none. */
  readonly award: string | null;
  /** What set it off; null: not known. */
  readonly why: Localized | null;
  readonly under: EarnerKey;
  /** What an expert asks for. */
  readonly event: string | null;
  readonly version: string | null;
  /** In English: OBF's reason, as it was given. */
  readonly detail: string | null;
}

/** Nobody reads more; `earner export` has all. */
export const MAX_SHOWN = 100;

/** Pure. Newest first. @param region the Région's own client */
export const timelineOf = (
  scheme: Scheme,
  region: ClientId,
  entries: readonly (readonly [EarnerKey, JournalEntry])[],
): readonly Happened[] =>
  entries
    .map(([under, { kind, atS, badgeId, cause, event, version, detail }], at) => ({
      at,
      told: {
        atS,
        what: HAPPENED[kind],
        award: badgeId === null ? null : awardName(scheme, badgeId),
        why: cause === null ? null : causeWords(cause, scheme, region),
        under,
        event,
        version,
        detail: detail === null ? null : withoutAddresses(detail),
      },
    }))
    .toSorted((a, b) => b.told.atS - a.told.atS || b.at - a.at)
    .map(({ told }) => told);

/** A badge that the scheme no longer has, by its id. */
const awardName = ({ awards }: Scheme, badgeId: BadgeId): string =>
  awards.find((award) => award.badgeId === badgeId)?.name ?? badgeId;
