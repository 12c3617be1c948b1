import { DateTime } from 'luxon';
import type { ComponentChildren, VNode } from 'preact';
import type { Enrolment, Scheme } from '../../../rules/types.js';
import { periodOf } from '../../shared/enrolment-words.js';
import type { Lang } from '../../shared/words.js';
import { Table, type Column } from '../parts/table.js';
import type { PartnerModel } from './read-one.js';
import { PARTNER, PARTNERS } from './words.js';

interface EnrolledProps {
  readonly model: Pick<PartnerModel, 'scheme' | 'partner'>;
  readonly lang: Lang;
}

/** What the Région enrolled of a partner, in the order of partners.yaml. */
export const EnrolledBadges = ({ model: { scheme, partner }, lang }: EnrolledProps): VNode => (
  <section aria-labelledby="inscrits">
    <h2 id="inscrits">{PARTNERS.enrolled[lang]}</h2>
    <Table
      caption={PARTNER.enrolledCaption[lang]}
      columns={columnsOf(scheme, lang)}
      rows={partner.badges}
      empty={PARTNER.noBadge[lang]}
    />
  </section>
);

function columnsOf({ competencies, timeZone }: Scheme, lang: Lang): readonly Column<Enrolment>[] {
  const abilityOf = ({ competency, ability }: Enrolment): string =>
    ability === null ? '–' : (competencies.get(competency)?.abilities.get(ability) ?? ability);
  return [
    {
      title: PARTNER.badge[lang],
      heads: true,
      cell: ({ name, badgeId }) => (
        <>
          {name} <code>{badgeId}</code>
        </>
      ),
    },
    {
      title: PARTNER.competency[lang],
      cell: ({ competency }) => competencies.get(competency)?.name ?? competency,
    },
    { title: PARTNER.level[lang], numeric: true, cell: ({ level }) => level },
    { title: PARTNER.ability[lang], cell: abilityOf },
    { title: PARTNER.period[lang], cell: (badge) => periodWords(badge, timeZone, lang) },
    {
      title: PARTNER.replaces[lang],
      cell: ({ replaces }) => (replaces.length === 0 ? '–' : replaces.join(', ')),
    },
  ];
}

/** `à partir du 1 janv. 2024 jusqu’au 31 déc. 2026`. */
function periodWords(enrolment: Enrolment, timeZone: string, lang: Lang): ComponentChildren {
  const { from, until } = periodOf(enrolment, timeZone);
  if (from === null && until === null) return PARTNER.anyTime[lang];
  return (
    <>
      {from !== null && (
        <>
          {PARTNER.from[lang]} <Day day={from} lang={lang} />{' '}
        </>
      )}
      {until !== null && (
        <>
          {PARTNER.until[lang]} <Day day={until} lang={lang} />
        </>
      )}
    </>
  );
}

const Day = ({ day, lang }: { readonly day: string; readonly lang: Lang }): VNode => (
  <time dateTime={day}>
    {DateTime.fromISO(day, { zone: 'utc', locale: lang }).toLocaleString(DateTime.DATE_MED)}
  </time>
);
