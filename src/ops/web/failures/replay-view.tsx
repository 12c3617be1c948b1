import type { VNode } from 'preact';
import { sentIn, type Replay } from '../../../queue/replay.js';
import { TO } from '../links.js';
import { ActionForm } from '../parts/form.js';
import { DefinitionList, ProgressLine, type Item } from '../parts/table.js';
import { Alert, Instant, LinkLine, P, State } from '../parts/text.js';
import type { View } from '../route.js';
import { number, plural } from '../words.js';
import type { ConfirmModel, ReplayModel } from './read.js';
import { CONFIRM, fieldsOf, jobsWords } from './wanted.js';

/** Says how many, and what will happen; the button does it. */
export const ConfirmView: View<ConfirmModel> = (model) => {
  const { wanted, count, more } = model;
  if (count === 0)
    return (
      <>
        <P say="Rien de tel n’était plus en échec : rien n’a été renvoyé." />
        <LinkLine href={TO.failures} say="Revenir aux échecs" />
      </>
    );
  const older = more > 0 ? ', et les plus anciens pour la même cause' : '';
  return (
    <>
      <DefinitionList items={[...whichOf(model), ['Combien', jobsWords(count) + older]]} />
      <ul>
        <li>Ce qui est renvoyé retrouve toutes ses tentatives.</li>
        <li>Rien n’est délivré deux fois : Palier vérifie d’abord ce que la personne a déjà.</li>
        <li>Ce qui échoue encore reviendra dans la liste.</li>
      </ul>
      <P say="La cause est-elle réglée ? Sinon, l’échec se répétera." />
      <ActionForm to={CONFIRM} label="Oui, renvoyer" fields={fieldsOf(wanted)} />
      <LinkLine href={TO.failures} say="Ne rien renvoyer" />
    </>
  );
};

function whichOf({ wanted, job, group }: ConfirmModel): readonly Item[] {
  const reason = (job ?? group)?.reason;
  return [
    job === null ? null : ['Travail', job.about.words.fr],
    reason === undefined ? null : ['Cause', reason.happened.fr],
    reason === undefined ? null : ['Que faire', reason.next.fr],
    wanted.kind !== 'all'
      ? null
      : [
          'Lesquels',
          wanted.sinceMs === null ? (
            'Tous les travaux en échec'
          ) : (
            <>
              Tous ceux qui ont échoué depuis le <Instant atS={wanted.sinceMs / 1000} />
            </>
          ),
        ],
  ];
}

export const ReplayView: View<ReplayModel> = (model) => {
  const { replay, moves } = model;
  const { gone, left, by, askedMs, begunMs, endedMs, isBroken, looked, toLookAt } = replay;
  return (
    <>
      {endedMs === null ? (
        <ProgressLine
          label="Regardés :"
          have={looked}
          need={toLookAt}
          words={`${number(Math.min(looked, toLookAt))} sur ${jobsWords(toLookAt)}`}
        />
      ) : (
        <Alert kind={left === 0 && !isBroken ? 'good' : 'bad'}>{outcomeWords(replay)}</Alert>
      )}
      <DefinitionList
        items={[
          ['État', <ReplayState replay={replay} />],
          ['Renvoyés', sentIn(replay)],
          ['Renvoyés entre-temps par quelqu’un d’autre', gone],
          ['Qui n’ont pas pu l’être, et restent en échec', left],
          ['Par', by],
          ['Demandé le', <Instant atS={askedMs / 1000} />],
          endedMs === null ? null : ['Terminé le', <Instant atS={endedMs / 1000} />],
        ]}
      />
      {endedMs === null && (
        <>
          <p>
            {begunMs === null
              ? 'Vous pouvez quitter cette page : le renvoi commence dès qu’un processus « worker » est libre.'
              : 'Vous pouvez quitter cette page : le renvoi continue.'}
          </p>
          <Moving moves={moves} />
        </>
      )}
      <LinkLine href={TO.failures} say="Revenir aux échecs" />
    </>
  );
};

/** What was done, on the page that follows. */
export function outcomeWords(replay: Replay): string {
  const { gone, left, isBroken } = replay;
  const sent = sentIn(replay);
  return [
    plural(
      sent,
      `${jobsWords(sent)} renvoyé, avec toutes ses tentatives.`,
      `${jobsWords(sent)} renvoyés, avec toutes leurs tentatives.`,
    ),
    ...(gone === 0 ? [] : [`${jobsWords(gone)} : déjà repartis entre-temps.`]),
    ...(left === 0 ? [] : [`${jobsWords(left)} : impossible à renvoyer, restés en échec.`]),
    ...(isBroken ? ['Puis le renvoi a été interrompu : redemandez-le.'] : []),
  ].join(' ');
}

/** Slow readers and screen readers can stop the page from reloading itself. */
export function Moving({ moves }: { readonly moves: boolean }): VNode {
  return (
    <p class="muted">
      {moves ? (
        <>
          Cette page se recharge toutes les 3 secondes. <a href="?fige">Ne plus la recharger</a>
        </>
      ) : (
        <a href="?">Recharger</a>
      )}
    </p>
  );
}

export function ReplayState({ replay }: { readonly replay: Replay }): VNode {
  const { begunMs, endedMs, isBroken } = replay;
  if (isBroken) return <State kind="bad">interrompu</State>;
  if (endedMs !== null) return <State kind="good">terminé</State>;
  return <State kind="waiting">{begunMs === null ? 'demandé' : 'en cours'}</State>;
}
