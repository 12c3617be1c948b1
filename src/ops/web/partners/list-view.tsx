import type { ComponentChildren, VNode } from 'preact';
import type { Lang } from '../../shared/words.js';
import { TO } from '../home/links.js';
import { Pager } from '../parts/pager.js';
import { State } from '../parts/state.js';
import { Table } from '../parts/table.js';
import { Count, Instant } from '../parts/told.js';
import type { View } from '../route.js';
import { PARTNERS_A_PAGE, type PartnerRow, type PartnersModel } from './read-list.js';
import { Strangers } from './strangers-view.js';
import { PARTNERS } from './words.js';

export const PartnersView: View<PartnersModel> = ({ model, lang }): VNode => (
  <>
    <Table
      caption={PARTNERS.caption[lang]}
      columns={[
        {
          title: PARTNERS.name[lang],
          heads: true,
          cell: ({ partner }: PartnerRow) => <a href={TO.partner(partner.clientId)}>{partner.name}</a>,
        },
        { title: PARTNERS.clientId[lang], cell: ({ partner }) => <code>{partner.clientId}</code> },
        {
          title: PARTNERS.takesPart[lang],
          cell: ({ partner }) => <TakesPart is={partner.active} lang={lang} />,
        },
        { title: PARTNERS.access[lang], cell: (row) => <AccessState access={row.access} lang={lang} /> },
        {
          title: PARTNERS.enrolled[lang],
          numeric: true,
          cell: ({ partner }) => <Count of={partner.badges.length} />,
        },
        { title: PARTNERS.last[lang], cell: (row) => lastOf(row, lang) },
        { title: PARTNERS.notEnrolled[lang], numeric: true, cell: (row) => <Count of={row.notEnrolled} /> },
      ]}
      rows={model.rows}
      empty={PARTNERS.none[lang]}
    />
    <Pages model={model} />
    {model.strangers.length > 0 && <Strangers strangers={model.strangers} lang={lang} />}
  </>
);

function Pages({ model: { page, pages, total } }: { readonly model: PartnersModel }): VNode {
  const to = (at: number): string | null => (at < 1 || at > pages ? null : `${TO.partners}?page=${at}`);
  const first = (page - 1) * PARTNERS_A_PAGE;
  return (
    <Pager
      previous={to(page - 1)}
      next={to(page + 1)}
      where={PARTNERS.where(first + 1, Math.min(first + PARTNERS_A_PAGE, total), total)}
    />
  );
}

export const TakesPart = ({ is, lang }: { readonly is: boolean; readonly lang: Lang }): VNode => (
  <State kind={is ? 'good' : 'neutral'}>{(is ? PARTNERS.active : PARTNERS.inactive)[lang]}</State>
);

interface AccessProps {
  readonly access: PartnerRow['access'];
  readonly lang: Lang;
}

export const AccessState = ({ access, lang }: AccessProps): VNode =>
  access === 'key_missing' ? (
    <State kind="bad">{PARTNERS.accesses[access][lang]}</State>
  ) : (
    <>{PARTNERS.accesses[access][lang]}</>
  );

export const lastOf = (
  { last, silent }: Pick<PartnerRow, 'last' | 'silent'>,
  lang: Lang,
): ComponentChildren => (
  <>
    {last === null ? PARTNERS.never[lang] : <Instant atS={last.happenedS} />}{' '}
    {silent && last !== null && <State kind="waiting">{PARTNERS.silent[lang]}</State>}
  </>
);
