import type { VNode } from 'preact';
import { Table } from '../parts/table.js';
import { Instant } from '../parts/told.js';
import { MAX_SHOWN, type Happened } from './timeline.js';
import type { PersonProps } from './view.js';
import { PERSON } from './words.js';

/** The person's part of the account. */
export function TimelinePart({ model, lang }: PersonProps): VNode {
  const { timeline, addresses } = model;
  const addressOf = ({ under }: Happened): string =>
    addresses.find(({ key }) => key === under)?.address ?? under;
  return (
    <section aria-labelledby="historique">
      <h2 id="historique">{PERSON.timeline[lang]}</h2>
      <Table
        caption={PERSON.timelineCaption[lang]}
        columns={[
          { title: PERSON.when[lang], heads: true, cell: ({ atS }: Happened) => <Instant atS={atS} /> },
          { title: PERSON.what[lang], cell: ({ what }) => what[lang] },
          { title: PERSON.award[lang], cell: ({ award }) => award ?? '–' },
          { title: PERSON.because[lang], cell: ({ why }) => why?.[lang] ?? '–' },
          ...(addresses.length > 1 ? [{ title: PERSON.address[lang], cell: addressOf }] : []),
          { title: PERSON.details[lang], cell: (one) => <References of={one} lang={lang} /> },
        ]}
        rows={timeline.slice(0, MAX_SHOWN)}
        empty={PERSON.noHistory[lang]}
      />
      {timeline.length > MAX_SHOWN && <p>{PERSON.timelineMore[lang]}</p>}
    </section>
  );
}

function References({ of, lang }: { readonly of: Happened; readonly lang: PersonProps['lang'] }): VNode {
  const { event, version, detail } = of;
  return (
    <small>
      {event !== null && (
        <div>
          {PERSON.event[lang]} <code>{event}</code>
        </div>
      )}
      {version !== null && (
        <div>
          {PERSON.version[lang]} <code>{version}</code>
        </div>
      )}
      {detail !== null && <div lang="en">{detail}</div>}
    </small>
  );
}
