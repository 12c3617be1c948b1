import type { VNode } from 'preact';
import type { Lang } from '../../shared/words.js';
import { TO } from '../links.js';
import type { Content } from '../parts/frame.js';
import { Pager, Table } from '../parts/table.js';
import { Count, Instant, Section, State } from '../parts/text.js';
import type { View } from '../route.js';
import { PARTNERS_A_PAGE, type PartnerRow, type PartnersModel, type Stranger } from './read.js';
import { PARTNERS } from './words.js';

export const PartnersView: View<PartnersModel> = ({ model, lang }) => {
  const { rows, page, pages, total, strangers } = model;
  const to = (at: number): string | null => (at < 1 || at > pages ? null : `${TO.partners}?page=${at}`);
  const first = (page - 1) * PARTNERS_A_PAGE;
  return (
    <>
      <Table
        caption={PARTNERS.caption}
        columns={[
          {
            title: PARTNERS.name,
            heads: true,
            cell: ({ partner }: PartnerRow) => <a href={TO.partner(partner.clientId)}>{partner.name}</a>,
          },
          { title: PARTNERS.clientId, cell: ({ partner }) => <code>{partner.clientId}</code> },
          { title: PARTNERS.takesPart, cell: ({ partner }) => activityOf(partner) },
          { title: PARTNERS.access, cell: ({ access }) => accessText(access) },
          {
            title: PARTNERS.enrolled,
            numeric: true,
            cell: ({ partner }) => <Count of={partner.badges.length} />,
          },
          { title: PARTNERS.last, cell: (row) => lastOf(row, lang) },
          { title: PARTNERS.notEnrolled, numeric: true, cell: (row) => <Count of={row.notEnrolled} /> },
        ]}
        rows={rows}
        empty={PARTNERS.none}
      />
      <Pager
        previous={to(page - 1)}
        next={to(page + 1)}
        where={PARTNERS.where(first + 1, Math.min(first + PARTNERS_A_PAGE, total), total)}
      />
      {strangers.length > 0 && <Strangers strangers={strangers} lang={lang} />}
    </>
  );
};

export const activityOf = ({ active }: PartnerRow['partner']): Content => (
  <State kind={active ? 'good' : 'neutral'}>{active ? PARTNERS.active : PARTNERS.inactive}</State>
);

export const accessText = (access: PartnerRow['access']): Content =>
  access === 'key_missing' ? (
    <State kind="bad">{PARTNERS.accesses[access]}</State>
  ) : (
    PARTNERS.accesses[access]
  );

export const lastOf = ({ last, silent }: Pick<PartnerRow, 'last' | 'silent'>, lang: Lang): Content => (
  <>
    {last === null ? PARTNERS.never[lang] : <Instant atS={last.happenedS} />}{' '}
    {silent && last !== null && <State kind="waiting">{PARTNERS.silent}</State>}
  </>
);

interface StrangersProps {
  readonly strangers: readonly Stranger[];
  readonly lang: Lang;
}

/** Clients whose notices are ignored, and why. */
const Strangers = ({ strangers, lang }: StrangersProps): VNode => (
  <Section id="ignores" title={PARTNERS.strangers}>
    <p>{PARTNERS.strangersAbout[lang]}</p>
    <Table
      caption={PARTNERS.strangersCaption}
      columns={[
        {
          title: PARTNERS.clientId,
          heads: true,
          cell: ({ clientId, partner }: Stranger) => (
            <>
              <code>{clientId}</code> {partner?.name}
            </>
          ),
        },
        {
          title: PARTNERS.reason,
          cell: ({ partner }) => PARTNERS.reasons[partner === null ? 'unknown' : 'inactive'],
        },
        { title: PARTNERS.notices, numeric: true, cell: ({ count }) => <Count of={count} /> },
        { title: PARTNERS.lastTime, cell: ({ lastS }) => <Instant atS={lastS} /> },
        { title: PARTNERS.toMend, cell: mendOf },
      ]}
      rows={strangers}
    />
  </Section>
);

function mendOf({ partner, command }: Stranger): Content {
  if (partner !== null) return PARTNERS.makeActive;
  return command === null ? PARTNERS.cannotEnrol : <code>{command}</code>;
}
