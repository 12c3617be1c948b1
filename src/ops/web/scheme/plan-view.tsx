import type { VNode } from 'preact';
import type { ApplyRecord, ApplyState, StoredAwardPlan, StoredPlan } from '../../../scheme/runs.js';
import { TO } from '../links.js';
import { ActionForm, Choice } from '../parts/form.js';
import { useIsOperator } from '../parts/frame.js';
import { DefinitionList, type Item, ProgressLine, Table } from '../parts/table.js';
import { Alert, Bad, Duration, Instant, Note, P, PersonLink, Section } from '../parts/text.js';
import type { ViewProps } from '../route.js';
import type { French, Translate } from '../words.js';
import { badgesTo, issuesWords, LOOKED, MOVED, type SchemeModel } from './read.js';

type PlanProps = ViewProps<SchemeModel>;

/** What would become of all people: made by a worker, since it takes a while. */
export function Plan({ model, t }: PlanProps): VNode {
  const { plan, scheme, nowS } = model;
  const { only, made, outdated } = plan;
  const options = [
    // No award is called so. An empty value would keep a browser from sending what is required.
    ['*', t('tout le barème')] as const,
    ...scheme.awards.map(({ id, name }) => [id, name] as const),
  ];
  return (
    <Section id="plan" title={t('Plan : qui gagnerait quoi')}>
      <P say="Le plan relit toutes les personnes connues avec le barème des fichiers. Il ne change rien, et OBF n’est pas appelé." />
      {only !== null && (
        <p>
          {t(
            'Plan de « {0} » seul, et de ce qu’il entraîne ; le reste attendrait.',
            scheme.awards.find(({ id }) => id === only)?.name ?? only,
          )}{' '}
          <a href={`${TO.scheme}#plan`}>{t('Voir le plan de tout le barème')}</a>
        </p>
      )}
      <PlanJob model={model} t={t} />
      {made === null ? (
        <P say="Aucun plan n’a encore été calculé." />
      ) : (
        <Made plan={made} nowS={nowS} t={t} />
      )}
      {outdated && <Note say="Le barème a changé depuis ce plan : calculez-le à nouveau." />}
      <ActionForm to={`${TO.scheme}/plan`} label={t('Calculer le plan')}>
        <Choice
          name="badge"
          label={t('Pour quels badges Région')}
          options={options}
          value={only ?? '*'}
          required
        />
      </ActionForm>
    </Section>
  );
}

/** How far a worker is with it; nothing where it was not asked for. */
function PlanJob({ model: { plan }, t }: PlanProps): VNode | null {
  const { job, progress } = plan;
  if (job.state === 'none') return null;
  if (job.state === 'failed')
    return <Bad say="Le calcul a échoué ; voyez la page Échecs, ou demandez-le à nouveau." />;
  if (job.state === 'waits' || progress === null)
    return <Note say="Le calcul attend qu’un worker soit libre." />;
  const { done, total } = progress;
  return (
    <Alert kind="note">
      <ProgressLine label={t('Calcul en cours')} value={done} max={total} words={t(LOOKED, done, total)} />
    </Alert>
  );
}

interface MadeProps {
  readonly plan: StoredPlan;
  readonly nowS: number;
  readonly t: Translate;
}

function Made({ plan, nowS, t }: MadeProps): VNode {
  const nameOf = ({ name, removed, active }: StoredAwardPlan): VNode => (
    <>
      {name}
      {removed && <small> ({t('retiré du barème')})</small>}
      {!removed && !active && <small> ({t('inactif')})</small>}
    </>
  );
  return (
    <>
      <DefinitionList items={factsOf({ plan, nowS, t })} />
      <Table
        caption={t('Par badge Région, nombre de personnes')}
        rows={plan.awards}
        columns={[
          [t('Badge Région'), nameOf],
          [t('Gagnent'), ({ gains }) => gains],
          [t('Déjà en route'), ({ inFlight }) => inFlight],
          [t('Ne rempliraient plus la règle'), ({ losesRule }) => losesRule],
          [t('Bloqués'), ({ blocked }) => blocked],
          [t('Refusés par OBF'), ({ refused }) => refused],
        ]}
        empty={t('Aucun badge Région.')}
      />
      {plan.awards.some(({ losesRule }) => losesRule > 0) && (
        <P say="Qui ne remplirait plus la règle garde son badge." />
      )}
      <Samples plan={plan} t={t} />
    </>
  );
}

const factsOf = ({ plan, nowS, t }: MadeProps): readonly Item[] => [
  [
    t('Calculé'),
    <>
      <Instant atS={plan.madeS} /> ({t('il y a')} <Duration s={Math.max(0, nowS - plan.madeS)} />)
    </>,
  ],
  [t('Version du barème'), <code>{plan.version}</code>],
  [t('Personnes examinées'), plan.people],
  plan.unreadable === 0 ? null : [t('Personnes illisibles, laissées de côté'), plan.unreadable],
  [t('Badges à délivrer'), badgesTo(plan.issues, plan.gainers, t)],
  [t('Appels à OBF'), plan.calls],
  [t('Quota OBF de la Région'), quotaWords(plan, t)],
];

function quotaWords({ quotaLeft, quotaAfter, quotaShort }: StoredPlan, t: Translate): string {
  if (quotaLeft === null || quotaAfter === null) return t('pas connu');
  return quotaShort > 0
    ? t('{0} restants : il en manque {1}', quotaLeft, quotaShort)
    : t('{0} restants, suffisant : il en resterait {1}', quotaLeft, quotaAfter);
}

