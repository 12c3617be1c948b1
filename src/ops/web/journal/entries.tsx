import type { VNode } from 'preact';
import type { JournalEntry } from '../../../earners/journal-entry.js';
import type { ClientId } from '../../../ids.js';
import { withoutAddresses } from '../../../platform/logger.js';
import type { Scheme } from '../../../rules/types.js';
import { HAPPENED } from '../../shared/words.js';
import { TO } from '../links.js';
import { Table, type Column } from '../parts/table.js';
import { Instant } from '../parts/text.js';

interface EntriesProps {
  readonly caption: string;
  readonly entries: readonly JournalEntry[];
  readonly scheme: Scheme;
  /** The Région's own client. */
  readonly region: ClientId;
  /** The columns that say whom it happened to. */
  readonly who: readonly Column<JournalEntry>[];
  readonly empty: string;
}

/** What was decided and done, entry by entry. */
export function EntriesTable({ caption, entries, scheme, region, who, empty }: EntriesProps): VNode {
  const nameOf = awardNames(scheme);
  return (
    <Table
      caption={caption}
      rows={entries}
      columns={[
        ['Quand', ({ atS }) => <Instant atS={atS} />],
        ['Ce qui s’est passé', ({ kind }) => HAPPENED[kind].fr],
        ['Badge Région', (entry) => nameOf(entry) ?? '–'],
        ...who,
        ['À la suite de', ({ cause }) => (cause === null ? '–' : causeWords(cause, scheme, region))],
        ['Précisions', detailsOf],
      ]}
      empty={empty}
    />
  );
}

function detailsOf({ event, version, detail }: JournalEntry): VNode | string {
  if (event === null && version === null && detail === null) return '–';
  return (
    <ul>
      {event !== null && (
        <li>
          événement <a href={`${TO.journal}?evenement=${encodeURIComponent(event)}`}>{event}</a>
        </li>
      )}
      {version !== null && (
        <li>
          barème <code>{version}</code>
        </li>
      )}
      {detail !== null && <li lang="en">{withoutAddresses(detail)}</li>}
    </ul>
  );
}

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
