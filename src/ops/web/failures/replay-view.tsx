import type { VNode } from 'preact';
import { sentIn, type Replay } from '../../../queue/replay.js';
import { TO } from '../links.js';
import { ActionForm } from '../parts/form.js';
import { useFrame } from '../parts/frame.js';
import { DefinitionList, ProgressLine, type Item } from '../parts/table.js';
import { Alert, Count, Instant, LinkLine, State } from '../parts/text.js';
import type { View } from '../route.js';
import type { ConfirmModel, ReplayModel } from './read.js';
import { CONFIRM, fieldsOf } from './wanted.js';
import { FAILURES, jobsWords, outcomeWords, PROGRESS, REPLAY } from './words.js';

/** Says how many, and what will happen; the button does it. */
export const ConfirmView: View<ConfirmModel> = ({ model, lang }) => {
  const { wanted, count, more } = model;
  if (count === 0)
    return (
      <>
        <p>{REPLAY.noneSent[lang]}</p>
        <LinkLine href={TO.failures}>{FAILURES.back}</LinkLine>
      </>
    );
  const howMany = jobsWords(count)[lang] + (more > 0 ? REPLAY.older[lang] : '');
  return (
    <>
      <DefinitionList items={[...whichOf(model), [REPLAY.count, howMany]]} />
      <ul>
        {REPLAY.happens.map((words) => (
          <li key={words.en}>{words[lang]}</li>
        ))}
      </ul>
      <p>{REPLAY.mended[lang]}</p>
      <ActionForm to={CONFIRM} label={REPLAY.confirm} fields={fieldsOf(wanted)} />
      <LinkLine href={TO.failures}>{REPLAY.cancel}</LinkLine>
    </>
  );
};

function whichOf({ wanted, job, group }: ConfirmModel): readonly Item[] {
  const reason = (job ?? group)?.reason;
  const why: readonly Item[] =
    reason === undefined
      ? []
      : [
          [FAILURES.reason, reason.happened],
          [FAILURES.next, reason.next],
        ];
  if (job !== null) return [[REPLAY.whichOne, job.about.words], ...why];
  if (wanted.kind !== 'all') return why;
  return [[REPLAY.which, wanted.sinceMs === null ? REPLAY.whichAll : <Since atMs={wanted.sinceMs} />]];
}

const Since = ({ atMs }: { readonly atMs: number }): VNode => (
  <>
    {REPLAY.whichSince[useFrame().lang]} <Instant atS={atMs / 1000} />
  </>
);

export const ReplayView: View<ReplayModel> = ({ model, lang }) => {
  const { replay, moves } = model;
  const { gone, left, by, askedMs, begunMs, endedMs, isBroken, looked, toLookAt } = replay;
  const ended: readonly Item[] = endedMs === null ? [] : [[PROGRESS.ended, <Instant atS={endedMs / 1000} />]];
  return (
    <>
      {endedMs === null ? (
        <p>
          <ProgressLine
            label={PROGRESS.bar}
            value={looked}
            max={toLookAt}
            words={PROGRESS.of(Math.min(looked, toLookAt), toLookAt)}
          />
        </p>
      ) : (
        <Alert kind={left === 0 && !isBroken ? 'good' : 'bad'}>{outcomeWords(replay)}</Alert>
      )}
      <DefinitionList
        items={[
          [PROGRESS.state, <ReplayState replay={replay} />],
          [PROGRESS.sent, <Count of={sentIn(replay)} />],
          [PROGRESS.gone, <Count of={gone} />],
          [PROGRESS.left, <Count of={left} />],
          [PROGRESS.by, by],
          [PROGRESS.started, <Instant atS={askedMs / 1000} />],
          ...ended,
        ]}
      />
      {endedMs === null && <p>{(begunMs === null ? PROGRESS.waits : PROGRESS.goesOn)[lang]}</p>}
      {endedMs === null && <p>{moves ? <Moving /> : <a href="?">{FAILURES.reload[lang]}</a>}</p>}
      <LinkLine href={TO.failures}>{FAILURES.back}</LinkLine>
    </>
  );
};

/** Who reads slowly, or by ear, can have the page stand still. */
export function Moving(): VNode {
  const { lang } = useFrame();
  return (
    <>
      {FAILURES.still[lang]} <a href="?fige">{FAILURES.stop[lang]}</a>
    </>
  );
}

export function ReplayState({ replay }: { readonly replay: Replay }): VNode {
  const { begunMs, endedMs, isBroken } = replay;
  if (isBroken) return <State kind="bad">{PROGRESS.broken}</State>;
  if (endedMs !== null) return <State kind="good">{PROGRESS.done}</State>;
  return <State kind="waiting">{begunMs === null ? PROGRESS.asked : PROGRESS.underWay}</State>;
}
