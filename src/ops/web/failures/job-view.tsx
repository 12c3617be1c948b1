import type { VNode } from 'preact';
import type { Lang } from '../../shared/words.js';
import { HIDDEN } from '../../shared/masked.js';
import { type FailedJob, QUEUE_WORDS } from '../../shared/failed-jobs.js';
import { hasRole, useFrame } from '../layout/frame.js';
import { Alert } from '../parts/alert.js';
import { DefinitionList } from '../parts/definition-list.js';
import { Table } from '../parts/table.js';
import { Instant } from '../parts/told.js';
import { Person } from './group-view.js';
import { confirmHref, groupHref, LIST } from './links.js';
import type { JobModel } from './read.js';
import { REPLAY } from './replay-words.js';
import { FAILURES, GROUP, JOB } from './words.js';

interface JobProps {
  readonly model: JobModel;
  readonly lang: Lang;
}

export const JobView = ({ model, lang }: JobProps): VNode => (
  <>
    <p>
      <a href={LIST}>{FAILURES.back[lang]}</a>
    </p>
    {model.job === null ? <Alert kind="note">{JOB.gone[lang]}</Alert> : <Told job={model.job} lang={lang} />}
  </>
);

interface ToldProps {
  readonly job: FailedJob;
  readonly lang: Lang;
}

function Told({ job, lang }: ToldProps): VNode {
  const { user } = useFrame();
  const { queue, id, about, reason, failedMs, madeMs, attempts, maxAttempts } = job;
  return (
    <>
      <DefinitionList
        items={[
          [GROUP.what[lang], about.words[lang]],
          ...(about.earner === null
            ? []
            : [[GROUP.whom[lang], <Person key="whom" earner={about.earner} lang={lang} />] as const]),
          [
            FAILURES.reason[lang],
            <a key="reason" href={groupHref(reason.key)}>
              {reason.happened[lang]}
            </a>,
          ],
          [FAILURES.next[lang], reason.next[lang]],
          [FAILURES.queue[lang], QUEUE_WORDS[queue][lang]],
          [JOB.made[lang], <Instant key="made" atS={madeMs / 1000} />],
          [GROUP.failed[lang], failedMs === null ? '–' : <Instant key="failed" atS={failedMs / 1000} />],
          [GROUP.attempts[lang], JOB.attempts(attempts, maxAttempts)[lang]],
          [JOB.id[lang], <code key="id">{id}</code>],
        ]}
      />
      {hasRole(user, 'operateur') && (
        <p>
          <a class="button" href={confirmHref({ kind: 'job', ref: { queue, id } })}>
            {REPLAY.one[lang]}
          </a>
        </p>
      )}
      <Content job={job} lang={lang} />
    </>
  );
}

function Content({ job, lang }: ToldProps): VNode {
  return (
    <>
      <h2>{JOB.data[lang]}</h2>
      <Table
        caption={JOB.dataCaption[lang]}
        rows={Object.entries(job.data)}
        empty={JOB.noData[lang]}
        columns={[
          { title: JOB.field[lang], heads: true, cell: ([name]) => name },
          {
            title: JOB.value[lang],
            cell: ([, value]) => (value === HIDDEN ? JOB.hidden[lang] : <code>{value}</code>),
          },
        ]}
      />
      <details>
        <summary>{JOB.technical[lang]}</summary>
        {[job.said, ...job.traces].map((text, at) => (
          <div
            key={at}
            class="scroll"
            role="region"
            aria-label={`${JOB.technical[lang]} ${at + 1}`}
            tabIndex={0}
          >
            <pre lang="en">{text}</pre>
          </div>
        ))}
      </details>
    </>
  );
}
