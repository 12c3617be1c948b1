import type { VNode } from 'preact';
import type { StoredAwardPlan, StoredPlan } from '../../../scheme/runs.js';
import type { ViewProps } from '../route.js';
import type { Translate } from '../words.js';
import { TO } from '../links.js';
import { ActionForm, Choice } from '../parts/form.js';
import { DefinitionList, ProgressLine, Table, type Item } from '../parts/table.js';
import { Alert, Duration, Instant, PersonLink, Section } from '../parts/text.js';
import { badgesTo, LOOKED, type SchemeModel } from './read.js';

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
      <p>
        {t(
          'Le plan relit toutes les personnes connues avec le barème des fichiers. Il ne change rien, et OBF n’est pas appelé.',
        )}
      </p>
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
        <p>{t('Aucun plan n’a encore été calculé.')}</p>
      ) : (
        <Made plan={made} nowS={nowS} t={t} />
      )}
      {outdated && (
        <Alert kind="note">{t('Le barème a changé depuis ce plan : calculez-le à nouveau.')}</Alert>
      )}
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
    return (
      <Alert kind="bad">{t('Le calcul a échoué ; voyez la page Échecs, ou demandez-le à nouveau.')}</Alert>
    );
  if (job.state === 'waits' || progress === null)
    return <Alert kind="note">{t('Le calcul attend qu’un worker soit libre.')}</Alert>;
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
        <p>{t('Qui ne remplirait plus la règle garde son badge.')}</p>
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
      <p>{t('50 au plus par badge ; la liste entière : « npx palier plan --csv ».')}</p>
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
