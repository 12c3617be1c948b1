import type { VNode } from 'preact';
import { asEarnerKey } from '../../../ids.js';
import type { ApplyRecord, ApplyState, StoredPlan } from '../../../scheme/runs.js';
import { durationWords } from '../../shared/words.js';
import { ActionForm, Field } from '../parts/form.js';
import { DefinitionList, ProgressLine, Table } from '../parts/table.js';
import {
  Alert,
  BadAlert,
  Instant,
  NoteAlert,
  P,
  PersonLink,
  Section,
  useIsOperator,
  formatNumber,
  countedNoun,
} from '../parts/text.js';
import { FILES_CHANGED, type SchemeModel } from './read.js';
import { PATHS } from '../route.js';

/** The plan over all people; a worker makes it, since it takes a while. */
export function PlanSection(model: SchemeModel): VNode {
  const { plan, scheme, nowS } = model;
  const { only, stored, outdated } = plan;
  const options = [
    // No award has this id. With an empty value a browser would not send a required field.
    ['*', 'tout le barème'] as const,
    ...scheme.awards.map(({ id, name }) => [id, name] as const),
  ];
  return (
    <Section id="plan" title="Plan : qui gagnerait quoi">
      <P say="Le plan relit toutes les personnes connues avec le barème des fichiers. Il ne change rien, et OBF n’est pas appelé." />
      {only !== null && (
        <p>
          {`Plan de « ${scheme.awards.find(({ id }) => id === only)?.name ?? only} » seul, et de ce qu’il entraîne ; le reste attendrait.`}{' '}
          <a href={`${PATHS.scheme}#plan`}>Voir le plan de tout le barème</a>
        </p>
      )}
      <PlanJob {...model} />
      {stored === null ? <P say="Aucun plan n’a encore été calculé." /> : <Plan plan={stored} nowS={nowS} />}
      {outdated && <NoteAlert say="Le barème a changé depuis ce plan : calculez-le à nouveau." />}
      <ActionForm to={`${PATHS.scheme}/plan`} label="Calculer le plan">
        <Field name="badge" label="Pour quels badges Région" options={options} value={only ?? '*'} required />
      </ActionForm>
    </Section>
  );
}

/** The progress of the plan's job; nothing when there is no job. */
function PlanJob({ plan: { job } }: SchemeModel): VNode | null {
  if (job.state === 'none') return null;
  if (job.state === 'failed')
    return <BadAlert say="Le calcul a échoué ; voyez la page Échecs, ou demandez-le à nouveau." />;
  if (job.state === 'waits' || job.progress === null)
    return <NoteAlert say="Le calcul attend qu’un worker soit libre." />;
  const { done, total } = job.progress;
  return (
    <Alert kind="note">
      <ProgressLine label="Calcul en cours" have={done} need={total} words={addressesRead(done, total)} />
    </Alert>
  );
}

const addressesRead = (read: number, total: number): string =>
  `${formatNumber(read)} adresses lues sur ${formatNumber(total)}`;

function Plan({ plan, nowS }: { readonly plan: StoredPlan; readonly nowS: number }): VNode {
  return (
    <>
      <DefinitionList
        items={[
          [
            'Calculé',
            <>
              <Instant atS={plan.made_s} /> (il y a {durationWords(nowS - plan.made_s).fr})
            </>,
          ],
          ['Version du barème', <code>{plan.version}</code>],
          ['Personnes examinées', plan.people],
          plan.unreadable === 0 ? null : ['Personnes illisibles, laissées de côté', plan.unreadable],
          ['Badges à délivrer', badgesTo(plan.issues, plan.gainers)],
          ['Appels à OBF', plan.calls],
          ['Quota OBF de la Région', quotaWords(plan)],
        ]}
      />
      <Table
        caption="Par badge Région, nombre de personnes"
        rows={plan.awards}
        columns={[
          [
            'Badge Région',
            ({ name, removed, active }) =>
              name + (removed ? ' (retiré du barème)' : active ? '' : ' (inactif)'),
          ],
          ['Gagnent', ({ gains }) => gains],
          ['Déjà en route', (award) => award.under_way],
          ['Ne rempliraient plus la règle', (award) => award.loses_rule],
          ['Bloqués', ({ blocked }) => blocked],
          ['Refusés par OBF', ({ refused }) => refused],
        ]}
        empty="Aucun badge Région."
      />
      {plan.awards.some((award) => award.loses_rule > 0) && (
        <P say="Qui ne remplirait plus la règle garde son badge." />
      )}
      <Samples {...plan} />
    </>
  );
}

