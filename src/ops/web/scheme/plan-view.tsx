import type { VNode } from 'preact';
import type { StoredAwardPlan, StoredPlan } from '../../../scheme/plan-store.js';
import type { Lang, Localized } from '../../shared/words.js';
import type { ViewProps } from '../route.js';
import { TO } from '../links.js';
import { ActionForm, Choice } from '../parts/form.js';
import { DefinitionList, ProgressLine, Table, type Item } from '../parts/table.js';
import { Alert, Count, Duration, Instant, PersonLink, Section } from '../parts/text.js';
import type { PlanPart, SchemeModel } from './read.js';
import { PLAN } from './words.js';

type PlanProps = ViewProps<SchemeModel>;

/** What would become of all people: made by a worker, since it takes a while. */
export function Plan({ model, lang }: PlanProps): VNode {
  const { plan, scheme, nowS } = model;
  const { only, made, outdated } = plan;
  const options = [
    // No award is called so. An empty value would keep a browser from sending what is required.
    { value: '*', label: PLAN.all },
    ...scheme.awards.map(({ id, name }) => ({ value: id, label: name })),
  ];
  return (
    <Section id="plan" title={PLAN.title}>
      <p>{PLAN.about[lang]}</p>
      {only !== null && (
        <p>
          {PLAN.onlyOf(scheme.awards.find(({ id }) => id === only)?.name ?? only)[lang]}{' '}
          <a href={`${TO.scheme}#plan`}>{PLAN.ofAll[lang]}</a>
        </p>
      )}
      <PlanJob plan={plan} />
      {made === null ? <p>{PLAN.none[lang]}</p> : <Made plan={made} nowS={nowS} lang={lang} />}
      {outdated && <Alert kind="note">{PLAN.outdated}</Alert>}
      <ActionForm to={`${TO.scheme}/plan`} label={PLAN.make}>
        <Choice name="badge" label={PLAN.which} options={options} value={only ?? '*'} required />
      </ActionForm>
    </Section>
  );
}

/** How far a worker is with it; nothing where it was not asked for. */
function PlanJob({ plan: { job, progress } }: { readonly plan: PlanPart }): VNode | null {
  if (job.state === 'none') return null;
  if (job.state === 'failed') return <Alert kind="bad">{PLAN.failed}</Alert>;
  if (job.state === 'waits' || progress === null) return <Alert kind="note">{PLAN.waits}</Alert>;
  const { done, total } = progress;
  return (
    <Alert kind="note">
      <ProgressLine label={PLAN.runs} value={done} max={total} words={PLAN.looked(done, total)} />
    </Alert>
  );
}

interface MadeProps {
  readonly plan: StoredPlan;
  readonly nowS: number;
  readonly lang: Lang;
}

const COLUMNS = ['gains', 'inFlight', 'losesRule', 'blocked', 'refused'] as const;

function Made({ plan, nowS, lang }: MadeProps): VNode {
  const nameOf = ({ name, removed, active }: StoredAwardPlan): VNode => (
    <>
      {name}
      {removed && <small> ({PLAN.removed[lang]})</small>}
      {!removed && !active && <small> ({PLAN.inactive[lang]})</small>}
    </>
  );
  return (
    <>
      <DefinitionList items={factsOf({ plan, nowS, lang })} />
      <Table
        caption={PLAN.caption}
        columns={[
          { title: PLAN.award, heads: true, cell: nameOf },
          ...COLUMNS.map((column) => ({
            title: PLAN.columns[column],
            numeric: true,
            cell: (one: StoredAwardPlan) => <Count of={one[column]} />,
          })),
        ]}
        rows={plan.awards}
        empty={PLAN.noAward}
      />
      {plan.awards.some(({ losesRule }) => losesRule > 0) && <p>{PLAN.keeps[lang]}</p>}
      <Samples plan={plan} lang={lang} />
    </>
  );
}

const factsOf = ({ plan, nowS, lang }: MadeProps): readonly Item[] => [
  [
    PLAN.madeAt,
    <>
      <Instant atS={plan.madeS} /> ({PLAN.ago[lang]} <Duration s={Math.max(0, nowS - plan.madeS)} />)
    </>,
  ],
  [PLAN.version, <code>{plan.version}</code>],
  [PLAN.people, <Count of={plan.people} />],
  ...(plan.unreadable === 0 ? [] : [[PLAN.unreadable, <Count of={plan.unreadable} />] as const]),
  [
    PLAN.issues,
    <>
      <Count of={plan.issues} /> {plan.issues > 0 && PLAN.toPeople(plan.gainers)[lang]}
    </>,
  ],
  [PLAN.calls, <Count of={plan.calls} />],
  [PLAN.quota, quotaWords(plan)],
];

function quotaWords({ quotaLeft, quotaAfter, quotaShort }: StoredPlan): Localized {
  if (quotaLeft === null || quotaAfter === null) return PLAN.quotaUnknown;
  return quotaShort > 0 ? PLAN.quotaShort(quotaLeft, quotaShort) : PLAN.quotaEnough(quotaLeft, quotaAfter);
}

/** A few people of each, to look into before anything is done. */
function Samples({ plan, lang }: Pick<MadeProps, 'plan' | 'lang'>): VNode | null {
  const lists = plan.awards
    .flatMap(({ name, gainsSample, losesSample }) => [
      { title: PLAN.samplesGain(name)[lang], earners: gainsSample },
      { title: PLAN.samplesLose(name)[lang], earners: losesSample },
    ])
    .filter(({ earners }) => earners.length > 0);
  if (lists.length === 0) return null;
  return (
    <details>
      <summary>{PLAN.samples[lang]}</summary>
      <p>{PLAN.samplesAbout[lang]}</p>
      {lists.map(({ title, earners }) => (
        <section key={title}>
          <h3>{title}</h3>
          <ul>
            {earners.map((earner) => (
              <li key={earner}>
                <PersonLink earner={earner} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </details>
  );
}
