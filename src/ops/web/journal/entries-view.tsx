import type { ComponentChildren, VNode } from 'preact';
import type { JournalEntry } from '../../../earners/journal-entry.js';
import type { ClientId } from '../../../ids.js';
import type { Scheme } from '../../../rules/types.js';
import type { Lang } from '../../shared/words.js';
import { TO } from '../home/links.js';
import { Table } from '../parts/table.js';
import { Instant } from '../parts/told.js';
import { awardNames } from './award-names.js';
import { causeWords } from './cause-words.js';
import { JOURNAL, KIND_WORDS } from './words.js';

interface EntriesProps {
  readonly entries: readonly JournalEntry[];
  readonly scheme: Scheme;
  /** The Région's own client. */
  readonly region: ClientId;
  readonly lang: Lang;
}

export function EntriesTable({ entries, scheme, region, lang }: EntriesProps): VNode {
  const names = awardNames(scheme);
  return (
    <Table
      caption={JOURNAL.caption[lang]}
      columns={[
        { title: JOURNAL.at[lang], heads: true, cell: ({ atS }: JournalEntry) => <Instant atS={atS} /> },
        { title: JOURNAL.kind[lang], cell: ({ kind }) => KIND_WORDS[kind][lang] },
        { title: JOURNAL.award[lang], cell: (entry) => names(entry) ?? '–' },
        { title: JOURNAL.person[lang], cell: (entry) => personOf(entry, lang) },
        {
          title: JOURNAL.cause[lang],
          cell: ({ cause }) => (cause === null ? '–' : causeWords(cause, scheme, region)[lang]),
        },
        { title: JOURNAL.more[lang], cell: (entry) => moreOf(entry, lang) },
      ]}
      rows={entries}
      empty={JOURNAL.none[lang]}
    />
  );
}

function personOf({ kind, earner }: JournalEntry, lang: Lang): ComponentChildren {
  if (earner === null) return kind === 'applied' ? '–' : JOURNAL.nobody[lang];
  return (
    <a href={TO.person(earner)}>
      <code>{earner}</code>
    </a>
  );
}

function moreOf({ event, version, detail }: JournalEntry, lang: Lang): ComponentChildren {
  if (event === null && version === null && detail === null) return '–';
  return (
    <ul>
      {event !== null && (
        <li>
          {JOURNAL.event[lang]} <a href={`/ops/journal?evenement=${encodeURIComponent(event)}`}>{event}</a>
        </li>
      )}
      {version !== null && (
        <li>
          {JOURNAL.version[lang]} <code>{version}</code>
        </li>
      )}
      {detail !== null && <li lang="en">{detail}</li>}
    </ul>
  );
}
