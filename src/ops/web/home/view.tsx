import type { VNode } from 'preact';
import type { FlaggedAward, PartnerNews } from '../../shared/stats.js';
import type { Lang } from '../../shared/words.js';
import { TO } from '../links.js';
import { BarChart } from '../parts/bar-chart.js';
import { ActionForm } from '../parts/form.js';
import type { Content } from '../parts/frame.js';
import { DefinitionList, Table } from '../parts/table.js';
import { Alert, Count, Duration, Instant, LinkLine, PersonLink, Section, State } from '../parts/text.js';
import type { View, ViewProps } from '../route.js';
import type { Now } from './now.js';
import type { HomeModel } from './read.js';
import { HOME } from './words.js';

export const HomeView: View<HomeModel> = ({ model, lang }) => (
  <>
    <Verdict model={model} lang={lang} />
    <NowPart model={model} lang={lang} />
    <Flags model={model} lang={lang} />
    <Section id="delivres" title={HOME.issued}>
      <BarChart
        caption={HOME.issuedCaption}
        heading={HOME.competency}
        series={[HOME.today, HOME.last30Days]}
        rows={model.issued.map(({ label, today, last30Days }) => ({ label, values: [today, last30Days] }))}
        empty={HOME.noAward}
      />
    </Section>
    <Obf model={model} lang={lang} />
    <Partners model={model} lang={lang} />
  </>
);

type PartProps = ViewProps<HomeModel>;

/** That all is well; else what is not, worst first. */
function Verdict({ model: { points }, lang }: PartProps): VNode {
  if (points.length === 0) return <Alert kind="good">{HOME.allWell}</Alert>;
  const isBad = points.some(({ kind }) => kind === 'bad');
  return (
    <Section id="verdict" title={isBad ? HOME.points : HOME.nothingBad}>
      <ul>
        {points.map(({ kind, text, link, mend }) => (
          <li key={text.en}>
            <State kind={kind === 'bad' ? 'bad' : 'waiting'}>{HOME.kinds[kind]}</State> {text[lang]}{' '}
            <a href={link.href}>{link.words[lang]}</a>
            {mend === 'resume' && <ActionForm to="/ops/envois/relancer" label={HOME.resume} />}
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** How things stand at this instant, point by point. */
function NowPart({ model: { scheme, nowS, now }, lang }: PartProps): VNode {
  const { notices, earners, failed, paused, due, unknown, flags, quota } = now;
  return (
    <Section id="maintenant" title={HOME.now}>
      <DefinitionList
        items={[
          [HOME.scheme, scheme],
          [HOME.time, <Instant atS={nowS} />],
          [HOME.notices, aged(notices.waiting, notices.oldestAgeS, lang)],
          [HOME.earners, aged(earners.waiting, earners.oldestAgeS, lang)],
          [HOME.failed, linkedCount(failed, TO.failures)],
          [HOME.issuing, <State kind={paused ? 'bad' : 'good'}>{paused ? HOME.paused : HOME.running}</State>],
          [HOME.due, <Count of={due} />],
          [HOME.unknown, aged(unknown.batches, unknown.ageS, lang)],
          [HOME.flags, linkedCount(flags.count, '#a-examiner')],
          [HOME.quota, quotaText(quota, lang)],
        ]}
      />
    </Section>
  );
}

const linkedCount = (count: number, href: string): Content =>
  count === 0 ? (
    <Count of={count} />
  ) : (
    <a href={href}>
      <Count of={count} />
    </a>
  );

const aged = (count: number, ageS: number, lang: Lang): Content => (
  <>
    <Count of={count} />
    {count > 0 && ageS >= 1 && (
      <>
        {', '}
        {HOME.oldest[lang]} <Duration s={ageS} />
      </>
    )}
  </>
);

function quotaText({ reading, floor }: Now['quota'], lang: Lang): Content {
  if (reading === null) return HOME.quotaUnread;
  if (reading.left === null) return HOME.quotaUntold;
  return (
    <>
      <Count of={reading.left} /> ({HOME.quotaRead[lang]} <Instant atS={Math.floor(reading.readMs / 1000)} />,{' '}
      {HOME.quotaStops[lang]} <Count of={floor} />)
    </>
  );
}

/** The journal has them all. */
const MAX_FLAGS = 10;

function Flags({ model: { now } }: PartProps): VNode | null {
  const { count, listed } = now.flags;
  if (count === 0) return null;
  const shown = listed.slice(0, MAX_FLAGS);
  return (
    <Section id="a-examiner" title={HOME.toLookAt}>
      {shown.length > 0 && (
        <Table
          caption={HOME.flagsCaption}
          columns={[
            {
              title: HOME.person,
              heads: true,
              cell: ({ earner }: FlaggedAward) => <PersonLink earner={earner} />,
            },
            { title: HOME.award, cell: ({ award, badgeId }) => award?.name ?? badgeId },
            { title: HOME.since, cell: ({ atS }) => <Instant atS={atS} /> },
          ]}
          rows={shown}
        />
      )}
      {shown.length < count && <LinkLine href={TO.journalOf('flagged')}>{HOME.allFlags}</LinkLine>}
    </Section>
  );
}

/** How OBF answered since an hour ago, or since it is counted. */
function Obf({ model: { lastHour }, lang }: PartProps): VNode {
  return (
    <Section id="obf" title={HOME.obf}>
      {lastHour === null || lastHour.overS === 0 ? (
        <p>{HOME.notKept[lang]}</p>
      ) : (
        <DefinitionList
          items={[
            [HOME.over, <Duration s={lastHour.overS} />],
            [HOME.calls, <Count of={lastHour.calls} />],
            [HOME.half, timeText(lastHour.p50S, lang)],
            [HOME.most, timeText(lastHour.p95S, lang)],
            [HOME.refused, <Count of={lastHour.refused} />],
            [HOME.throttled, <Count of={lastHour.throttled} />],
            [HOME.noUse, <Count of={lastHour.failed} />],
          ]}
        />
      )}
    </Section>
  );
}

/** `120 ms`, `2,5 s`. */
function timeText(s: number | null, lang: Lang): Content {
  if (s === null) return HOME.noAnswer;
  const [value, unit] = s < 1 ? [Math.max(1, Math.round(s * 1000)), 'ms'] : [s, 's'];
  return `${new Intl.NumberFormat(lang, { maximumFractionDigits: 1 }).format(value)} ${unit}`;
}

/** Their own page has them all. */
const MAX_PARTNERS = 20;

const Partners = ({ model: { partners } }: PartProps): VNode => (
  <Section id="organismes" title={HOME.partners}>
    <Table
      caption={HOME.partnersCaption}
      columns={[
        {
          title: HOME.partner,
          heads: true,
          cell: ({ partner }: PartnerNews) => <a href={TO.partner(partner.clientId)}>{partner.name}</a>,
        },
        {
          title: HOME.lastNews,
          cell: ({ last }) => (last === null ? HOME.never : <Instant atS={last.happenedS} />),
        },
        {
          title: HOME.state,
          cell: ({ silent }) => (
            <State kind={silent ? 'waiting' : 'good'}>{silent ? HOME.silent : HOME.active}</State>
          ),
        },
      ]}
      rows={partners.slice(0, MAX_PARTNERS)}
      empty={HOME.noPartner}
    />
    {partners.length > MAX_PARTNERS && <LinkLine href={TO.partners}>{HOME.allPartners}</LinkLine>}
  </Section>
);
