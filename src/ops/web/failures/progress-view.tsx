import type { VNode } from 'preact';
import { useId } from 'preact/hooks';
import type { Lang } from '../../cli/words.js';
import type { Replay } from '../../failures/replay.js';
import { Alert } from '../parts/alert.js';
import { DefinitionList } from '../parts/definition-list.js';
import { Count, Instant } from '../parts/told.js';
import { Moving } from './freshness-line.js';
import { LIST } from './links.js';
import type { ProgressModel } from './progress-read.js';
import { ReplayState } from './recent-replays.js';
import { outcomeWords, PROGRESS } from './replay-words.js';
import { FAILURES } from './words.js';

interface ProgressProps {
  readonly model: ProgressModel;
  readonly lang: Lang;
}

export function ProgressView({ model, lang }: ProgressProps): VNode {
  const { replay, moves } = model;
  const { sent, gone, left, by, startedMs, endedMs } = replay;
  return (
    <>
      {endedMs === null ? (
        <Bar replay={replay} lang={lang} />
      ) : (
        <Alert kind={left === 0 ? 'good' : 'bad'}>{outcomeWords(replay)[lang]}</Alert>
      )}
      <DefinitionList
        items={[
          [PROGRESS.state[lang], <ReplayState key="state" replay={replay} />],
          [PROGRESS.sent[lang], <Count key="sent" of={sent} />],
          [PROGRESS.gone[lang], <Count key="gone" of={gone} />],
          [PROGRESS.left[lang], <Count key="left" of={left} />],
          [PROGRESS.by[lang], by],
          [PROGRESS.started[lang], <Instant key="started" atS={startedMs / 1000} />],
          ...(endedMs === null
            ? []
            : [[PROGRESS.ended[lang], <Instant key="ended" atS={endedMs / 1000} />] as const]),
        ]}
      />
      {endedMs === null && <p>{PROGRESS.goesOn[lang]}</p>}
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
