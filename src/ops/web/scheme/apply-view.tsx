import type { VNode } from 'preact';
import type { ApplyRecord } from '../../../scheme/apply-store.js';
import type { Lang } from '../../shared/words.js';
import type { ViewProps } from '../route.js';
import { TO } from '../links.js';
import { ActionForm, Choice } from '../parts/form.js';
import { useIsOperator } from '../parts/frame.js';
import { DefinitionList, ProgressLine, type Item } from '../parts/table.js';
import { Alert, Count, Instant, Section } from '../parts/text.js';
import type { ApplyPart, SchemeModel } from './read.js';
import { APPLY, issuesWords, PLAN } from './words.js';

type ApplyProps = ViewProps<SchemeModel>;

/** Puts into force what the plan above tells of, and says how that goes. */
export const Apply = ({ model, lang }: ApplyProps): VNode => (
  <Section id="mise-en-vigueur" title={APPLY.title}>
    <ApplyForm model={model} lang={lang} />
    <LastApply apply={model.apply} lang={lang} />
  </Section>
);

function ApplyForm({ model, lang }: ApplyProps): VNode | null {
  const isOperator = useIsOperator();
  const { plan, apply, change, unfinished } = model;
  const { made, only, outdated } = plan;
  if (apply.moves || !isOperator) return null;
  if (made === null || outdated) return <p>{APPLY.noPlan[lang]}</p>;
  if (change === null && unfinished === null && made.issues === 0) return <p>{APPLY.nothing[lang]}</p>;
  return (
    <ActionForm
      to={`${TO.scheme}/appliquer`}
      label={change === null ? APPLY.labelLeft : APPLY.label}
      fields={{ version: made.version, badge: only ?? '', upto: made.issues }}
      confirm={
        <>
          <p>
            <strong>{issuesWords(made.issues, made.gainers)[lang]}.</strong>
          </p>
          <p>{APPLY.once[lang]}</p>
        </>
      }
    >
      <Choice
        name="email"
        label={APPLY.email}
        // What was begun without e-mails goes on without.
        value={unfinished?.suppressEmail === true ? 'no' : 'yes'}
        options={[
          { value: 'yes', label: APPLY.emailYes },
          { value: 'no', label: APPLY.emailNo },
        ]}
        required
      />
      {made.quotaShort > 0 && (
        <Choice
          name="quota"
          label={APPLY.quota}
          value="stop"
          options={[
            { value: 'stop', label: APPLY.quotaStop },
            { value: 'over', label: APPLY.quotaOver },
          ]}
          required
        />
      )}
    </ActionForm>
  );
}

interface LastProps {
  readonly apply: ApplyPart;
  readonly lang: Lang;
}

const REFUSED: ReadonlySet<ApplyRecord['state']> = new Set(['above', 'over_quota', 'moved', 'other_begun']);

/** What became of the last request, or how far it is. */
function LastApply({ apply, lang }: LastProps): VNode | null {
  const { record, job, moves, waiting, paused } = apply;
  if (record === null) return null;
  const { state, done, total, issues } = record;
  const refused = REFUSED.has(state);
  const words = state === 'giving' ? APPLY.people(done, total) : PLAN.looked(done, total);
  return (
    <>
      <h3>{APPLY.last[lang]}</h3>
      {job.state === 'failed' && <Alert kind="bad">{APPLY.failed}</Alert>}
      {refused && (
        <Alert kind="bad">
          {APPLY.states[state][lang]} {issues > 0 && APPLY.would(issues)[lang]}
        </Alert>
      )}
      {paused && waiting > 0 && <Alert kind="note">{APPLY.paused}</Alert>}
      {moves && (
        <p>
          <ProgressLine label={APPLY.states[state]} value={done} max={total} words={words} />
        </p>
      )}
      <DefinitionList
        items={[
          ...(refused ? [] : [[APPLY.state, APPLY.states[state]] as const]),
          [APPLY.of, record.only ?? PLAN.all],
          [APPLY.by, record.by],
          [APPLY.askedAt, <Instant atS={record.askedS} />],
          [APPLY.endedAt, <Instant atS={record.atS} />],
          [APPLY.ceiling, <Count of={record.upto} />],
          [APPLY.email, record.suppressEmail ? APPLY.emailNo : APPLY.emailYes],
          ...(state === 'applied' ? givenOf(record, waiting, lang) : []),
        ]}
      />
    </>
  );
}

const givenOf = (record: ApplyRecord, waiting: number, lang: Lang): readonly Item[] => [
  [
    APPLY.given,
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
  [APPLY.waiting, <Count of={waiting} />],
];
