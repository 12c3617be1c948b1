import type { AuditEntry } from '../../../audit/types.js';
import { withoutAddresses } from '../../../platform/logger.js';
import { partnerName } from '../../../rules/explain-facts.js';
import { asClientId, type BadgeId, type ClientId, type EarnerKey } from '../../../ids.js';
import type { Scheme } from '../../../rules/types.js';
import { HAPPENED } from '../../cli/earner/state-words.js';
import type { Words } from '../../cli/words.js';

/** One thing that happened to a person, in words. */
export interface Happened {
  readonly atS: number;
  readonly what: Words;
  /** The award's name; null: it was about none. */
  readonly award: string | null;
  /** What set it off; null: not known. */
  readonly why: Words | null;
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
  entries: readonly (readonly [EarnerKey, AuditEntry])[],
): readonly Happened[] =>
  entries
    .map(([under, { kind, atS, badgeId, cause, event, version, detail }], at) => ({
      at,
      told: {
        atS,
        what: HAPPENED[kind],
        award: badgeId === null ? null : awardName(scheme, badgeId),
        why: causeWords(scheme, region, cause),
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

const PLAIN: Readonly<Record<string, Words>> = {
  ops: { fr: 'à la demande d’un opérateur', en: 'an operator asked for it' },
  apply: { fr: 'mise en vigueur du barème', en: 'the scheme was put into force' },
  unblock: { fr: 'blocage levé par un opérateur', en: 'an operator lifted the block' },
  link: { fr: 'adresses liées', en: 'addresses were linked' },
  unlink: { fr: 'adresses séparées', en: 'addresses were parted' },
  reconcile: { fr: 'relecture complète d’OBF', en: 'all of OBF was read again' },
  retention: { fr: 'durée de conservation passée', en: 'retention is over' },
  'region-account': { fr: 'lecture du compte OBF de la Région', en: 'the Région’s OBF account was read' },
};

/** Where the news came from that set it off. */
const SOURCES: Readonly<Record<string, Words>> = {
  webhook: { fr: 'avis d’OBF', en: 'notice of OBF' },
  passport: { fr: 'envoi d’OBF au Passport', en: 'OBF’s push to the Passport' },
  poll: { fr: 'lecture régulière d’OBF', en: 'regular reading of OBF' },
  ops: { fr: 'relecture demandée', en: 'reading that was asked for' },
};

function causeWords(scheme: Scheme, region: ClientId, cause: string | null): Words | null {
  if (cause === null) return null;
  const plain = PLAIN[cause];
  if (plain !== undefined) return plain;
  const [source = '', kind = '', client = ''] = cause.split('.');
  const from = SOURCES[source];
  if (from === undefined) return { fr: cause, en: cause };
  if (kind !== 'event') return from;
  const name = client === region ? 'Région' : partnerName(scheme, asClientId(client));
  return { fr: `${from.fr} : badge de ${name}`, en: `${from.en}: badge of ${name}` };
}
