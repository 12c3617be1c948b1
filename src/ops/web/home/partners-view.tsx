import type { VNode } from 'preact';
import type { PartnerNews } from '../../shared/stats.js';
import type { Lang } from '../../shared/words.js';
import { State } from '../parts/state.js';
import { Table } from '../parts/table.js';
import { Instant } from '../parts/told.js';
import { TO } from './links.js';
import { HOME } from './words.js';

interface PartnersProps {
  readonly partners: readonly PartnerNews[];
  readonly lang: Lang;
}

/** Those who have been silent the longest; their own page has all. */
const MAX_SHOWN = 20;

export const PartnersPart = ({ partners, lang }: PartnersProps): VNode => (
  <section aria-labelledby="organismes">
    <h2 id="organismes">{HOME.partners[lang]}</h2>
    <Table
      caption={HOME.partnersCaption[lang]}
      columns={[
        {
          title: HOME.partner[lang],
          heads: true,
          cell: ({ partner }: PartnerNews) => <a href={TO.partner(partner.clientId)}>{partner.name}</a>,
        },
        {
          title: HOME.lastNews[lang],
          cell: ({ last }) => (last === null ? HOME.never[lang] : <Instant atS={last.happenedS} />),
        },
        {
          title: HOME.state[lang],
          cell: ({ silent }) => (
            <State kind={silent ? 'waiting' : 'good'}>{(silent ? HOME.silent : HOME.active)[lang]}</State>
          ),
        },
      ]}
      rows={partners.slice(0, MAX_SHOWN)}
      empty={HOME.noPartner[lang]}
    />
    {partners.length > MAX_SHOWN && (
      <p>
        <a href={TO.partners}>{HOME.allPartners[lang]}</a>
      </p>
    )}
  </section>
);
