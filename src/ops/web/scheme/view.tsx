import type { VNode } from 'preact';
import type { Lang } from '../../shared/words.js';
import { Alert } from '../parts/alert.js';
import { Instant } from '../parts/told.js';
import type { View } from '../route.js';
import { ApplyPartView } from './apply-view.js';
import { DiffPart } from './diff-view.js';
import { stillHref } from './links.js';
import { PlanPartView } from './plan-view.js';
import type { SchemeModel } from './read.js';
import { RulesPart } from './rules-view.js';
import { VersionsPart } from './versions-view.js';
import { SCHEME } from './words.js';

export interface SchemeProps {
  readonly model: SchemeModel;
  readonly lang: Lang;
}

export const SchemeView: View<SchemeModel> = ({ model, lang }): VNode => (
  <>
    {model.moves && (
      <p>
        {SCHEME.moving[lang]} <a href={stillHref(model.plan.only)}>{SCHEME.still[lang]}</a>
      </p>
    )}
    <Where model={model} lang={lang} />
    <DiffPart model={model} lang={lang} />
    <PlanPartView model={model} lang={lang} />
    <ApplyPartView model={model} lang={lang} />
    <RulesPart model={model} lang={lang} />
    <VersionsPart model={model} lang={lang} />
  </>
);

/** Whether what the files say is in force. */
function Where({ model, lang }: SchemeProps): VNode {
  const { change, inForceVersion, differsHere, unfinished, apply } = model;
  return (
    <>
      <Alert kind={change === null ? 'good' : 'note'}>
        {change === null ? (
          SCHEME[inForceVersion === null ? 'noneYet' : 'same'][lang]
        ) : (
          <>
            {SCHEME.changed[lang]} <Instant atS={change.sinceS} />.
          </>
        )}
      </Alert>
      {differsHere && <Alert kind="note">{SCHEME.differsHere[lang]}</Alert>}
      {unfinished !== null && !apply.moves && (
        <Alert kind="bad">
          {SCHEME.unfinished[lang]} <Instant atS={unfinished.startedS} /> {SCHEME.unfinishedNext[lang]}
        </Alert>
      )}
    </>
  );
}
