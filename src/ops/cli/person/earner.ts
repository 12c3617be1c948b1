import { DateTime } from 'luxon';
import { earnerKeyOf } from '../../../earners/earner-key.js';
import type { Assertion } from '../../../earners/record.js';
import type { BadgeId, ClientId, EarnerKey } from '../../../ids.js';
import { withoutAddresses } from '../../../platform/logger.js';
import type { Scheme } from '../../../rules/types.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { AWARD_STATES, HAPPENED } from '../../shared/issuing-words.js';
import { maskAddress } from '../../shared/masked.js';
import {
  collectPersonalData,
  earnerJson,
  type HeldAddress,
  type HeldPerson,
  isNobody,
  type Shown,
} from '../../shared/personal-data.js';
import {
  indented,
  instantWords,
  labelled,
  listed,
  type Localized,
  localized,
  say,
} from '../../shared/words.js';
import { addressOf, EARNER_ARGUMENT, EARNER_OR_KEY_ARGUMENT, earnerOf, unknownEarner } from '../arguments.js';
import { withPipeline } from '../session.js';
import { type Command } from '../command.js';

export const earnerShow: Command = {
  name: 'earner show',
  help: [
    say`dit tout ce qui est gardé d'une personne
      tells everything that is held about a person`,
    say`Les autres adresses de la personne ne sont montrées qu'en partie, et son nom pas du tout. Pour la personne elle-même : « npx palier earner export ».
      The other addresses of the person are shown in part only, and the name is not. For the person: "npx palier earner export".`,
  ],
  args: EARNER_OR_KEY_ARGUMENT,
  progress: { fr: 'Lecture de Redis', en: 'Reading Redis' },
  run: (call) => {
    const keyUnder = earnerOf(call.args[0]);
    return withPipeline(call, async (pipeline) => {
      const asked = keyUnder(pipeline.vault);
      const held = await requireHeld(pipeline, asked);
      // An address that was typed is known to the reader.
      const shown = maskedBut(call.args[0]?.includes('@') === true ? asked : null);
      return { lines: showLines(held, shown, pipeline), json: earnerJson(held, call.clock, shown) };
    });
  },
};

const maskedBut = (whole: EarnerKey | null): Shown => ({
  address: ({ key, record: { contact } }) =>
    contact === null ? null : key === whole ? contact.address : maskAddress(contact.address),
  name: () => null,
});

export const earnerExport: Command = {
  name: 'earner export',
  help: [
    say`donne tout ce qui est gardé d'une personne, en JSON, pour elle
      gives everything that is held about a person, as JSON, for them`,
    say`Adresses et noms compris : à remettre à la personne seule, après s'être assuré de son identité. Sur la sortie standard uniquement ; docs/schema/earner.json en dit la forme.
      Addresses and names included: for the person alone, once you are sure who they are. To standard output only; docs/schema/earner.json tells its form.`,
  ],
  args: EARNER_ARGUMENT,
  progress: { fr: 'Lecture de Redis', en: 'Reading Redis' },
  run: async (call) => {
    const address = addressOf(call.args[0]);
    const held = await withPipeline(call, (pipeline) =>
      requireHeld(pipeline, earnerKeyOf(pipeline.vault, address)),
    );
    const json = earnerJson(held, call.clock);
    return { lines: [JSON.stringify(json, null, 2)], json };
  },
};

/** @throws Problem where nothing is held */
async function requireHeld(pipeline: Pipeline, asked: EarnerKey): Promise<HeldPerson> {
  const held = await collectPersonalData(pipeline, asked);
  if (isNobody(held)) throw unknownEarner();
  return held;
}

type Names = Pick<Pipeline, 'scheme' | 'region'>;

/** What is held about a person, in lines; an empty section has no heading. */
const showLines = (held: HeldPerson, shown: Shown, names: Names): readonly Localized[] => [
  { fr: `Bénéficiaire ${held.person}`, en: `Earner ${held.person}` },
  ...held.addresses.flatMap((one) => [{ fr: '', en: '' }, ...addressLines(held, one, shown, names)]),
];

function addressLines(held: HeldPerson, one: HeldAddress, shown: Shown, names: Names): readonly Localized[] {
  const address = shown.address(one) ?? { fr: 'adresse non conservée', en: 'address not kept' };
  const facts = listed([one.key, ...factsOf(held, one, names.scheme.timeZone)]);
  return [
    say`${address} (${facts})
      ${address} (${facts})`,
    ...SECTIONS.flatMap(([heading, linesOf]) => {
      const lines = linesOf(one, names);
      return lines.length === 0 ? [] : [heading, ...lines.map(indented)].map(indented);
    }),
  ];
}

