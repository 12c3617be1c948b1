import type { VNode } from 'preact';
import type { ApplyRecord, ApplyState } from '../../../scheme/runs.js';
import type { ViewProps } from '../route.js';
import { TO } from '../links.js';
import { ActionForm, Choice } from '../parts/form.js';
import { useIsOperator } from '../parts/frame.js';
import { DefinitionList, ProgressLine, type Item } from '../parts/table.js';
import type { French, Translate } from '../words.js';
import { Alert, Instant, Section } from '../parts/text.js';
import { badgesTo, issuesWords, LOOKED, MOVED, type SchemeModel } from './read.js';

type ApplyProps = ViewProps<SchemeModel>;

/** Puts into force what the plan above tells of, and says how that goes. */
export const Apply = ({ model, t }: ApplyProps): VNode => (
  <Section id="mise-en-vigueur" title={t('Mise en vigueur')}>
    <ApplyForm model={model} t={t} />
    <LastApply model={model} t={t} />
  </Section>
);

function ApplyForm({ model, t }: ApplyProps): VNode | null {
  const isOperator = useIsOperator();
  const { plan, apply, change, unfinished } = model;
  const { made, only, outdated } = plan;
  if (apply.moves || !isOperator) return null;
  if (made === null || outdated)
    return <p>{t('Calculez d’abord le plan : il dit combien de badges seraient délivrés.')}</p>;
  if (change === null && unfinished === null && made.issues === 0)
    return <p>{t('Il n’y a rien à mettre en vigueur, ni à délivrer.')}</p>;
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
          <p>
            {t(
              'Jamais plus que ce nombre : si le plan, recalculé au dernier moment, le dépasse, rien n’est fait. Ce qui est délivré ne peut pas être repris d’ici.',
            )}
          </p>
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
function LastApply({ model: { apply }, t }: ApplyProps): VNode | null {
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
        <Alert kind="bad">
          {t(
            'Le travail a échoué et n’avancera pas sans vous : voyez la page Échecs, ou mettez en vigueur à nouveau. Rien n’est délivré deux fois.',
          )}
        </Alert>
      )}
      {refused && (
        <Alert kind="bad">
          {t(words)} {issues > 0 && t('Badges qui seraient délivrés à présent : {0}.', issues)}
        </Alert>
      )}
      {paused && waiting > 0 && (
        <Alert kind="note">
          {t('Les envois sont suspendus : ces badges partiront quand ils seront relancés, à l’accueil.')}
        </Alert>
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
