import { DateTime } from 'luxon';
import type { Assertion } from '../../../earners/record.js';
import type { ClientId, EarnerKey } from '../../../ids.js';
import { withoutAddresses } from '../../../platform/logger.js';
import { type ErasedNumbers, eraseEarner, emptyErasureCounts } from '../../../privacy/erase-people.js';
import type { Scheme } from '../../../rules/types.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { keyOfAddress } from '../../shared/browser.js';
import { jobNamesOf } from '../../shared/jobs.js';
import {
  AWARD_STATE_WORDS,
  JOURNAL_KIND_WORDS,
  indented,
  instantWords,
  listed,
  underHeading,
} from '../../shared/words.js';
import {
  collectPersonalData,
  earnerJson,
  type AddressData,
  type PersonalData,
  isUnknownPerson,
  type ContactToShow,
  maskAddress,
} from '../../shared/personal-data.js';
import { labelled, type Localized, plural, say } from '../../../localized.js';
import { inPipeline } from '../session.js';
import {
  type Command,
  wrongUsage,
  requireAnswer,
  withProgress,
  ADDRESS_ARGUMENT,
  EARNER_ARGUMENT,
  parseEarner,
  keyOf,
  unknownEarner,
} from '../command.js';

export const earnerShow: Command = {
  help: `
    dit tout ce qui est gardé d'une personne
      tells everything that is held about a person
    Les autres adresses de la personne ne sont montrées qu'en partie, et son nom pas du tout. Pour la personne elle-même : « npx palier earner export ».
      The other addresses of the person are shown in part only, and the name is not. For the person: "npx palier earner export".`,
  args: EARNER_ARGUMENT,
  progress: { fr: 'Lecture de Redis', en: 'Reading Redis' },
  run: inPipeline(async (pipeline, call) => {
    const [typed = ''] = call.args;
    const data = await requirePersonalData(pipeline, parseEarner(pipeline.vault, typed));
    // The operator typed this address: it need not be masked.
    const shown = maskAllBut(typed.includes('@') ? data.requestedKey : null);
    return {
      lines: [
        { fr: `Bénéficiaire ${data.person}`, en: `Earner ${data.person}` },
        ...data.addresses.flatMap((one) => ['', ...addressLines(data, one, shown, pipeline)]),
      ],
      json: earnerJson(data, call.clock, shown),
    };
  }),
};

const maskAllBut =
  (unmasked: EarnerKey | null): ContactToShow =>
  ({ key, record: { contact } }) => ({
    address: contact && (key === unmasked ? contact.address : maskAddress(contact.address)),
    name: null,
  });

export const earnerExport: Command = {
  help: `
    donne tout ce qui est gardé d'une personne, en JSON, pour elle
      gives everything that is held about a person, as JSON, for them
    Adresses et noms compris : à remettre à la personne seule, après s'être assuré de son identité. Sur la sortie standard uniquement ; docs/schema/earner.json en dit la forme.
      Addresses and names included: for the person alone, once you are sure who they are. To standard output only; docs/schema/earner.json tells its form.`,
  args: ADDRESS_ARGUMENT,
  progress: { fr: 'Lecture de Redis', en: 'Reading Redis' },
  run: inPipeline(async (pipeline, call) => {
    const data = await requirePersonalData(pipeline, keyOf(pipeline.vault, call.args[0]));
    const json = earnerJson(data, call.clock);
    return { lines: [JSON.stringify(json, null, 2)], json };
  }),
};

async function requirePersonalData(pipeline: Pipeline, key: EarnerKey): Promise<PersonalData> {
  const data = await collectPersonalData(pipeline, key);
  if (isUnknownPerson(data)) throw unknownEarner();
  return data;
}

function addressLines(
  data: PersonalData,
  one: AddressData,
  shown: ContactToShow,
  { scheme, region }: Pipeline,
) {
  const { person, requestedKey } = data;
  const { contact, tombstone } = one.record;
  const erased = instantWords(tombstone?.erasedAtS ?? 0, scheme.timeZone);
  const facts = listed([
    one.key,
    one.key === requestedKey && { fr: 'demandée', en: 'asked for' },
    one.key !== person && { fr: 'liée', en: 'linked' },
    (contact?.name ?? null) !== null && { fr: 'nom conservé', en: 'name kept' },
    (tombstone?.entriesToUnindex.length ?? 0) > 0 && { fr: 'effacement en cours', en: 'being erased' },
    tombstone !== null && { fr: `effacée le ${erased.fr}`, en: `erased on ${erased.en}` },
  ]);
  const address = shown(one).address ?? { fr: 'adresse non conservée', en: 'address not kept' };
  return [
    say`${address} (${facts})
      ${address} (${facts})`,
    ...recordLines(one, scheme, region).map(indented),
  ];
}

