import type { VNode } from 'preact';
import type { FlaggedAward, PartnerNews } from '../../shared/stats.js';
import type { Lang } from '../../shared/words.js';
import { TO } from '../links.js';
import { BarChart } from '../parts/bar-chart.js';
import { ActionForm } from '../parts/form.js';
import type { Content } from '../parts/frame.js';
import { DefinitionList, Table } from '../parts/table.js';
import { Alert, Count, Duration, Instant, State } from '../parts/text.js';
import type { View } from '../route.js';
import type { Now } from './now.js';
import type { HomeModel } from './read.js';
import { HOME } from './words.js';

export const HomeView: View<HomeModel> = ({ model, lang }) => (
  <>
    <Verdict model={model} lang={lang} />
    <NowPart model={model} lang={lang} />
    <Flags model={model} lang={lang} />
    <section aria-labelledby="delivres">
      <h2 id="delivres">{HOME.issued[lang]}</h2>
      <BarChart
        caption={HOME.issuedCaption}
        heading={HOME.competency}
        series={[HOME.today, HOME.last30Days]}
        rows={model.issued.map(({ label, today, last30Days }) => ({ label, values: [today, last30Days] }))}
        empty={HOME.noAward}
      />
    </section>
    <Obf model={model} lang={lang} />
    <Partners model={model} lang={lang} />
  </>
);

interface PartProps {
  readonly model: HomeModel;
  readonly lang: Lang;
}

/** That all is well; else what is not, worst first. */
function Verdict({ model: { points }, lang }: PartProps): VNode {
  if (points.length === 0) return <Alert kind="good">{HOME.allWell}</Alert>;
  const isBad = points.some(({ kind }) => kind === 'bad');
  return (
    <section aria-labelledby="verdict">
      <h2 id="verdict">{(isBad ? HOME.points : HOME.nothingBad)[lang]}</h2>
      <ul>
        {points.map(({ kind, text, link, mend }) => (
          <li key={text.en}>
            <State kind={kind === 'bad' ? 'bad' : 'waiting'}>{HOME.kinds[kind]}</State> {text[lang]}{' '}
            <a href={link.href}>{link.words[lang]}</a>
            {mend === 'resume' && <ActionForm to="/ops/envois/relancer" label={HOME.resume} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** How things stand at this instant, point by point. */
function NowPart({ model: { scheme, nowS, now }, lang }: PartProps): VNode {
  const { notices, earners, failed, paused, due, unknown, flags, quota } = now;
  return (
    <section aria-labelledby="maintenant">
      <h2 id="maintenant">{HOME.now[lang]}</h2>
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
    </section>
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

function Flags({ model: { now }, lang }: PartProps): VNode | null {
  const { count, listed } = now.flags;
  if (count === 0) return null;
  const shown = listed.slice(0, MAX_FLAGS);
  return (
    <section aria-labelledby="a-examiner">
      <h2 id="a-examiner">{HOME.toLookAt[lang]}</h2>
      {shown.length > 0 && (
        <Table
          caption={HOME.flagsCaption}
          columns={[
            {
              title: HOME.person,
              heads: true,
              cell: ({ earner }: FlaggedAward) => (
                <a href={TO.person(earner)}>
                  <code>{earner}</code>
                </a>
              ),
            },
            { title: HOME.award, cell: ({ award, badgeId }) => award?.name ?? badgeId },
            { title: HOME.since, cell: ({ atS }) => <Instant atS={atS} /> },
          ]}
          rows={shown}
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

/** How OBF answered since an hour ago, or since it is counted. */
function Obf({ model: { lastHour }, lang }: PartProps): VNode {
  return (
    <section aria-labelledby="obf">
      <h2 id="obf">{HOME.obf[lang]}</h2>
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
    </section>
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

const Partners = ({ model: { partners }, lang }: PartProps): VNode => (
  <section aria-labelledby="organismes">
    <h2 id="organismes">{HOME.partners[lang]}</h2>
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
    {partners.length > MAX_PARTNERS && (
      <p>
        <a href={TO.partners}>{HOME.allPartners[lang]}</a>
      </p>
    )}
  </section>
);