/** « 124 à 118 personnes ». */
const badgesTo = (issues: number, people: number): string =>
  issues === 0
    ? formatNumber(0)
    : `${formatNumber(issues)} à ${countedNoun(people, 'personne', 'personnes')}`;

function quotaWords({ quota: { left, after, short } }: StoredPlan): string {
  if (left === null || after === null) return 'pas connu';
  return short > 0
    ? `${formatNumber(left)} restants : il en manque ${formatNumber(short)}`
    : `${formatNumber(left)} restants, suffisant : il en resterait ${formatNumber(after)}`;
}

/** A few people per award, to check before the scheme is applied. */
function Samples({ awards }: StoredPlan): VNode | null {
  const lists = awards
    .flatMap(({ name, earners }) => [
      { title: `Gagnent « ${name} »`, keys: earners.gains },
      { title: `Ne rempliraient plus la règle de « ${name} »`, keys: earners.loses_rule },
    ])
    .filter(({ keys }) => keys.length > 0);
  if (lists.length === 0) return null;
  return (
    <details>
      <summary>Exemples de personnes</summary>
      <P say="50 au plus par badge ; la liste entière : « npx palier plan --csv »." />
      {lists.map(({ title, keys }) => (
        <section key={title}>
          <h3>{title}</h3>
          <ul>
            {keys.map((key) => (
              <li key={key}>
                <PersonLink earner={asEarnerKey(key)} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </details>
  );
}

/** The form that puts the plan above into force, and the progress of the last request. */
export const Apply = (model: SchemeModel): VNode => (
  <Section id="mise-en-vigueur" title="Mise en vigueur">
    <ApplyForm {...model} />
    <LastApply {...model} />
  </Section>
);

function ApplyForm(model: SchemeModel): VNode | null {
  const isOperator = useIsOperator();
  const { plan, apply, rollout, unfinished } = model;
  const { stored, only, outdated } = plan;
  if (apply.inProgress || !isOperator) return null;
  if (stored === null || outdated)
    return <P say="Calculez d’abord le plan : il dit combien de badges seraient délivrés." />;
  if (rollout === null && unfinished === null && stored.issues === 0)
    return <P say="Il n’y a rien à mettre en vigueur, ni à délivrer." />;
  return (
    <ActionForm
      to={`${PATHS.scheme}/appliquer`}
      label={rollout === null ? 'Délivrer ces badges' : 'Mettre en vigueur'}
      fields={{ version: stored.version, badge: only ?? '', upto: stored.issues }}
      confirm={
        <>
          <p>
            <strong>{issuesWords(stored.issues, stored.gainers)}.</strong>
          </p>
          <P say="Jamais plus que ce nombre : si le plan, recalculé au dernier moment, le dépasse, rien n’est fait. Ce qui est délivré ne peut pas être repris d’ici." />
        </>
      }
    >
      <Field
        name="email"
        label="E-mails d’OBF"
        // An application begun without e-mails goes on without them.
        value={unfinished?.suppressEmail === true ? 'no' : 'yes'}
        options={[
          ['yes', 'OBF écrit à chaque personne'],
          ['no', 'pas d’e-mail'],
        ]}
        required
      />
      {stored.quota.short > 0 && (
        <Field
          name="quota"
          label="Le quota OBF ne suffit pas"
          value="stop"
          options={[
            ['stop', 'ne rien faire'],
            [
              'over',
              'mettre en vigueur quand même : les envois s’arrêtent au quota, et reprennent quand il est relevé',
            ],
          ]}
          required
        />
      )}
    </ActionForm>
  );
}

/** « 124 badges seront délivrés à 118 personnes ». */
export function issuesWords(issues: number, people: number): string {
  if (issues === 0) return 'Aucun badge ne sera délivré';
  const badges = countedNoun(issues, 'badge sera délivré', 'badges seront délivrés');
  return `${badges} à ${countedNoun(people, 'personne', 'personnes')}`;
}

/** The states of an application: its words, and whether it was refused. */
const STATES = {
  asked: ['demandée, attend un worker', false],
  planning: ['recalcul du plan', false],
  giving: ['en vigueur, mise en route des badges', false],
  applied: ['faite', false],
  above: [
    'Rien n’a été fait : plus de badges que le nombre confirmé seraient délivrés à présent. Calculez le plan à nouveau.',
    true,
  ],
  over_quota: [
    'Rien n’a été fait : le quota OBF ne suffit pas. Faites-le relever dans OBF, ou mettez en vigueur un badge à la fois.',
    true,
  ],
  moved: [FILES_CHANGED, true],
  other_begun: [
    'Rien n’a été fait : une autre mise en vigueur a été commencée et n’est pas terminée. Terminez-la d’abord, avec les mêmes choix.',
    true,
  ],
} as const satisfies Record<ApplyState, readonly [string, boolean]>;

/** The progress or outcome of the last request. */
function LastApply({ apply }: SchemeModel): VNode | null {
  const { record, job, inProgress, waiting, paused } = apply;
  if (record === null) return null;
  const { state, issues } = record;
  const { done, total } = job.progress ?? { done: 0, total: 0 };
  const [words, refused] = STATES[state];
  const howFar =
    state === 'giving'
      ? `${formatNumber(done)} personnes sur ${formatNumber(total)}`
      : addressesRead(done, total);
  return (
    <>
      <h3>Dernière mise en vigueur demandée ici</h3>
      {job.state === 'failed' && (
        <BadAlert say="Le travail a échoué et n’avancera pas sans vous : voyez la page Échecs, ou mettez en vigueur à nouveau. Rien n’est délivré deux fois." />
      )}
      {refused && (
        <Alert kind="bad">
          {words} {issues > 0 && `Badges qui seraient délivrés à présent : ${formatNumber(issues)}.`}
        </Alert>
      )}
      {paused && waiting > 0 && (
        <NoteAlert say="Les envois sont suspendus : ces badges partiront quand ils seront relancés, à l’accueil." />
      )}
      {inProgress && <ProgressLine label={words} have={done} need={total} words={howFar} />}
      <DefinitionList
        items={[
          refused ? null : ['État', words],
          ['Ce qui est mis en vigueur', record.only ?? 'tout le barème'],
          ['Demandée par', record.by],
          ['Demandée le', <Instant atS={record.askedS} />],
          ['État depuis le', <Instant atS={record.atS} />],
          ['Badges au plus', record.upto],
          ['E-mails d’OBF', record.suppressEmail ? 'pas d’e-mail' : 'OBF écrit à chaque personne'],
          state !== 'applied' ? null : ['Badges mis en route', <AwardsGiven {...record} />],
          state !== 'applied' ? null : ['Encore en attente d’envoi', waiting],
        ]}
      />
    </>
  );
}

const AwardsGiven = ({ issues, people, given }: ApplyRecord): VNode => (
  <>
    {badgesTo(issues, people)}
    {given.length > 0 && (
      <ul>
        {given.map(({ award, name, count }) => (
          <li key={award}>
            {name} : {formatNumber(count)}
          </li>
        ))}
      </ul>
    )}
  </>
);