function factsOf(
  { person, asked }: HeldPerson,
  { key, record: { contact, tombstone } }: HeldAddress,
  timeZone: string,
): readonly Localized[] {
  const erased = tombstone === null ? null : instantWords(tombstone.erasedAtS, timeZone);
  return [
    ...(key === asked ? [{ fr: 'demandée', en: 'asked for' }] : []),
    ...(key === person ? [] : [{ fr: 'liée', en: 'linked' }]),
    ...((contact?.name ?? null) === null ? [] : [{ fr: 'nom conservé', en: 'name kept' }]),
    ...(tombstone?.entriesToUnindex.length ? [{ fr: 'effacement en cours', en: 'being erased' }] : []),
    ...(erased === null ? [] : [{ fr: `effacée le ${erased.fr}`, en: `erased on ${erased.en}` }]),
  ];
}

/** Each kind of what is held about an address. */
const SECTIONS: readonly (readonly [
  heading: Localized,
  lines: (one: HeldAddress, names: Names) => readonly Localized[],
])[] = [
  [
    { fr: 'Badges des organismes', en: 'Badges of partners' },
    (one, names) => assertionLines(one, names, (clientId) => clientId !== names.region),
  ],
  [
    { fr: 'Badges de la Région, lus dans OBF', en: 'Awards, as read in OBF' },
    (one, names) => assertionLines(one, names, (clientId) => clientId === names.region),
  ],
  [
    { fr: 'Registre des badges Région', en: 'Ledger of awards' },
    ({ record }, { scheme }) =>
      [...record.awards].map(([badgeId, { state, atS }]) =>
        labelled(
          awardName(scheme, badgeId),
          listed([AWARD_STATES[state], instantWords(atS, scheme.timeZone)]),
        ),
      ),
  ],
  [
    { fr: 'À examiner', en: 'To be looked at' },
    ({ record }, { scheme }) =>
      [...record.flags].map(([badgeId, atS]) =>
        listed([awardName(scheme, badgeId), instantWords(atS, scheme.timeZone)]),
      ),
  ],
  [
    { fr: 'Compte rendu', en: 'Account' },
    ({ record }, { scheme }) =>
      record.journal.map(({ kind, atS, badgeId }) => {
        const what = listed([instantWords(atS, scheme.timeZone), HAPPENED[kind]]);
        return badgeId === null ? what : labelled(what, awardName(scheme, badgeId));
      }),
  ],
  [
    { fr: 'Travaux en file', en: 'Jobs' },
    ({ jobs }) =>
      jobs.map(({ queue, name, state, reason }) => {
        const what = listed([queue, name, state]);
        return reason === null ? what : labelled(what, withoutAddresses(reason));
      }),
  ],
];

const assertionLines = (
  { record }: HeldAddress,
  { scheme }: Names,
  isMeant: (clientId: ClientId) => boolean,
): readonly Localized[] =>
  record.assertions.filter(({ clientId }) => isMeant(clientId)).map((one) => assertionLine(one, scheme));

function assertionLine(one: Assertion, scheme: Scheme): Localized {
  const partner = scheme.partnersById.get(one.clientId);
  const enrolled = partner?.badges.find(({ badgeId }) => badgeId === one.badgeId)?.name;
  const day = (atS: number): Localized =>
    localized((locale) =>
      DateTime.fromSeconds(atS, { zone: scheme.timeZone, locale }).toLocaleString(DateTime.DATE_MED),
    );
  const issued = day(one.issuedOnS);
  const expires = one.expiresOnS === null ? null : day(one.expiresOnS);
  return listed([
    enrolled ?? awardName(scheme, one.badgeId),
    ...(partner === undefined ? [] : [partner.name]),
    { fr: `délivré le ${issued.fr}`, en: `issued on ${issued.en}` },
    ...(expires === null ? [] : [{ fr: `valable jusqu'au ${expires.fr}`, en: `valid until ${expires.en}` }]),
    ...(one.revoked ? [{ fr: 'révoqué', en: 'revoked' }] : []),
  ]);
}

/** A badge that the scheme no longer has, by its id. */
const awardName = ({ awards }: Scheme, badgeId: BadgeId): string =>
  awards.find((award) => award.badgeId === badgeId)?.name ?? badgeId;
