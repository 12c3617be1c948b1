import type { ComponentChildren, VNode } from 'preact';
import type { Lang } from '../../shared/words.js';
import { DefinitionList } from '../parts/definition-list.js';
import { State } from '../parts/state.js';
import { Count, Duration, Instant } from '../parts/told.js';
import { TO } from './links.js';
import type { Now } from './now.js';
import type { HomeModel } from './read.js';
import { HOME } from './words.js';

interface NowProps {
  readonly model: Pick<HomeModel, 'scheme' | 'nowS' | 'now'>;
  readonly lang: Lang;
}

/** How things stand at this instant, point by point. */
export function NowPart({ model: { scheme, nowS, now }, lang }: NowProps): VNode {
  const { notices, failed, paused, due, unknown, flags, quota } = now;
  return (
    <section aria-labelledby="maintenant">
      <h2 id="maintenant">{HOME.now[lang]}</h2>
      <DefinitionList
        items={[
          [HOME.scheme[lang], scheme],
          [HOME.time[lang], <Instant key="now" atS={nowS} />],
          [HOME.notices[lang], aged(notices.waiting, notices.oldestAgeS, lang)],
          [HOME.failed[lang], linkedCount(failed, TO.failures)],
          [
            HOME.issuing[lang],
            <State key="issuing" kind={paused ? 'bad' : 'good'}>
              {(paused ? HOME.paused : HOME.running)[lang]}
            </State>,
          ],
          [HOME.due[lang], <Count key="due" of={due} />],
          [HOME.unknown[lang], aged(unknown.batches, unknown.ageS, lang)],
          [HOME.flags[lang], linkedCount(flags.count, TO.flags)],
          [HOME.quota[lang], <Quota key="quota" quota={quota} lang={lang} />],
        ]}
      />
    </section>
  );
}

const linkedCount = (count: number, href: string): ComponentChildren =>
  count === 0 ? (
    <Count of={count} />
  ) : (
    <a href={href}>
      <Count of={count} />
    </a>
  );

const aged = (count: number, ageS: number, lang: Lang): ComponentChildren => (
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

function Quota({
  quota: { reading, floor },
  lang,
}: {
  readonly quota: Now['quota'];
  readonly lang: Lang;
}): VNode {
  if (reading === null) return <>{HOME.quotaUnread[lang]}</>;
  if (reading.left === null) return <>{HOME.quotaUntold[lang]}</>;
  return (
    <>
      <Count of={reading.left} /> ({HOME.quotaRead[lang]} <Instant atS={Math.floor(reading.readMs / 1000)} />,{' '}
      {HOME.quotaStops[lang]} <Count of={floor} />)
    </>
  );
}
