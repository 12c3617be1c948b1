import { DateTime } from 'luxon';
import type { BadgeId, ClientId } from '../../../ids.js';
import { withoutAddresses } from '../../../platform/logger.js';
import type { Assertion } from '../../../earners/record.js';
import type { Scheme } from '../../../rules/types.js';
import { instantWords, type Lang, type Localized } from '../../shared/words.js';
import type { HeldAddress } from '../../shared/personal-data.js';
import { HAPPENED, STATES } from '../../shared/state-words.js';

/** By what names are told, and in which language. */
export interface Teller {
  readonly scheme: Scheme;
  /** The Région's own client. */
  readonly region: ClientId;
  readonly lang: Lang;
}

/** One kind of what is held about an address. */
export interface Section {
  readonly heading: Localized;
  readonly lines: (one: HeldAddress, teller: Teller) => readonly string[];
}

export const SECTIONS: readonly Section[] = [
  {
    heading: { fr: 'Badges des organismes', en: 'Badges of partners' },
    lines: (one, teller) => assertionLines(one, teller, (clientId) => clientId !== teller.region),
  },
  {
    heading: { fr: 'Badges de la Région, lus dans OBF', en: 'Awards, as read in OBF' },
    lines: (one, teller) => assertionLines(one, teller, (clientId) => clientId === teller.region),
  },
  {
    heading: { fr: 'Registre des badges Région', en: 'Ledger of awards' },
    lines: ({ records }, teller) =>
      [...records].map(([badgeId, { state, atS }]) =>
        joined(teller, awardName(teller, badgeId), `${STATES[state][teller.lang]}, ${when(teller, atS)}`),
      ),
  },
  {
    heading: { fr: 'À examiner', en: 'To be looked at' },
    lines: ({ flags }, teller) =>
      flags.map(({ badgeId, atS }) => `${awardName(teller, badgeId)}, ${when(teller, atS)}`),
  },
  {
    heading: { fr: 'Compte rendu', en: 'Account' },
    lines: ({ entries }, teller) =>
      entries.map(({ kind, atS, badgeId }) => {
        const what = `${when(teller, atS)}, ${HAPPENED[kind][teller.lang]}`;
        return badgeId === null ? what : joined(teller, what, awardName(teller, badgeId));
      }),
  },
  {
    heading: { fr: 'Travaux en file', en: 'Jobs' },
    lines: ({ jobs }, teller) =>
      jobs.map(({ queue, name, state, failedReason }) => {
        const what = `${queue}, ${name}, ${state}`;
        return failedReason === null ? what : joined(teller, what, withoutAddresses(failedReason));
      }),
  },
];

const joined = ({ lang }: Teller, what: string, more: string): string =>
  lang === 'fr' ? `${what} : ${more}` : `${what}: ${more}`;

const when = ({ scheme, lang }: Teller, atS: number): string => instantWords(atS, scheme.timeZone)[lang];

function assertionLines(
  { file }: HeldAddress,
  teller: Teller,
  isMeant: (clientId: ClientId) => boolean,
): readonly string[] {
  const meant = file.assertions.filter(({ clientId }) => isMeant(clientId));
  return meant.toSorted((a, b) => a.issuedOnS - b.issuedOnS).map((one) => assertionLine(one, teller));
}

function assertionLine(one: Assertion, teller: Teller): string {
  const { scheme, lang } = teller;
  const partner = scheme.partnersById.get(one.clientId);
  const enrolled = partner?.badges.find(({ badgeId }) => badgeId === one.badgeId)?.name;
  const day = (atS: number): string =>
    DateTime.fromSeconds(atS, { zone: scheme.timeZone, locale: lang }).toLocaleString(DateTime.DATE_MED);
  const issued = { fr: 'délivré le', en: 'issued on' }[lang];
  const valid = { fr: "valable jusqu'au", en: 'valid until' }[lang];
  return [
    enrolled ?? awardName(teller, one.badgeId),
    ...(partner === undefined ? [] : [partner.name]),
    `${issued} ${day(one.issuedOnS)}`,
    ...(one.expiresOnS === null ? [] : [`${valid} ${day(one.expiresOnS)}`]),
    ...(one.revoked ? [{ fr: 'révoqué', en: 'revoked' }[lang]] : []),
  ].join(', ');
}

/** A badge that the scheme no longer has, by its id. */
function awardName({ scheme: { awards } }: Teller, badgeId: BadgeId): string {
  return awards.find((award) => award.badgeId === badgeId)?.name ?? badgeId;
}
