import type { VNode } from 'preact';
import { useId } from 'preact/hooks';
import type { Lang } from '../../shared/words.js';
import { sentIn, type Replay } from '../../../queue/replay.js';
import { useFrame } from '../layout/frame.js';
import { State } from '../parts/state.js';
import { Alert } from '../parts/alert.js';
import { DefinitionList } from '../parts/definition-list.js';
import { Count, Instant } from '../parts/told.js';
import { LIST } from './links.js';
import type { ProgressModel } from './read.js';
import { outcomeWords, PROGRESS } from './replay-words.js';
import { FAILURES } from './words.js';

interface ProgressProps {
  readonly model: ProgressModel;
  readonly lang: Lang;
}

export function ProgressView({ model, lang }: ProgressProps): VNode {
  const { replay, moves } = model;
  const { gone, left, by, askedMs, endedMs, isBroken } = replay;
  return (
    <>
      {endedMs === null ? (
        <Bar replay={replay} lang={lang} />
      ) : (
        <Alert kind={left === 0 && !isBroken ? 'good' : 'bad'}>{outcomeWords(replay)[lang]}</Alert>
      )}
      <DefinitionList
        items={[
          [PROGRESS.state[lang], <ReplayState key="state" replay={replay} />],
          [PROGRESS.sent[lang], <Count key="sent" of={sentIn(replay)} />],
          [PROGRESS.gone[lang], <Count key="gone" of={gone} />],
          [PROGRESS.left[lang], <Count key="left" of={left} />],
          [PROGRESS.by[lang], by],
          [PROGRESS.started[lang], <Instant key="started" atS={askedMs / 1000} />],
          ...(endedMs === null
            ? []
            : [[PROGRESS.ended[lang], <Instant key="ended" atS={endedMs / 1000} />] as const]),
        ]}
      />
      {endedMs === null && <p>{(replay.begunMs === null ? PROGRESS.waits : PROGRESS.goesOn)[lang]}</p>}
      {endedMs === null && <p>{moves ? <Moving /> : <a href="?">{FAILURES.reload[lang]}</a>}</p>}
      <p>
        <a href={LIST}>{FAILURES.back[lang]}</a>
      </p>
    </>
  );
}

function Bar({ replay, lang }: { readonly replay: Replay; readonly lang: Lang }): VNode {
  const { looked, toLookAt } = replay;
  const id = useId();
  const words = PROGRESS.of(Math.min(looked, toLookAt), toLookAt)[lang];
  return (
    <p>
      <label for={id}>{PROGRESS.bar[lang]}</label>{' '}
      <progress id={id} max={Math.max(toLookAt, 1)} value={Math.min(looked, toLookAt)}>
        {words}
      </progress>{' '}
      {words}
    </p>
  );
}

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
  const { lang } = useFrame();
  const { begunMs, endedMs, isBroken } = replay;
  if (isBroken) return <State kind="bad">{PROGRESS.broken[lang]}</State>;
  if (endedMs !== null) return <State kind="good">{PROGRESS.done[lang]}</State>;
  return <State kind="waiting">{(begunMs === null ? PROGRESS.asked : PROGRESS.underWay)[lang]}</State>;
}
