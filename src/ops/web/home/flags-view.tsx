import type { VNode } from 'preact';
import type { FlaggedAward } from '../../shared/stats.js';
import type { Lang } from '../../shared/words.js';
import { Table } from '../parts/table.js';
import { Instant } from '../parts/told.js';
import { TO } from './links.js';
import type { Now } from './now.js';
import { HOME } from './words.js';

interface FlagsProps {
  readonly flags: Now['flags'];
  readonly lang: Lang;
}

/** More than these nobody reads here; the journal has all. */
const MAX_SHOWN = 10;

/** Whom to look at; nothing where nobody is. */
export function FlagsPart({ flags: { count, listed }, lang }: FlagsProps): VNode | null {
  if (count === 0) return null;
  const shown = listed.slice(0, MAX_SHOWN);
  return (
    <section aria-labelledby="a-examiner">
      <h2 id="a-examiner">{HOME.toLookAt[lang]}</h2>
      {shown.length > 0 && (
        <Table
          caption={HOME.flagsCaption[lang]}
          columns={[
            {
              title: HOME.person[lang],
              heads: true,
              cell: ({ earner }: FlaggedAward) => (
                <a href={TO.person(earner)}>
                  <code>{earner}</code>
                </a>
              ),
            },
            { title: HOME.award[lang], cell: ({ award, badgeId }) => award?.name ?? badgeId },
            { title: HOME.since[lang], cell: ({ atS }) => <Instant atS={atS} /> },
          ]}
          rows={shown}
          empty=""
        />
      )}
      {shown.length < count && (
        <p>
          <a href={TO.journalOf('flagged')}>{HOME.allFlags[lang]}</a>
        </p>
      )}
    </section>
  );
}
