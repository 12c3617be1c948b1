import type { ClientId } from '../../../ids.js';
import type { Scheme } from '../../../rules/types.js';
import type { Localized } from '../../shared/words.js';

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

/** Who told of an event. */
const SOURCES: Readonly<Record<string, Localized>> = {
  webhook: { fr: 'un avis d’OBF', en: 'a notice of OBF' },
  poll: { fr: 'la lecture du compte OBF', en: 'reading the OBF account' },
  passport: { fr: 'un badge envoyé à un Passport', en: 'a badge sent to a Passport' },
  ops: { fr: 'une demande d’un opérateur', en: 'an operator’s request' },
};

/**
 * Pure. What set something off; a cause that we have no word for stands as it was written.
 * @param region the Région's own client
 */
export function causeWords(cause: string, scheme: Scheme, region: ClientId): Localized {
  const plain = PLAIN[cause];
  if (plain !== undefined) return plain;
  const [, source = '', kind, about = ''] = /^(\w+)\.(event|credential)\.(.+)$/.exec(cause) ?? [];
  const words = SOURCES[source];
  if (words === undefined) return { fr: cause, en: cause };
  if (kind === 'credential') return words;
  const client = clientOf(about, scheme, region);
  if (client === undefined) return { fr: `${words.fr} : ${about}`, en: `${words.en}: ${about}` };
  const event = about.slice(client.clientId.length + 1);
  return {
    fr: `${words.fr} : ${client.name.fr}, événement ${event}`,
    en: `${words.en}: ${client.name.en}, event ${event}`,
  };
}

/** Whose event it is; undefined: of nobody whom the scheme has. */
const clientOf = (
  about: string,
  { partners }: Scheme,
  region: ClientId,
): { readonly clientId: ClientId; readonly name: Localized } | undefined =>
  [
    { clientId: region, name: { fr: 'la Région', en: 'the Région' } },
    ...partners.map(({ clientId, name }) => ({ clientId, name: { fr: name, en: name } })),
  ].find(({ clientId }) => about.startsWith(`${clientId}.`));
