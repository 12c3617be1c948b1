import type { ComponentChildren, VNode } from 'preact';
import type { Lang } from '../../shared/words.js';
import { TO } from '../home/links.js';
import { Alert } from '../parts/alert.js';
import { DefinitionList } from '../parts/definition-list.js';
import { Count, Instant } from '../parts/told.js';
import type { View } from '../route.js';
import { EnrolledBadges } from './enrolled-view.js';
import { AccessState, lastOf, TakesPart } from './list-view.js';
import { NotEnrolledBadges } from './not-enrolled-view.js';
import type { PartnerModel } from './read-one.js';
import { PARTNER, PARTNERS } from './words.js';

export const PartnerView: View<PartnerModel> = ({ model, lang }): VNode => (
  <>
    {model.access === 'key_missing' && <Alert kind="bad">{PARTNER.keyMissing[lang]}</Alert>}
    {model.isKeyRefused && (
      <Alert kind="bad">
        {PARTNER.keyRefused[lang]} <a href={TO.failures}>{PARTNER.failures[lang]}</a>
      </Alert>
    )}
    <DefinitionList items={itemsOf(model, lang)} />
    <EnrolledBadges model={model} lang={lang} />
    <NotEnrolledBadges model={model} lang={lang} />
    <p>
      <a href={TO.partners}>{PARTNER.all[lang]}</a>
    </p>
  </>
);

function itemsOf(
  model: PartnerModel,
  lang: Lang,
): readonly (readonly [term: string, value: ComponentChildren])[] {
  const { partner, access, readS, last, turnedAway } = model;
  return [
    [PARTNERS.clientId[lang], <code key="id">{partner.clientId}</code>],
    [PARTNERS.takesPart[lang], <TakesPart key="active" is={partner.active} lang={lang} />],
    [PARTNERS.access[lang], <AccessState key="access" access={access} lang={lang} />],
    ...(partner.secretEnv === null
      ? []
      : [[PARTNER.variable[lang], <code key="variable">{partner.secretEnv}</code>] as const]),
    [
      PARTNERS.last[lang],
      <>
        {lastOf(model, lang)}
        {last !== null && last.eventId !== null && (
          <>
            {' '}
            ({PARTNER.event[lang]} <code>{last.eventId}</code>)
          </>
        )}
      </>,
    ],
    [PARTNER.readAt[lang], readWords(access, readS, lang)],
    ...(turnedAway === null
      ? []
      : [
          [
            PARTNER.turnedAway[lang],
            <>
              <Count of={turnedAway.count} /> (<Instant atS={turnedAway.lastS} />)
            </>,
          ] as const,
        ]),
  ];
}

function readWords(access: PartnerModel['access'], readS: number | null, lang: Lang): ComponentChildren {
  if (readS !== null) return <Instant atS={readS} />;
  return (access === 'hosted' ? PARTNER.notReadable : PARTNER.notRead)[lang];
}
