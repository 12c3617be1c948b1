import { DateTime } from 'luxon';
import { earnerKeyOf } from '../../earners/earner-key.js';
import type { Assertion } from '../../earners/record.js';
import type { BadgeId, ClientId } from '../../ids.js';
import { withoutAddresses } from '../../platform/logger.js';
import type { Scheme } from '../../rules/types.js';
import { AWARD_STATES, HAPPENED } from '../shared/issuing-words.js';
import { maskAddress } from '../shared/masked.js';
import {
  collectPersonalData,
  earnerJson,
  type HeldAddress,
  type HeldPerson,
  isNobody,
  type Shown,
} from '../shared/personal-data.js';
import { instantWords, type Lang, type Localized } from '../shared/words.js';
import { addressOf, EARNER_ARGUMENT, EARNER_OR_KEY_ARGUMENT, earnerOf, unknownEarner } from './arguments.js';
import { command } from './command.js';
import { withPipeline } from './session.js';

export const earnerShow = command({
  name: 'earner show',
  summary: {
    fr: "dit tout ce qui est gardé d'une personne",
    en: 'tells everything that is held about a person',
  },
  details: [
    {
      fr: "Les autres adresses de la personne ne sont montrées qu'en partie, et son nom pas du tout. Pour la personne elle-même : « npx palier earner export ».",
      en: 'The other addresses of the person are shown in part only, and the name is not. For the person: "npx palier earner export".',
    },
  ],
  args: [EARNER_OR_KEY_ARGUMENT],
  progress: { fr: 'Lecture de Redis', en: 'Reading Redis' },
  work: async (call, { context }) => {
    const keyUnder = earnerOf(call.args[0]);
    return withPipeline(context, async (pipeline) => {
      const asked = keyUnder(pipeline.vault);
      const held = await collectPersonalData(pipeline, asked);
      if (isNobody(held)) throw unknownEarner();
      // An address that was typed is known to the reader.
      const shown = maskedBut(call.args[0]?.includes('@') === true ? asked : null);
      const { scheme, region } = pipeline;
      return {
        lines: showLines(held, shown, { scheme, region, lang: call.lang }),
        json: earnerJson(held, shown, context.clock),
      };
    });
  },
  answer: (told) => told,
});

const maskedBut = (whole: HeldAddress['key'] | null): Shown => ({
  address: ({ key, contact }) =>
    contact === null ? null : key === whole ? contact.address : maskAddress(contact.address),
  name: () => null,
});

export const earnerExport = command({
  name: 'earner export',
  summary: {
    fr: "donne tout ce qui est gardé d'une personne, en JSON, pour elle",
    en: 'gives everything that is held about a person, as JSON, for them',
  },
  details: [
    {
      fr: "Adresses et noms compris : à remettre à la personne seule, après s'être assuré de son identité. Sur la sortie standard uniquement ; docs/schema/earner.json en dit la forme.",
      en: 'Addresses and names included: for the person alone, once you are sure who they are. To standard output only; docs/schema/earner.json tells its form.',
    },
  ],
  args: [EARNER_ARGUMENT],
  progress: { fr: 'Lecture de Redis', en: 'Reading Redis' },
  work: async (call, { context }) => {
    const address = addressOf(call.args[0]);
    const held = await withPipeline(context, (pipeline) =>
      collectPersonalData(pipeline, earnerKeyOf(pipeline.vault, address)),
    );
    if (isNobody(held)) throw unknownEarner();
    return earnerJson(held, WHOLE, context.clock);
  },
  answer: (json) => ({ lines: [JSON.stringify(json, null, 2)], json }),
});

const WHOLE: Shown = {
  address: ({ contact }) => contact?.address ?? null,
  name: ({ contact }) => contact?.name ?? null,
};

/** What is held about a person, for whoever reads it; a heading stands only where there is something. */
function showLines(held: HeldPerson, shown: Shown, formatter: Formatter): readonly string[] {
  const head = { fr: `Bénéficiaire ${held.person}`, en: `Earner ${held.person}` };
  return [
    head[formatter.lang],
    ...held.addresses.flatMap((one) => ['', ...addressLines(held, one, shown, formatter)]),
  ];
}

function addressLines(
  held: HeldPerson,
  one: HeldAddress,
  shown: Shown,
  formatter: Formatter,
): readonly string[] {
  const { lang } = formatter;
  const address = shown.address(one) ?? { fr: 'adresse non conservée', en: 'address not kept' }[lang];
  const facts = factsOf(held, one, formatter.scheme.timeZone).map((words) => words[lang]);
  const sections = SECTIONS.map(({ heading, lines }) => ({ heading, lines: lines(one, formatter) }));
  return [
    `${address} (${[one.key, ...facts].join(', ')})`,
    ...sections
      .filter(({ lines }) => lines.length > 0)
      .flatMap(({ heading, lines }) => [`  ${heading[lang]}`, ...lines.map((line) => `    ${line}`)]),
  ];
}

