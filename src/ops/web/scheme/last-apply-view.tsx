import type { ComponentChildren, VNode } from 'preact';
import { useId } from 'preact/hooks';
import type { ApplyRecord } from '../../../scheme/apply-store.js';
import { Alert } from '../parts/alert.js';
import { DefinitionList } from '../parts/definition-list.js';
import { Count, Instant } from '../parts/told.js';
import { APPLY } from './apply-words.js';
import { PLAN } from './plan-words.js';
import type { ApplyPart } from './read.js';
import type { SchemeProps } from './view.js';

interface LastProps {
  readonly apply: ApplyPart;
  readonly lang: SchemeProps['lang'];
}

/** What became of the last request, or how far it is. */
export function LastApply({ apply, lang }: LastProps): VNode | null {
  const { record, job, moves, waiting, paused } = apply;
  if (record === null) return null;
  const refused = REFUSED.has(record.state);
  return (
    <>
      <h3>{APPLY.last[lang]}</h3>
      {job.state === 'failed' && <Alert kind="bad">{APPLY.failed[lang]}</Alert>}
      {refused && (
        <Alert kind="bad">
          {APPLY.states[record.state][lang]} {record.issues > 0 && APPLY.would(record.issues)[lang]}
        </Alert>
      )}
      {paused && waiting > 0 && <Alert kind="note">{APPLY.paused[lang]}</Alert>}
      {moves && <Bar record={record} lang={lang} />}
      <DefinitionList
        items={[
          ...(refused ? [] : [[APPLY.state[lang], APPLY.states[record.state][lang]] as const]),
          ...aboutOf(record, lang),
          ...(record.state === 'applied' ? givenOf(record, waiting, lang) : []),
        ]}
      />
    </>
  );
}

const REFUSED: ReadonlySet<ApplyRecord['state']> = new Set(['above', 'over_quota', 'moved', 'other_begun']);

type Items = readonly (readonly [string, ComponentChildren])[];

const aboutOf = (record: ApplyRecord, lang: LastProps['lang']): Items => [
  [APPLY.of[lang], record.only ?? PLAN.all[lang]],
  [APPLY.by[lang], record.by],
  [APPLY.askedAt[lang], <Instant key="asked" atS={record.askedS} />],
  [APPLY.endedAt[lang], <Instant key="ended" atS={record.atS} />],
  [APPLY.ceiling[lang], <Count key="upto" of={record.upto} />],
  [APPLY.email[lang], APPLY[record.quiet ? 'emailNo' : 'emailYes'][lang]],
];

const givenOf = (record: ApplyRecord, waiting: number, lang: LastProps['lang']): Items => [
  [
    APPLY.given[lang],
    <>
      <Count of={record.issues} /> {record.issues > 0 && PLAN.toPeople(record.people)[lang]}
      {record.given.length > 0 && (
        <ul>
          {record.given.map(({ award, name, count }) => (
            <li key={award}>
              {name} : <Count of={count} />
            </li>
          ))}
        </ul>
      )}
    </>,
  ],
  [APPLY.waiting[lang], <Count key="waiting" of={waiting} />],
];

function Bar({ record, lang }: { readonly record: ApplyRecord; readonly lang: LastProps['lang'] }): VNode {
  const id = useId();
  const { state, done, total } = record;
  const words = state === 'giving' ? APPLY.people(done, total)[lang] : PLAN.looked(done, total)[lang];
  return (
    <p>
      <label for={id}>{APPLY.states[state][lang]}</label>{' '}
      <progress id={id} max={Math.max(total, 1)} value={Math.min(done, Math.max(total, 1))}>
        {words}
      </progress>{' '}
      {total > 0 && words}
    </p>
  );
}
