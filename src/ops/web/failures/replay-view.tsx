import type { VNode } from 'preact';
import { sentIn, type Replay } from '../../../queue/replay.js';
import { TO } from '../links.js';
import { ActionForm } from '../parts/form.js';
import { useFrame } from '../parts/frame.js';
import { DefinitionList, ProgressLine, type Item } from '../parts/table.js';
import { Alert, Instant, LinkLine, P, State } from '../parts/text.js';
import type { View } from '../route.js';
import type { Translate } from '../words.js';
import type { ConfirmModel, ReplayModel } from './read.js';
import { CONFIRM, fieldsOf, jobsWords } from './wanted.js';

/** Says how many, and what will happen; the button does it. */
export const ConfirmView: View<ConfirmModel> = ({ model, t }) => {
  const { wanted, count, more } = model;
  if (count === 0)
    return (
      <>
        <P say="Rien de tel n’était plus en échec : rien n’a été renvoyé." />
        <LinkLine href={TO.failures} say="Revenir aux échecs" />
      </>
    );
  const older = more > 0 ? t(', et les plus anciens pour la même cause') : '';
  return (
    <>
      <DefinitionList items={[...whichOf(model, t), [t('Combien'), jobsWords(count, t) + older]]} />
      <ul>
        <li>{t('Ce qui est renvoyé retrouve toutes ses tentatives.')}</li>
        <li>{t('Rien n’est délivré deux fois : Palier vérifie d’abord ce que la personne a déjà.')}</li>
        <li>{t('Ce qui échoue encore reviendra dans la liste.')}</li>
      </ul>
      <P say="La cause est-elle réglée ? Sinon, l’échec se répétera." />
      <ActionForm to={CONFIRM} label={t('Oui, renvoyer')} fields={fieldsOf(wanted)} />
      <LinkLine href={TO.failures} say="Ne rien renvoyer" />
    </>
  );
};

function whichOf({ wanted, job, group }: ConfirmModel, t: Translate): readonly Item[] {
  const reason = (job ?? group)?.reason;
  return [
    job === null ? null : [t('Travail'), t(job.about.words)],
    reason === undefined ? null : [t('Cause'), t(reason.happened)],
    reason === undefined ? null : [t('Que faire'), t(reason.next)],
    wanted.kind !== 'all'
      ? null
      : [
          t('Lesquels'),
          wanted.sinceMs === null ? (
            t('Tous les travaux en échec')
          ) : (
            <>
              {t('Tous ceux qui ont échoué depuis le')} <Instant atS={wanted.sinceMs / 1000} />
            </>
          ),
        ],
  ];
}

export const ReplayView: View<ReplayModel> = ({ model, t }) => {
  const { replay, moves } = model;
  const { gone, left, by, askedMs, begunMs, endedMs, isBroken, looked, toLookAt } = replay;
  return (
    <>
      {endedMs === null ? (
        <p>
          <ProgressLine
            label={t('Regardés :')}
            value={looked}
            max={toLookAt}
            words={t('{0} sur {1}', Math.min(looked, toLookAt), jobsWords(toLookAt, t))}
          />
        </p>
      ) : (
        <Alert kind={left === 0 && !isBroken ? 'good' : 'bad'}>{outcomeWords(replay, t)}</Alert>
      )}
      <DefinitionList
        items={[
          [t('État'), <ReplayState replay={replay} />],
          [t('Renvoyés'), sentIn(replay)],
          [t('Renvoyés entre-temps par quelqu’un d’autre'), gone],
          [t('Qui n’ont pas pu l’être, et restent en échec'), left],
          [t('Par'), by],
          [t('Demandé le'), <Instant atS={askedMs / 1000} />],
          endedMs === null ? null : [t('Terminé le'), <Instant atS={endedMs / 1000} />],
        ]}
      />
      {endedMs === null && (
        <>
          <p>
            {begunMs === null
              ? t(
                  'Vous pouvez quitter cette page : le renvoi commence dès qu’un processus « worker » est libre.',
                )
              : t('Vous pouvez quitter cette page : le renvoi continue.')}
          </p>
          <Moving moves={moves} />
        </>
      )}
      <LinkLine href={TO.failures} say="Revenir aux échecs" />
    </>
  );
};

/** What was done, on the page that follows. */
export function outcomeWords(replay: Replay, t: Translate): string {
  const { gone, left, isBroken } = replay;
  const sent = sentIn(replay);
  return [
    t.plural(
      sent,
      '{0} renvoyé, avec toutes ses tentatives.',
      '{0} renvoyés, avec toutes leurs tentatives.',
      jobsWords(sent, t),
    ),
    ...(gone === 0 ? [] : [t('{0} : déjà repartis entre-temps.', jobsWords(gone, t))]),
    ...(left === 0 ? [] : [t('{0} : impossible à renvoyer, restés en échec.', jobsWords(left, t))]),
    ...(isBroken ? [t('Puis le renvoi a été interrompu : redemandez-le.')] : []),
  ].join(' ');
}

/** Slow readers and screen readers can stop the page from reloading itself. */
export function Moving({ moves }: { readonly moves: boolean }): VNode {
  const { t } = useFrame();
  return (
    <p class="muted">
      {moves ? (
        <>
          {t('Cette page se recharge toutes les 3 secondes.')} <a href="?fige">{t('Ne plus la recharger')}</a>
        </>
      ) : (
        <a href="?">{t('Recharger')}</a>
      )}
    </p>
  );
}

export function ReplayState({ replay }: { readonly replay: Replay }): VNode {
  const { begunMs, endedMs, isBroken } = replay;
  const { t } = useFrame();
  if (isBroken) return <State kind="bad">{t('interrompu')}</State>;
  if (endedMs !== null) return <State kind="good">{t('terminé')}</State>;
  return <State kind="waiting">{begunMs === null ? t('demandé') : t('en cours')}</State>;
}
