import type { VNode } from 'preact';
import { sentIn, type Replay } from '../../../queue/replay.js';
import type { Lang, Localized } from '../../shared/words.js';
import { type FailedJob, QUEUE_WORDS } from '../../shared/failed-jobs.js';
import { HIDDEN } from '../../shared/masked.js';
import { REST } from '../../shared/failure-reasons.js';
import { TO } from '../links.js';
import { Field } from '../parts/form.js';
import { useFrame, useIsOperator } from '../parts/frame.js';
import { DefinitionList, Pager, Table } from '../parts/table.js';
import { Alert, Count, Instant, LinkLine } from '../parts/text.js';
import type { View, ViewProps } from '../route.js';
import type { GroupModel, JobModel, ListModel, ReasonGroup } from './read.js';
import { Moving, ReplayState } from './replay-view.js';
import { CONFIRM, confirmHref, groupHref, jobHref, replayHref, type Wanted } from './wanted.js';
import { FAILURES, GROUP, JOB, jobsWords, PROGRESS, REPLAY } from './words.js';

export function ListView({ model, lang }: ViewProps<ListModel>): VNode {
  const { groups, total, more, replays, moves } = model;
  const isOperator = useIsOperator();
  return (
    <>
      <p>{FAILURES.intro[lang]}</p>
      {total === 0 && <Alert kind="good">{FAILURES.none}</Alert>}
      <p class="muted">{moves ? <Moving /> : <a href="?">{FAILURES.reload[lang]}</a>}</p>
      {groups.length > 0 && <Groups groups={groups} total={total} lang={lang} />}
      {more > 0 && <p>{FAILURES.more(more)[lang]}</p>}
      {groups.length > 0 && isOperator && <SendAll lang={lang} />}
      {replays.length > 0 && <RecentReplays replays={replays} />}
      <LinkLine href={TO.queues}>{FAILURES.expert}</LinkLine>
    </>
  );
}

interface GroupsProps {
  readonly groups: readonly ReasonGroup[];
  readonly total: number;
  readonly lang: Lang;
}

const Groups = ({ groups, total, lang }: GroupsProps): VNode => (
  <Table
    caption={`${FAILURES.caption[lang]} (${jobsWords(total)[lang]})`}
    rows={groups}
    columns={[
      {
        title: FAILURES.reason,
        heads: true,
        cell: ({ key, reason }: ReasonGroup) => <a href={groupHref(key)}>{reason.happened[lang]}</a>,
      },
      { title: FAILURES.next, cell: ({ reason }) => reason.next },
      { title: FAILURES.count, numeric: true, cell: ({ jobs }) => <Count of={jobs.length} /> },
      {
        title: FAILURES.queue,
        cell: ({ queues }) => [...queues].map((queue) => QUEUE_WORDS[queue][lang]).join(', '),
      },
      { title: FAILURES.first, cell: ({ firstMs }) => <Instant atS={firstMs / 1000} /> },
      { title: FAILURES.last, cell: ({ lastMs }) => <Instant atS={lastMs / 1000} /> },
    ]}
  />
);

/** Leads to the page that asks; it sends nothing by itself. */
const SendAll = ({ lang }: { readonly lang: Lang }): VNode => (
  <section>
    <h2>{REPLAY.all[lang]}</h2>
    <form method="get" action={CONFIRM} class="filter">
      <input type="hidden" name="tout" value="1" />
      <Field name="jour" type="date" label={REPLAY.since} help={REPLAY.sinceHelp} />
      <Field name="heure" label={REPLAY.hour} help={REPLAY.hourHelp} maxLength={5} />
      <div class="field">
        <button type="submit">{REPLAY.prepare[lang]}</button>
      </div>
    </form>
  </section>
);

const RecentReplays = ({ replays }: { readonly replays: readonly Replay[] }): VNode => (
  <Table
    caption={PROGRESS.recent}
    rows={replays}
    columns={[
      {
        title: PROGRESS.started,
        heads: true,
        cell: ({ id, askedMs }: Replay) => (
          <a href={replayHref(id)}>
            <Instant atS={askedMs / 1000} />
          </a>
        ),
      },
      { title: PROGRESS.by, cell: ({ by }) => by },
      { title: PROGRESS.sent, numeric: true, cell: (replay) => <Count of={sentIn(replay)} /> },
      { title: PROGRESS.state, cell: (replay) => <ReplayState replay={replay} /> },
    ]}
  />
);

