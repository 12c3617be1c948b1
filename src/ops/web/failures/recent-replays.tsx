import type { VNode } from 'preact';
import type { Replay } from '../../failures/replay.js';
import { useFrame } from '../layout/frame.js';
import { State } from '../parts/state.js';
import { Table } from '../parts/table.js';
import { Count, Instant } from '../parts/told.js';
import { replayHref } from './links.js';
import { PROGRESS } from './replay-words.js';

/** What was sent again lately, or still is being. */
export function RecentReplays({ replays }: { readonly replays: readonly Replay[] }): VNode {
  const { lang } = useFrame();
  return (
    <Table
      caption={PROGRESS.recent[lang]}
      rows={replays}
      empty={PROGRESS.none[lang]}
      columns={[
        {
          title: PROGRESS.started[lang],
          heads: true,
          cell: ({ id, startedMs }) => (
            <a href={replayHref(id)}>
              <Instant atS={startedMs / 1000} />
            </a>
          ),
        },
        { title: PROGRESS.by[lang], cell: ({ by }) => by },
        { title: PROGRESS.sent[lang], numeric: true, cell: ({ sent }) => <Count of={sent} /> },
        { title: PROGRESS.state[lang], cell: (replay) => <ReplayState replay={replay} /> },
      ]}
    />
  );
}

export function ReplayState({ replay }: { readonly replay: Replay }): VNode {
  const { lang } = useFrame();
  return replay.endedMs === null ? (
    <State kind="waiting">{PROGRESS.underWay[lang]}</State>
  ) : (
    <State kind="good">{PROGRESS.done[lang]}</State>
  );
}
