import type { JournalEntry, JournalKind } from '../../../earners/journal-entry.js';
import type { ClientId } from '../../../ids.js';
import type { Scheme } from '../../../rules/types.js';
import type { Localized } from '../../shared/words.js';
import type { FieldName } from './filter.js';

/** What happened, in words. */
export const KIND_WORDS: Readonly<Record<JournalKind, Localized>> = {
  issued: { fr: 'Badge Région délivré', en: 'Award issued' },
  found: {
    fr: 'Badge Région trouvé dans OBF, délivré hors de Palier',
    en: 'Award found in OBF, not issued by Palier',
  },
  flagged: {
    fr: 'À examiner : la règle n’est plus remplie',
    en: 'To be looked at: its rule is no longer met',
  },
  revoked: { fr: 'Badge Région retiré par Palier', en: 'Award taken back by Palier' },
  blocked: {
    fr: 'Badge Région révoqué à la main dans OBF : bloqué',
    en: 'Award revoked by hand in OBF: blocked',
  },
  unblocked: { fr: 'Blocage levé', en: 'Block lifted' },
  refused: { fr: 'Refusé par OBF', en: 'Refused by OBF' },
  linked: { fr: 'Adresse rattachée à une personne', en: 'Address linked to a person' },
  unlinked: { fr: 'Adresse détachée d’une personne', en: 'Address unlinked from a person' },
  erased: { fr: 'Personne effacée, à sa demande', en: 'Person erased, on request' },
  purged: {
    fr: 'Personne effacée, au terme de la durée de conservation',
    en: 'Person erased, at the end of retention',
  },
  applied: { fr: 'Barème mis en vigueur', en: 'Scheme put into force' },
  viewed: {
    fr: '« Mon parcours » : pages vues ce jour-là, en nombre',
    en: '"Mon parcours": pages viewed on that day, as a number',
  },
};

export const FIELD_WORDS: Readonly<
  Record<FieldName, { readonly label: Localized; readonly fault: Localized }>
> = {
  du: { label: { fr: 'Du', en: 'From' }, fault: { fr: 'Ce n’est pas une date.', en: 'This is no date.' } },
  au: { label: { fr: 'Au', en: 'Until' }, fault: { fr: 'Ce n’est pas une date.', en: 'This is no date.' } },
  sorte: {
    label: { fr: 'Ce qui s’est passé', en: 'What happened' },
    fault: { fr: 'Choisissez dans la liste.', en: 'Choose from the list.' },
  },
  badge: {
    label: { fr: 'Badge Région', en: 'Award' },
    fault: { fr: 'Choisissez dans la liste.', en: 'Choose from the list.' },
  },
  personne: {
    label: { fr: 'Personne', en: 'Person' },
    fault: {
      fr: 'Ce n’est ni une adresse électronique, ni la clé d’une personne (22 caractères).',
      en: 'This is neither an e-mail address nor somebody’s key (22 characters).',
    },
  },
  evenement: {
    label: { fr: 'Événement OBF de la Région', en: 'OBF event of the Région' },
    fault: { fr: 'Ce n’est pas l’identifiant d’un événement.', en: 'This is no id of an event.' },
  },
};