function factsOf(
  { person, asked }: HeldPerson,
  { key, file, contact }: HeldAddress,
  timeZone: string,
): readonly Localized[] {
  const name = contact?.name ?? null;
  return [
    ...(key === asked ? [{ fr: 'demandée', en: 'asked for' }] : []),
    ...(key === person ? [] : [{ fr: 'liée', en: 'linked' }]),
    ...(name === null ? [] : [{ fr: 'nom conservé', en: 'name kept' }]),
    ...((file.tombstone?.entriesToUnindex.length ?? 0) > 0
      ? [{ fr: 'effacement en cours', en: 'being erased' }]
      : []),
    ...(file.tombstone === null ? [] : [erasedWords(file.tombstone.erasedAtS, timeZone)]),
  ];
}

function erasedWords(atS: number, timeZone: string): Localized {
  const { fr, en } = instantWords(atS, timeZone);
  return { fr: `effacée le ${fr}`, en: `erased on ${en}` };
}

/** By what names are told, and in which language. */
interface Formatter {
  readonly scheme: Scheme;
  /** The Région's own client. */
  readonly region: ClientId;
  readonly lang: Lang;
}

/** One kind of what is held about an address. */
interface Section {
  readonly heading: Localized;
  readonly lines: (one: HeldAddress, formatter: Formatter) => readonly string[];
}

const SECTIONS: readonly Section[] = [
  {
    heading: { fr: 'Badges des organismes', en: 'Badges of partners' },
    lines: (one, formatter) => assertionLines(one, formatter, (clientId) => clientId !== formatter.region),
  },
  {
    heading: { fr: 'Badges de la Région, lus dans OBF', en: 'Awards, as read in OBF' },
    lines: (one, formatter) => assertionLines(one, formatter, (clientId) => clientId === formatter.region),
  },
  {
    heading: { fr: 'Registre des badges Région', en: 'Ledger of awards' },
    lines: ({ records }, formatter) =>
      [...records].map(([badgeId, { state, atS }]) =>
        joined(
          formatter,
          awardName(formatter, badgeId),
          `${AWARD_STATES[state][formatter.lang]}, ${when(formatter, atS)}`,
        ),
      ),
  },
  {
    heading: { fr: 'À examiner', en: 'To be looked at' },
    lines: ({ flags }, formatter) =>
      flags.map(({ badgeId, atS }) => `${awardName(formatter, badgeId)}, ${when(formatter, atS)}`),
  },
  {
    heading: { fr: 'Compte rendu', en: 'Account' },
    lines: ({ entries }, formatter) =>
      entries.map(({ kind, atS, badgeId }) => {
        const what = `${when(formatter, atS)}, ${HAPPENED[kind][formatter.lang]}`;
        return badgeId === null ? what : joined(formatter, what, awardName(formatter, badgeId));
      }),
  },
  {
    heading: { fr: 'Travaux en file', en: 'Jobs' },
    lines: ({ jobs }, formatter) =>
      jobs.map(({ queue, name, state, failedReason }) => {
        const what = `${queue}, ${name}, ${state}`;
        return failedReason === null ? what : joined(formatter, what, withoutAddresses(failedReason));
      }),
  },
];

const joined = ({ lang }: Formatter, what: string, more: string): string =>
  lang === 'fr' ? `${what} : ${more}` : `${what}: ${more}`;

const when = ({ scheme, lang }: Formatter, atS: number): string => instantWords(atS, scheme.timeZone)[lang];

function assertionLines(
  { file }: HeldAddress,
  formatter: Formatter,
  isMeant: (clientId: ClientId) => boolean,
): readonly string[] {
  const meant = file.assertions.filter(({ clientId }) => isMeant(clientId));
  return meant.toSorted((a, b) => a.issuedOnS - b.issuedOnS).map((one) => assertionLine(one, formatter));
}

function assertionLine(one: Assertion, formatter: Formatter): string {
  const { scheme, lang } = formatter;
  const partner = scheme.partnersById.get(one.clientId);
  const enrolled = partner?.badges.find(({ badgeId }) => badgeId === one.badgeId)?.name;
  const day = (atS: number): string =>
    DateTime.fromSeconds(atS, { zone: scheme.timeZone, locale: lang }).toLocaleString(DateTime.DATE_MED);
  const issued = { fr: 'délivré le', en: 'issued on' }[lang];
  const valid = { fr: "valable jusqu'au", en: 'valid until' }[lang];
  return [
    enrolled ?? awardName(formatter, one.badgeId),
    ...(partner === undefined ? [] : [partner.name]),
    `${issued} ${day(one.issuedOnS)}`,
    ...(one.expiresOnS === null ? [] : [`${valid} ${day(one.expiresOnS)}`]),
    ...(one.revoked ? [{ fr: 'révoqué', en: 'revoked' }[lang]] : []),
  ].join(', ');
}

/** A badge that the scheme no longer has, by its id. */
function awardName({ scheme: { awards } }: Formatter, badgeId: BadgeId): string {
  return awards.find((award) => award.badgeId === badgeId)?.name ?? badgeId;
}
