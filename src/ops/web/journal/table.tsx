import type { VNode } from 'preact';
import type { JournalEntry } from '../../../earners/journal-entry.js';
import type { ClientId } from '../../../ids.js';
import { withoutAddresses } from '../../../platform/logger.js';
import type { Scheme } from '../../../rules/types.js';
import { HAPPENED } from '../../shared/issuing-words.js';
import { TO } from '../links.js';
import { Table, type Column } from '../parts/table.js';
import { Instant } from '../parts/text.js';
import { awardNames, causeWords } from './words.js';

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