function recordLines({ record, jobs }: AddressData, scheme: Scheme, region: ClientId): readonly Localized[] {
  const { award: nameOf } = jobNamesOf(scheme, region);
  const at = (atS: number): Localized => instantWords(atS, scheme.timeZone);
  const badges = (ofRegion: boolean) =>
    record.assertions
      .filter(({ clientId }) => (clientId === region) === ofRegion)
      .map((one) => assertionWords(one, scheme, nameOf(one.badgeId)));
  const ledger = [...record.awards].map(([badgeId, { state, atS }]) =>
    labelled(nameOf(badgeId), listed([AWARD_STATE_WORDS[state], at(atS)])),
  );
  const flags = [...record.flags].map(([badgeId, atS]) => listed([nameOf(badgeId), at(atS)]));
  const journal = record.journal.map(({ kind, atS, badgeId }) => {
    const words = listed([at(atS), JOURNAL_KIND_WORDS[kind]]);
    return badgeId === null ? words : labelled(words, nameOf(badgeId));
  });
  const jobLines = jobs.map(({ queue, name, state, reason }) => {
    const words = listed([queue, name, state]);
    return reason === null ? words : labelled(words, withoutAddresses(reason));
  });
  return [
    ...underHeading({ fr: 'Badges des organismes', en: 'Badges of partners' }, badges(false)),
    ...underHeading({ fr: 'Badges de la Région, lus dans OBF', en: 'Awards, as read in OBF' }, badges(true)),
    ...underHeading({ fr: 'Registre des badges Région', en: 'Ledger of awards' }, ledger),
    ...underHeading({ fr: 'À examiner', en: 'To be looked at' }, flags),
    ...underHeading({ fr: 'Compte rendu', en: 'Account' }, journal),
    ...underHeading({ fr: 'Travaux en file', en: 'Jobs' }, jobLines),
  ];
}

/** @param fallback the badge's name if no partner has enrolled it */
function assertionWords(one: Assertion, { partnersById, timeZone }: Scheme, fallback: string): Localized {
  const partner = partnersById.get(one.clientId);
  const enrolled = partner?.badges.find(({ badgeId }) => badgeId === one.badgeId)?.name;
  const issued = instantWords(one.issuedOnS, timeZone, DateTime.DATE_MED);
  const expires = instantWords(one.expiresOnS ?? 0, timeZone, DateTime.DATE_MED);
  return listed([
    enrolled ?? fallback,
    partner?.name ?? false,
    { fr: `délivré le ${issued.fr}`, en: `issued on ${issued.en}` },
    one.expiresOnS !== null && { fr: `valable jusqu'au ${expires.fr}`, en: `valid until ${expires.en}` },
    one.revoked && { fr: 'révoqué', en: 'revoked' },
  ]);
}

export const earnerErase: Command = {
  help: `
    efface tout ce qui est gardé d'une personne, à sa demande
      erases everything that is held about a person, at their request
    Sous toutes ses adresses. Restent sa clé, l'empreinte des badges lus, pour qu'ils ne reviennent pas, et les badges Région donnés, pour qu'ils ne le soient pas deux fois. OBF et Open Badge Passport gardent ce qu'ils ont.
      Under all of their addresses. What stays: their key, fingerprints of the badges that were read, so that those do not come back, and which awards were given, so that none is given twice. OBF and Open Badge Passport keep what they have.
    Ne peut pas être défait. Peut être retapée : un effacement interrompu est achevé, au plus tard la nuit suivante.
      Cannot be undone. May be typed again: an erasure that was interrupted is ended, by the next night at the latest.`,
  args: ADDRESS_ARGUMENT,
  options: { '--yes': { fr: 'ne demande rien', en: 'does not ask' } },
  interruptible: true,
  run: inPipeline(async (pipeline, call) => {
    const earner = keyOf(pipeline.vault, call.args[0]);
    if (!call.has('yes') && !call.streams.isTty.stdin)
      throw wrongUsage(say`Sans terminal pour le confirmer, ajoutez --yes.
        With no terminal to confirm it, add --yes.`);
    await requirePersonalData(pipeline, earner);
    const isSame = (typed: string): boolean => keyOfAddress(typed, pipeline.vault) === earner;
    if (!call.has('yes')) await requireAnswer(call, QUESTION, isSame, NOT_THE_SAME);
    const erased = await withProgress(call, { fr: 'Effacement', en: 'Erasing' }, () =>
      eraseEarner(pipeline, earner),
    );
    const { addresses, assertions, entries: account, jobs, awards } = erased ?? emptyErasureCounts();
    return {
      lines: erased === null ? [ERASED_BEFORE] : erasedLines(erased),
      json: { earner, erased: erased !== null, addresses, assertions, account, jobs, awards_kept: awards },
    };
  }),
};

const ERASED_BEFORE = say`Cette personne avait déjà été effacée : il n'y a rien à effacer.
  This person was erased before: there is nothing to erase.`;

function erasedLines({ addresses, assertions, entries, jobs, awards }: ErasedNumbers): readonly Localized[] {
  const counts = listed([
    plural(addresses, 'adresse|adresses', 'address|addresses'),
    plural(assertions, 'badge|badges', 'badge|badges'),
    plural(
      entries,
      'fait du compte rendu|faits du compte rendu',
      'entry of the account|entries of the account',
    ),
    plural(jobs, 'travail en file|travaux en file', 'job|jobs'),
  ]);
  return [
    { fr: `Effacé : ${counts.fr}.`, en: `Erased: ${counts.en}.` },
    say`Badges Région dont il reste noté qu'ils ont été donnés, ou retirés à la main, pour ne pas l'être deux fois : ${awards}.
      Awards of which it stays known that they were given, or revoked by hand, so that none is given twice: ${awards}.`,
  ];
}

const QUESTION = {
  fr: "Tout ce qui est gardé de cette personne sera effacé, et ne peut pas être rétabli.\nTapez l'adresse à nouveau pour confirmer : ",
  en: 'Everything that is held about this person will be erased, and cannot be restored.\nType the address again to confirm: ',
};
const NOT_THE_SAME = say`Ce n'est pas la même adresse : rien n'a été changé.
  Not the same address: nothing was changed.`;
