import type { ComponentChildren, VNode } from 'preact';
import type { Lang } from '../../shared/words.js';
import { ActionForm } from '../parts/action-form.js';
import { DefinitionList } from '../parts/definition-list.js';
import { Instant } from '../parts/told.js';
import { fieldsOf } from './asked.js';
import { CONFIRM, LIST } from './links.js';
import type { ConfirmModel } from './read.js';
import { REPLAY } from './replay-words.js';
import { FAILURES, jobsWords } from './words.js';

interface ConfirmProps {
  readonly model: ConfirmModel;
  readonly lang: Lang;
}

/** Says how many, and what will happen; the button does it. */
export function ConfirmView({ model, lang }: ConfirmProps): VNode {
  const { wanted, count } = model;
  if (count === 0)
    return (
      <>
        <p>{REPLAY.noneSent[lang]}</p>
        <p>
          <a href={LIST}>{FAILURES.back[lang]}</a>
        </p>
      </>
    );
  const howMany = jobsWords(count)[lang] + (model.more > 0 ? REPLAY.older[lang] : '');
  return (
    <>
      <DefinitionList items={[...whichOf(model, lang), [REPLAY.count[lang], howMany]]} />
      <ul>
        {REPLAY.happens.map((words) => (
          <li key={words.en}>{words[lang]}</li>
        ))}
      </ul>
      <p>{REPLAY.mended[lang]}</p>
      <ActionForm to={CONFIRM} label={REPLAY.confirm[lang]} fields={fieldsOf(wanted)} />
      <p>
        <a href={LIST}>{REPLAY.cancel[lang]}</a>
      </p>
    </>
  );
}

type Item = readonly [string, ComponentChildren];

function whichOf({ wanted, job, group }: ConfirmModel, lang: Lang): readonly Item[] {
  const reason = (job ?? group)?.reason;
  const why: readonly Item[] =
    reason === undefined
      ? []
      : [
          [FAILURES.reason[lang], reason.happened[lang]],
          [FAILURES.next[lang], reason.next[lang]],
        ];
  if (job !== null) return [[REPLAY.whichOne[lang], job.about.words[lang]], ...why];
  if (wanted.kind !== 'all') return why;
  if (wanted.sinceMs === null) return [[REPLAY.which[lang], REPLAY.whichAll[lang]]];
  const since = (
    <>
      {REPLAY.whichSince[lang]} <Instant atS={wanted.sinceMs / 1000} />
    </>
  );
  return [[REPLAY.which[lang], since]];
}