/** A few people of each, to look into before anything is done. */
function Samples({ plan, t }: Omit<MadeProps, 'nowS'>): VNode | null {
  const lists = plan.awards
    .flatMap(({ name, gainsSample, losesSample }) => [
      { title: t('Gagnent « {0} »', name), earners: gainsSample },
      { title: t('Ne rempliraient plus la règle de « {0} »', name), earners: losesSample },
    ])
    .filter(({ earners }) => earners.length > 0);
  if (lists.length === 0) return null;
  return (
    <details>
      <summary>{t('Exemples de personnes')}</summary>
      <P say="50 au plus par badge ; la liste entière : « npx palier plan --csv »." />
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

/** Puts into force what the plan above tells of, and says how that goes. */
export const Apply = ({ model, t }: PlanProps): VNode => (
  <Section id="mise-en-vigueur" title={t('Mise en vigueur')}>
    <ApplyForm model={model} t={t} />
    <LastApply model={model} t={t} />
  </Section>
);

function ApplyForm({ model, t }: PlanProps): VNode | null {
  const isOperator = useIsOperator();
  const { plan, apply, change, unfinished } = model;
  const { made, only, outdated } = plan;
  if (apply.moves || !isOperator) return null;
  if (made === null || outdated)
    return <P say="Calculez d’abord le plan : il dit combien de badges seraient délivrés." />;
  if (change === null && unfinished === null && made.issues === 0)
    return <P say="Il n’y a rien à mettre en vigueur, ni à délivrer." />;
  return (
    <ActionForm
      to={`${TO.scheme}/appliquer`}
      label={change === null ? t('Délivrer ces badges') : t('Mettre en vigueur')}
      fields={{ version: made.version, badge: only ?? '', upto: made.issues }}
      confirm={
        <>
          <p>
            <strong>{issuesWords(made.issues, made.gainers, t)}.</strong>
          </p>
          <P say="Jamais plus que ce nombre : si le plan, recalculé au dernier moment, le dépasse, rien n’est fait. Ce qui est délivré ne peut pas être repris d’ici." />
        </>
      }
    >
      <Choice
        name="email"
        label={t('E-mails d’OBF')}
        // What was begun without e-mails goes on without.
        value={unfinished?.suppressEmail === true ? 'no' : 'yes'}
        options={[
          ['yes', t('OBF écrit à chaque personne')],
          ['no', t('pas d’e-mail')],
        ]}
        required
      />
      {made.quotaShort > 0 && (
        <Choice
          name="quota"
          label={t('Le quota OBF ne suffit pas')}
          value="stop"
          options={[
            ['stop', t('ne rien faire')],
            [
              'over',
              t(
                'mettre en vigueur quand même : les envois s’arrêtent au quota, et reprennent quand il est relevé',
              ),
            ],
          ]}
          required
        />
      )}
    </ActionForm>
  );
}

/** Each state of an application: what is said of it, and whether it was refused. */
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
  moved: [MOVED, true],
  other_begun: [
    'Rien n’a été fait : une autre mise en vigueur a été commencée et n’est pas terminée. Terminez-la d’abord, avec les mêmes choix.',
    true,
  ],
} as const satisfies Record<ApplyState, readonly [French, boolean]>;

/** What became of the last request, or how far it is. */
function LastApply({ model: { apply }, t }: PlanProps): VNode | null {
  const { record, job, progress, moves, waiting, paused } = apply;
  if (record === null) return null;
  const { state, issues } = record;
  const { done, total } = progress;
  const [words, refused] = STATES[state];
  const looked = state === 'giving' ? t('{0} personnes sur {1}', done, total) : t(LOOKED, done, total);
  return (
    <>
      <h3>{t('Dernière mise en vigueur demandée ici')}</h3>
      {job.state === 'failed' && (
        <Bad say="Le travail a échoué et n’avancera pas sans vous : voyez la page Échecs, ou mettez en vigueur à nouveau. Rien n’est délivré deux fois." />
      )}
      {refused && (
        <Alert kind="bad">
          {t(words)} {issues > 0 && t('Badges qui seraient délivrés à présent : {0}.', issues)}
        </Alert>
      )}
      {paused && waiting > 0 && (
        <Note say="Les envois sont suspendus : ces badges partiront quand ils seront relancés, à l’accueil." />
      )}
      {moves && (
        <p>
          <ProgressLine label={t(words)} value={done} max={total} words={looked} />
        </p>
      )}
      <DefinitionList
        items={[
          refused ? null : [t('État'), t(words)],
          [t('Ce qui est mis en vigueur'), record.only ?? t('tout le barème')],
          [t('Demandée par'), record.by],
          [t('Demandée le'), <Instant atS={record.askedS} />],
          [t('État depuis le'), <Instant atS={record.atS} />],
          [t('Badges au plus'), record.upto],
          [t('E-mails d’OBF'), record.suppressEmail ? t('pas d’e-mail') : t('OBF écrit à chaque personne')],
          ...(state === 'applied' ? givenOf(record, waiting, t) : []),
        ]}
      />
    </>
  );
}

const givenOf = (record: ApplyRecord, waiting: number, t: Translate): readonly Item[] => [
  [
    t('Badges mis en route'),
    <>
      {badgesTo(record.issues, record.people, t)}
      {record.given.length > 0 && (
        <ul>
          {record.given.map(({ award, name, count }) => (
            <li key={award}>
              {name} : {t.number(count)}
            </li>
          ))}
        </ul>
      )}
    </>,
  ],
  [t('Encore en attente d’envoi'), waiting],
];
