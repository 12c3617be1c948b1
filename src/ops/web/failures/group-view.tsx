import type { VNode } from 'preact';
import type { Lang } from '../../shared/words.js';
import { REST } from '../../shared/failure-reasons.js';
import type { FailedJob } from '../../shared/failed-jobs.js';
import { hasRole, useFrame } from '../layout/frame.js';
import { DefinitionList } from '../parts/definition-list.js';
import { Pager } from '../parts/pager.js';
import { Table } from '../parts/table.js';
import { Count, Instant } from '../parts/told.js';
import { confirmHref, groupHref, jobHref, LIST, personHref } from './links.js';
import type { GroupModel, ToldGroup } from './read.js';
import { REPLAY } from './replay-words.js';
import { FAILURES, GROUP } from './words.js';

interface GroupProps {
  readonly model: GroupModel;
  readonly lang: Lang;
}

export function GroupView({ model, lang }: GroupProps): VNode {
  const { group, jobs } = model;
  return (
    <>
      <p>
        <a href={LIST}>{FAILURES.back[lang]}</a>
      </p>
      <Told group={group} lang={lang} />
      <Jobs jobs={jobs} lang={lang} />
      <Pages model={model} lang={lang} />
    </>
  );
}

function Told({ group, lang }: { readonly group: ToldGroup; readonly lang: Lang }): VNode {
  const { reason, firstMs, lastMs, key } = group;
  const count = group.jobs.length;
  const { user } = useFrame();
  return (
    <>
      <DefinitionList
        items={[
          [FAILURES.next[lang], reason.next[lang]],
          [FAILURES.count[lang], <Count key="count" of={count} />],
          [GROUP.first[lang], <Instant key="first" atS={firstMs / 1000} />],
          [FAILURES.last[lang], <Instant key="last" atS={lastMs / 1000} />],
        ]}
      />
      {key !== REST.key && hasRole(user, 'operateur') && (
        <p>
          <a class="button" href={confirmHref({ kind: 'group', group: key })}>
            {REPLAY.allOf(count)[lang]}
          </a>
        </p>
      )}
    </>
  );
}

function Jobs({ jobs, lang }: { readonly jobs: readonly FailedJob[]; readonly lang: Lang }): VNode {
  return (
    <Table
      caption={GROUP.caption[lang]}
      rows={jobs}
      empty={GROUP.empty[lang]}
      columns={[
        {
          title: GROUP.what[lang],
          heads: true,
          cell: (job) => <a href={jobHref(job)}>{job.about.words[lang]}</a>,
        },
        { title: GROUP.whom[lang], cell: ({ about }) => <Person earner={about.earner} lang={lang} /> },
        {
          title: GROUP.failed[lang],
          cell: ({ failedMs }) => (failedMs === null ? '' : <Instant atS={failedMs / 1000} />),
        },
        { title: GROUP.attempts[lang], numeric: true, cell: ({ attempts }) => attempts },
      ]}
    />
  );
}

interface PersonProps {
  readonly earner: FailedJob['about']['earner'];
  readonly lang: Lang;
}

/** People are known by their key: a link says no more than that there is one. */
export const Person = ({ earner, lang }: PersonProps): VNode =>
  earner === null ? (
    <>–</>
  ) : (
    <a href={personHref(earner)}>
      {GROUP.person[lang]} <code>{earner.slice(0, 6)}</code>
    </a>
  );

function Pages({ model, lang }: GroupProps): VNode {
  const { group, more, page, from, to, hasNext } = model;
  return (
    <>
      <Pager
        previous={page > 1 ? groupHref(group.key, page - 1) : null}
        next={hasNext ? groupHref(group.key, page + 1) : null}
        where={GROUP.where(from, to, group.jobs.length)}
      />
      {more > 0 && <p>{GROUP.older(more)[lang]}</p>}
    </>
  );
}