export const GroupView: View<GroupModel> = ({ model, lang }) => {
  const { group, jobs, more, page, from, to, hasNext } = model;
  const { reason, firstMs, lastMs, key } = group;
  const count = group.jobs.length;
  return (
    <>
      <Back />
      <DefinitionList
        items={[
          [FAILURES.next, reason.next],
          [FAILURES.count, <Count of={count} />],
          [GROUP.first, <Instant atS={firstMs / 1000} />],
          [FAILURES.last, <Instant atS={lastMs / 1000} />],
        ]}
      />
      {key !== REST.key && <SendButton wanted={{ kind: 'group', group: key }} label={REPLAY.allOf(count)} />}
      <Table
        caption={GROUP.caption}
        rows={jobs}
        empty={GROUP.empty}
        columns={[
          {
            title: GROUP.what,
            heads: true,
            cell: (job: FailedJob) => <a href={jobHref(job)}>{job.about.words[lang]}</a>,
          },
          { title: GROUP.whom, cell: ({ about }) => <Person earner={about.earner} /> },
          {
            title: GROUP.failed,
            cell: ({ failedMs }) => (failedMs === null ? '' : <Instant atS={failedMs / 1000} />),
          },
          { title: GROUP.attempts, numeric: true, cell: ({ attempts }) => attempts },
        ]}
      />
      <Pager
        previous={page > 1 ? groupHref(key, page - 1) : null}
        next={hasNext ? groupHref(key, page + 1) : null}
        where={GROUP.where(from, to, count)}
      />
      {more > 0 && <p>{GROUP.older(more)[lang]}</p>}
    </>
  );
};

const Back = (): VNode => (
  <p>
    <a href={TO.failures}>{FAILURES.back[useFrame().lang]}</a>
  </p>
);

interface SendButtonProps {
  readonly wanted: Wanted;
  readonly label: Localized;
}

function SendButton({ wanted, label }: SendButtonProps): VNode | null {
  const { lang } = useFrame();
  if (!useIsOperator()) return null;
  return (
    <p>
      <a class="button" href={confirmHref(wanted)}>
        {label[lang]}
      </a>
    </p>
  );
}

/** People are known by their key: the link says no more than that there is one. */
function Person({ earner }: Pick<FailedJob['about'], 'earner'>): VNode {
  const { lang } = useFrame();
  if (earner === null) return <>–</>;
  return (
    <a href={`${TO.people}?cle=${encodeURIComponent(earner)}`}>
      {GROUP.person[lang]} <code>{earner.slice(0, 6)}</code>
    </a>
  );
}

export const JobView: View<JobModel> = ({ model: { job } }) => (
  <>
    <Back />
    {job === null ? <Alert kind="note">{JOB.gone}</Alert> : <Job job={job} />}
  </>
);

function Job({ job }: { readonly job: FailedJob }): VNode {
  const { lang } = useFrame();
  const { queue, id, about, reason, failedMs, madeMs, attempts, maxAttempts } = job;
  const technical = JOB.technical[lang];
  return (
    <>
      <DefinitionList
        items={[
          [GROUP.what, about.words],
          ...(about.earner === null ? [] : [[GROUP.whom, <Person earner={about.earner} />] as const]),
          [FAILURES.reason, <a href={groupHref(reason.key)}>{reason.happened[lang]}</a>],
          [FAILURES.next, reason.next],
          [FAILURES.queue, QUEUE_WORDS[queue]],
          [JOB.made, <Instant atS={madeMs / 1000} />],
          [GROUP.failed, failedMs === null ? '–' : <Instant atS={failedMs / 1000} />],
          [GROUP.attempts, JOB.attempts(attempts, maxAttempts)],
          [JOB.id, <code>{id}</code>],
        ]}
      />
      <SendButton wanted={{ kind: 'job', ref: { queue, id } }} label={REPLAY.one} />
      <h2>{JOB.data[lang]}</h2>
      <Table
        caption={JOB.dataCaption}
        rows={Object.entries(job.data)}
        empty={JOB.noData}
        columns={[
          { title: JOB.field, heads: true, cell: ([name]) => name },
          { title: JOB.value, cell: ([, value]) => (value === HIDDEN ? JOB.hidden : <code>{value}</code>) },
        ]}
      />
      <details>
        <summary>{technical}</summary>
        {[job.said, ...job.traces].map((text, at) => (
          <div key={at} class="scroll" role="region" aria-label={`${technical} ${at + 1}`} tabIndex={0}>
            <pre lang="en">{text}</pre>
          </div>
        ))}
      </details>
    </>
  );
}