export const JOURNAL = {
  title: { fr: 'Journal', en: 'Journal' },
  filter: { fr: 'Filtrer', en: 'Filter' },
  all: { fr: 'tous', en: 'all' },
  personHelp: {
    fr: 'Adresse électronique, ou clé. L’adresse n’est ni affichée, ni conservée.',
    en: 'E-mail address, or key. The address is neither shown nor kept.',
  },
  reset: { fr: 'Tout afficher', en: 'Show all' },
  caption: {
    fr: 'Ce que Palier a décidé et fait, le plus récent d’abord',
    en: 'What Palier decided and did, the latest first',
  },
  none: { fr: 'Rien de tel n’est inscrit.', en: 'Nothing of the kind is written.' },
  at: { fr: 'Quand', en: 'When' },
  kind: { fr: 'Quoi', en: 'What' },
  award: { fr: 'Badge Région', en: 'Award' },
  person: { fr: 'Personne', en: 'Person' },
  nobody: { fr: 'effacée depuis', en: 'erased since' },
  cause: { fr: 'À la suite de', en: 'Set off by' },
  more: { fr: 'Précisions', en: 'Details' },
  event: { fr: 'événement', en: 'event' },
  version: { fr: 'barème', en: 'scheme' },
  notes: {
    partial: {
      fr: 'Beaucoup d’inscriptions ont été parcourues : la recherche continue à la page suivante.',
      en: 'Many entries were looked at: the search goes on with the next page.',
    },
    cut: {
      fr: 'Cet événement concerne plus de 500 personnes : seules les premières sont ici. L’export a tout.',
      en: 'This event concerns over 500 people: only the first are here. The export has all.',
    },
  },
  newest: { fr: 'Les plus récents', en: 'The newest' },
  oldest: { fr: 'Les plus anciens', en: 'The oldest' },
  ends: { fr: 'Début et fin du journal', en: 'Ends of the journal' },
  export: { fr: 'Exporter', en: 'Export' },
  exportAbout: {
    fr: 'Tout ce que montre le filtre, dans l’ordre d’inscription. Les personnes y sont par leur clé.',
    en: 'All that the filter shows, in the order of writing. People are there by their key.',
  },
  csv: { fr: 'CSV, pour un tableur', en: 'CSV, for a spreadsheet' },
  ndjson: { fr: 'NDJSON, pour un programme', en: 'NDJSON, for a program' },
} as const;

/** Causes that are one word. */
const PLAIN: Readonly<Record<string, Localized>> = {
  ops: { fr: 'une demande d’un opérateur', en: 'an operator’s request' },
  apply: { fr: 'la mise en vigueur du barème', en: 'the scheme put into force' },
  retention: { fr: 'la durée de conservation', en: 'the retention period' },
  awards: { fr: 'un autre badge Région délivré', en: 'another award issued' },
  'region-account': { fr: 'la lecture du compte OBF de la Région', en: 'reading the Région’s OBF account' },
  reconcile: { fr: 'une relecture complète d’OBF', en: 'reading all of OBF again' },
  revocation: { fr: 'une révocation', en: 'a revocation' },
  link: { fr: 'le rattachement d’une adresse', en: 'an address linked' },
  unlink: { fr: 'le détachement d’une adresse', en: 'an address unlinked' },
  unblock: { fr: 'la levée d’un blocage', en: 'a block lifted' },
};

/** Where an event became known. */
const SOURCES: Readonly<Record<string, Localized>> = {
  webhook: { fr: 'un avis d’OBF', en: 'a notice of OBF' },
  poll: { fr: 'la lecture du compte OBF', en: 'reading the OBF account' },
  passport: { fr: 'un badge envoyé à un Passport', en: 'a badge sent to a Passport' },
  ops: { fr: 'une demande d’un opérateur', en: 'an operator’s request' },
};

/**
 * Pure. What set something off; an unknown cause stands as it was written.
 * @param region the Région's own client
 */
export function causeWords(cause: string, { partners }: Scheme, region: ClientId): Localized {
  const plain = PLAIN[cause];
  if (plain !== undefined) return plain;
  const [, source = '', kind, about = ''] = /^(\w+)\.(event|credential)\.(.+)$/.exec(cause) ?? [];
  const words = SOURCES[source];
  if (words === undefined) return { fr: cause, en: cause };
  if (kind === 'credential') return words;
  const client = [
    { clientId: region, fr: 'la Région', en: 'the Région' },
    ...partners.map(({ clientId, name }) => ({ clientId, fr: name, en: name })),
  ].find(({ clientId }) => about.startsWith(`${clientId}.`));
  if (client === undefined) return { fr: `${words.fr} : ${about}`, en: `${words.en}: ${about}` };
  const event = about.slice(client.clientId.length + 1);
  return {
    fr: `${words.fr} : ${client.fr}, événement ${event}`,
    en: `${words.en}: ${client.en}, event ${event}`,
  };
}

/** The name of an entry's award as the scheme has it; else its id, or its badge's. */
export function awardNames({ awards }: Scheme): (entry: JournalEntry) => string | null {
  const byId = new Map(awards.map(({ id, name }) => [id, name]));
  const byBadge = new Map(awards.map(({ badgeId, name }) => [badgeId, name]));
  return ({ award, badgeId }) =>
    (award === null ? undefined : byId.get(award)) ??
    (badgeId === null ? undefined : byBadge.get(badgeId)) ??
    award ??
    badgeId;
}
