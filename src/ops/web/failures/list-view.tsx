import type { VNode } from 'preact';
import { sentIn, type Replay } from '../../../queue/replay.js';
import type { Lang } from '../../shared/words.js';
import { QUEUE_WORDS } from '../../shared/failed-jobs.js';
import { hasRole, useFrame } from '../layout/frame.js';
import { Alert } from '../parts/alert.js';
import { Field } from '../parts/field.js';
import { Table } from '../parts/table.js';
import { Count, Instant } from '../parts/told.js';
import { CONFIRM, groupHref, replayHref } from './links.js';
import { Moving, ReplayState } from './progress-view.js';
import type { ListModel, ToldGroup } from './read.js';
import { PROGRESS, REPLAY } from './replay-words.js';
import { FAILURES, jobsWords } from './words.js';

interface ListProps {
  readonly model: ListModel;
  readonly lang: Lang;
}

export function ListView({ model, lang }: ListProps): VNode {
  const { groups, total, more, replays, moves } = model;
  return (
    <>
      <p>{FAILURES.intro[lang]}</p>
      {total === 0 && <Alert kind="good">{FAILURES.none[lang]}</Alert>}
      <p class="muted">{moves ? <Moving /> : <a href="?">{FAILURES.reload[lang]}</a>}</p>
      {groups.length > 0 && <Groups groups={groups} total={total} lang={lang} />}
      {more > 0 && <p>{FAILURES.more(more)[lang]}</p>}
      {groups.length > 0 && <SendAll lang={lang} />}
      {replays.length > 0 && <RecentReplays replays={replays} />}
      <p>
        <a href="/ops/queues">{FAILURES.expert[lang]}</a>
      </p>
    </>
  );
}

interface GroupsProps {
  readonly groups: readonly ToldGroup[];
  readonly total: number;
  readonly lang: Lang;
}

function Groups({ groups, total, lang }: GroupsProps): VNode {
  return (
    <Table
      caption={`${FAILURES.caption[lang]} (${jobsWords(total)[lang]})`}
      rows={groups}
      empty={FAILURES.none[lang]}
      columns={[
        {
          title: FAILURES.reason[lang],
          heads: true,
          cell: ({ key, reason }) => <a href={groupHref(key)}>{reason.happened[lang]}</a>,
        },
        { title: FAILURES.next[lang], cell: ({ reason }) => reason.next[lang] },
        { title: FAILURES.count[lang], numeric: true, cell: ({ jobs }) => <Count of={jobs.length} /> },
        {
          title: FAILURES.queue[lang],
          cell: ({ queues }) => [...queues].map((queue) => QUEUE_WORDS[queue][lang]).join(', '),
        },
        { title: FAILURES.first[lang], cell: ({ firstMs }) => <Instant atS={firstMs / 1000} /> },
        { title: FAILURES.last[lang], cell: ({ lastMs }) => <Instant atS={lastMs / 1000} /> },
      ]}
    />
  );
}

/** Leads to the page that asks; it sends nothing by itself. */
function SendAll({ lang }: { readonly lang: Lang }): VNode | null {
  const { user } = useFrame();
  if (!hasRole(user, 'operateur')) return null;
  return (
    <section>
      <h2>{REPLAY.all[lang]}</h2>
      <form method="get" action={CONFIRM} class="filter">
        <input type="hidden" name="tout" value="1" />
        <Field name="jour" type="date" label={REPLAY.since[lang]} help={REPLAY.sinceHelp[lang]} />
        <Field name="heure" label={REPLAY.hour[lang]} help={REPLAY.hourHelp[lang]} maxLength={5} />
        <div class="field">
          <button type="submit">{REPLAY.prepare[lang]}</button>
        </div>
      </form>
    </section>
  );
}

/** What was sent again lately, or still is being. */
function RecentReplays({ replays }: { readonly replays: readonly Replay[] }): VNode {
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
          cell: ({ id, askedMs }) => (
            <a href={replayHref(id)}>
              <Instant atS={askedMs / 1000} />
            </a>
          ),
        },
        { title: PROGRESS.by[lang], cell: ({ by }) => by },
        { title: PROGRESS.sent[lang], numeric: true, cell: (replay) => <Count of={sentIn(replay)} /> },
        { title: PROGRESS.state[lang], cell: (replay) => <ReplayState replay={replay} /> },
      ]}
    />
  );
}
