import type { ComponentChildren, VNode } from 'preact';
import { useId } from 'preact/hooks';
import type { StoredAwardPlan, StoredPlan } from '../../../scheme/plan-store.js';
import { Alert } from '../parts/alert.js';
import { ActionForm } from '../parts/action-form.js';
import { DefinitionList } from '../parts/definition-list.js';
import { Choice } from '../parts/field.js';
import { Table } from '../parts/table.js';
import { Count, Duration, Instant } from '../parts/told.js';
import { PLAN_ACTION, SCHEME_PATH } from './links.js';
import { PLAN } from './plan-words.js';
import { Samples } from './samples-view.js';
import type { SchemeProps } from './view.js';

/** What would become of everybody: made by a worker, since it takes a while. */
export function PlanPartView({ model, lang }: SchemeProps): VNode {
  const { plan, scheme } = model;
  const { only, made, outdated } = plan;
  const options = [
    // No award is called so. An empty value would keep a browser from sending what is required.
    { value: '*', label: PLAN.all[lang] },
    ...scheme.awards.map(({ id, name }) => ({ value: id, label: name })),
  ];
  return (
    <section aria-labelledby="plan">
      <h2 id="plan">{PLAN.title[lang]}</h2>
      <p>{PLAN.about[lang]}</p>
      {only !== null && (
        <p>
          {PLAN.onlyOf(scheme.awards.find(({ id }) => id === only)?.name ?? only)[lang]}{' '}
          <a href={`${SCHEME_PATH}#plan`}>{PLAN.ofAll[lang]}</a>
        </p>
      )}
      <PlanJob model={model} lang={lang} />
      {made === null ? <p>{PLAN.none[lang]}</p> : <Made plan={made} nowS={model.nowS} lang={lang} />}
      {outdated && <Alert kind="note">{PLAN.outdated[lang]}</Alert>}
      <ActionForm to={PLAN_ACTION} label={PLAN.make[lang]}>
        <Choice name="badge" label={PLAN.which[lang]} options={options} value={only ?? '*'} required />
      </ActionForm>
    </section>
  );
}

/** How far its making is; nothing where nobody asked. */
function PlanJob({ model: { plan }, lang }: SchemeProps): VNode | null {
  const id = useId();
  const { job, progress } = plan;
  if (job.state === 'none') return null;
  if (job.state === 'failed') return <Alert kind="bad">{PLAN.failed[lang]}</Alert>;
  if (job.state === 'waits' || progress === null) return <Alert kind="note">{PLAN.waits[lang]}</Alert>;
  const words = PLAN.looked(progress.done, progress.total)[lang];
  return (
    <Alert kind="note">
      <label for={id}>{PLAN.runs[lang]}</label>{' '}
      <progress id={id} max={Math.max(progress.total, 1)} value={progress.done}>
        {words}
      </progress>{' '}
      {words}
    </Alert>
  );
}

interface MadeProps {
  readonly plan: StoredPlan;
  readonly nowS: number;
  readonly lang: SchemeProps['lang'];
}

function Made({ plan, nowS, lang }: MadeProps): VNode {
  return (
    <>
      <DefinitionList items={factsOf({ plan, nowS, lang })} />
      <Table
        caption={PLAN.caption[lang]}
        columns={[
          {
            title: PLAN.award[lang],
            heads: true,
            cell: (one: StoredAwardPlan) => <Name of={one} lang={lang} />,
          },
          ...COLUMNS.map((column) => ({
            title: PLAN.columns[column][lang],
            numeric: true,
            cell: (one: StoredAwardPlan) => <Count of={one[column]} />,
          })),
        ]}
        rows={plan.awards}
        empty={PLAN.noAward[lang]}
      />
      {plan.awards.some(({ losesRule }) => losesRule > 0) && <p>{PLAN.keeps[lang]}</p>}
      <Samples plan={plan} lang={lang} />
    </>
  );
}

const COLUMNS = ['gains', 'underWay', 'losesRule', 'blocked', 'refused'] as const;

const Name = ({ of, lang }: { readonly of: StoredAwardPlan; readonly lang: MadeProps['lang'] }): VNode => (
  <>
    {of.name}
    {of.removed && <small> ({PLAN.removed[lang]})</small>}
    {!of.removed && !of.active && <small> ({PLAN.inactive[lang]})</small>}
  </>
);

function factsOf({ plan, nowS, lang }: MadeProps): readonly (readonly [string, ComponentChildren])[] {
  return [
    [
      PLAN.madeAt[lang],
      <>
        <Instant atS={plan.madeS} /> ({PLAN.ago[lang]} <Duration s={Math.max(0, nowS - plan.madeS)} />)
      </>,
    ],
    [PLAN.version[lang], <code key="version">{plan.version}</code>],
    [PLAN.people[lang], <Count key="people" of={plan.people} />],
    ...(plan.unreadable === 0
      ? []
      : [[PLAN.unreadable[lang], <Count key="unreadable" of={plan.unreadable} />] as const]),
    [
      PLAN.issues[lang],
      <>
        <Count of={plan.issues} /> {plan.issues > 0 && PLAN.toPeople(plan.gainers)[lang]}
      </>,
    ],
    [PLAN.calls[lang], <Count key="calls" of={plan.calls} />],
    [PLAN.quota[lang], quotaWords(plan)[lang]],
  ];
}

function quotaWords({ quotaLeft, quotaAfter, quotaShort }: StoredPlan) {
  if (quotaLeft === null || quotaAfter === null) return PLAN.quotaUnknown;
  return quotaShort > 0 ? PLAN.quotaShort(quotaLeft, quotaShort) : PLAN.quotaEnough(quotaLeft, quotaAfter);
}
