import type { JournalEntry } from '../../../earners/journal-entry.js';
import type { ClientId } from '../../../ids.js';
import type { Scheme } from '../../../rules/types.js';

/** Causes that are one word. */
const PLAIN: Readonly<Record<string, string>> = {
  ops: 'une demande d’un opérateur',
  apply: 'la mise en vigueur du barème',
  retention: 'la durée de conservation',
  awards: 'un autre badge Région délivré',
  'region-account': 'la lecture du compte OBF de la Région',
  reconcile: 'une relecture complète d’OBF',
  revocation: 'une révocation',
  link: 'le rattachement d’une adresse',
  unlink: 'le détachement d’une adresse',
  unblock: 'la levée d’un blocage',
};

/** Where an event became known. */
const SOURCES: Readonly<Record<string, string>> = {
  webhook: 'un avis d’OBF',
  poll: 'la lecture du compte OBF',
  passport: 'un badge envoyé à un Passport',
  ops: 'une demande d’un opérateur',
};

/**
 * Pure. What set something off; an unknown cause is shown as it was written.
 * @param region the Région's own client
 */
export function causeWords(cause: string, { partners }: Scheme, region: ClientId): string {
  const plain = PLAIN[cause];
  if (plain !== undefined) return plain;
  const [, from = '', kind, about = ''] = /^(\w+)\.(event|credential)\.(.+)$/.exec(cause) ?? [];
  const source = SOURCES[from];
  if (source === undefined) return cause;
  if (kind === 'credential') return source;
  const client = [{ clientId: region, name: 'la Région' }, ...partners].find(({ clientId }) =>
    about.startsWith(`${clientId}.`),
  );
  if (client === undefined) return `${source} : ${about}`;
  const event = about.slice(client.clientId.length + 1);
  return `${source} : ${client.name}, événement ${event}`;
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
