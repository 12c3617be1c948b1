import type { ComponentChildren, ComponentProps, VNode } from 'preact';
import type { JobRef } from '../../../queue/failures.js';
import type { Replay } from '../../../queue/replay.js';
import { HIDDEN } from '../../shared/jobs.js';
import { ActionForm, Field } from '../parts/form.js';
import { DefinitionList, Pager, ProgressLine, Table } from '../parts/table.js';
import {
  Alert,
  Instant,
  LinkLine,
  NoteAlert,
  P,
  PersonLink,
  State,
  formatNumber,
  pluralForm,
} from '../parts/text.js';
import { PATHS } from '../route.js';
import type { FailedJob, GroupModel, JobModel, ListModel } from './read.js';
import { jobsWords, outcomeWords, OTHER_REASONS, QUEUE_WORDS } from './words.js';

const jobHref = ({ queue, id }: JobRef): string =>
  `${PATHS.failures}/travail/${queue}/${encodeURIComponent(id)}`;

export const ListView = ({ groups, total, olderCount, replays }: ListModel): VNode => (
  <>
    <P say="Palier recommence de lui-même pendant un jour. Ce qui est ici ne repartira que si vous le renvoyez, une fois la cause réglée." />
    {total === 0 && <Alert kind="good">Rien n’est en échec.</Alert>}
    <LinkLine href="?" say="Recharger" />
    {groups.length > 0 && (
      <Table
        caption={`Travaux en échec, par cause (${jobsWords(total)})`}
        rows={groups}
        columns={[
          ['Cause', ({ key, reason }) => <a href={PATHS.failureGroup(key)}>{reason.happened}</a>],
          ['Que faire', ({ reason }) => reason.next],
          ['Combien', ({ jobs }) => jobs.length],
          ['File', ({ queues }) => [...queues].map((queue) => QUEUE_WORDS[queue].name).join(', ')],
          ['Depuis', ({ firstMs }) => <Instant atS={firstMs / 1000} />],
          ['Le dernier', ({ lastMs }) => <Instant atS={lastMs / 1000} />],
        ]}
      />
    )}
    {olderCount > 0 && (
      <P
        say={`Travaux plus anciens, qui ne sont pas rangés par cause ici : ${formatNumber(olderCount)}. Un renvoi les prend aussi.`}
      />
    )}
    {groups.length > 0 && (
      <RetryForm label="Tout renvoyer" fields={{ tout: 1 }}>
        <Field name="jour" type="date" label="Échoués depuis le" help="Sans date : tous." />
        <Field name="heure" label="À partir de" help="Une heure, comme 14:30." maxLength={5} />
      </RetryForm>
    )}
    {replays.length > 0 && (
      <Table
        caption="Derniers renvois"
        rows={replays}
        columns={[
          ['Demandé le', ({ askedMs }) => <Instant atS={askedMs / 1000} />],
          ['Par', ({ by }) => by],
          ['État', replayState],
          ['Ce qui a été fait', replayOutcome],
        ]}
      />
    )}
    <LinkLine href={PATHS.queues} say="Voir les files en détail (experts)" />
  </>
);

function replayState({ begunMs, endedMs, isBroken }: Replay): VNode {
  if (isBroken) return <State kind="bad">interrompu</State>;
  if (endedMs !== null) return <State kind="good">terminé</State>;
  return <State kind="waiting">{begunMs === null ? 'attend un worker' : 'en cours'}</State>;
}

function replayOutcome(replay: Replay): ComponentChildren {
  if (replay.endedMs !== null) return outcomeWords(replay);
  const { looked, toLookAt } = replay;
  const words = `${formatNumber(Math.min(looked, toLookAt))} sur ${jobsWords(toLookAt)}`;
  return <ProgressLine label="Regardés :" have={looked} need={toLookAt} words={words} />;
}

/** A form that says what a retry does before its button can be pressed. */
const RetryForm = (props: Pick<ComponentProps<typeof ActionForm>, 'label' | 'fields' | 'children'>) => (
  <ActionForm
    {...props}
    to={`${PATHS.failures}/renvoyer`}
    confirm={
      <ul>
        <li>Ce qui est renvoyé retrouve toutes ses tentatives.</li>
        <li>Rien n’est délivré deux fois : Palier vérifie d’abord ce que la personne a déjà.</li>
        <li>La cause est-elle réglée ? Sinon, ce qui échoue encore reviendra dans la liste.</li>
      </ul>
    }
  />
);

export function GroupView({ group, jobs, olderCount, pager }: GroupModel): VNode {
  const { reason, firstMs, lastMs, key } = group;
  const label = pluralForm(
    group.jobs.length,
    'Renvoyer ce travail',
    `Renvoyer ces ${jobsWords(group.jobs.length)}`,
  );
  return (
    <>
      <LinkLine href={PATHS.failures} say="Revenir aux échecs" />
      <DefinitionList
        items={[
          ['Que faire', reason.next],
          ['Combien', group.jobs.length],
          ['Le premier', <Instant atS={firstMs / 1000} />],
          ['Le dernier', <Instant atS={lastMs / 1000} />],
        ]}
      />
      {olderCount > 0 && (
        <P
          say={`Parmi les travaux plus anciens (${formatNumber(olderCount)}), certains ont peut-être la même cause ; un renvoi les prend tous.`}
        />
      )}
      {key !== OTHER_REASONS.key && <RetryForm label={label} fields={{ cause: key }} />}
      <Table
        caption="Travaux en échec, le plus récent d’abord"
        rows={jobs}
        empty="Ceux de cette page ne sont plus en échec."
        columns={[
          ['Ce qui était à faire', (job) => <a href={jobHref(job)}>{job.summary.words}</a>],
          ['Personne', ({ summary: { earner } }) => (earner === null ? '–' : <PersonLink earner={earner} />)],
          ['Échoué le', ({ failedMs }) => <Instant atS={failedMs / 1000} />],
          ['Tentatives', ({ attempts }) => attempts],
        ]}
      />
      <Pager {...pager} />
    </>
  );
}

export const JobView = ({ job }: JobModel): VNode => (
  <>
    <LinkLine href={PATHS.failures} say="Revenir aux échecs" />
    {job === null ? (
      <NoteAlert say="Ce travail n’est plus en échec : il a été renvoyé, ou supprimé." />
    ) : (
      <Job {...job} />
    )}
  </>
);

const Job = (job: FailedJob): VNode => (
  <>
    <DefinitionList
      items={[
        ['Ce qui était à faire', job.summary.words],
        job.summary.earner === null ? null : ['Personne', <PersonLink earner={job.summary.earner} />],
        ['Cause', <a href={PATHS.failureGroup(job.reason.key)}>{job.reason.happened}</a>],
        ['Que faire', job.reason.next],
        ['File', QUEUE_WORDS[job.queue].name],
        ['Demandé le', <Instant atS={job.createdMs / 1000} />],
        ['Échoué le', <Instant atS={job.failedMs / 1000} />],
        ['Tentatives', `${formatNumber(job.attempts)} sur ${formatNumber(job.maxAttempts)}`],
        ['Numéro', <code>{job.id}</code>],
      ]}
    />
    <RetryForm label="Renvoyer ce travail" fields={{ file: job.queue, travail: job.id }} />
    <h2>Contenu</h2>
    <Table
      caption="Ce que contient le travail"
      rows={Object.entries(job.data)}
      empty="Rien."
      columns={[
        ['Champ', ([name]) => name],
        ['Valeur', ([, value]) => (value === HIDDEN ? '[masqué]' : <code>{value}</code>)],
      ]}
    />
    <details>
      <summary>Détail technique</summary>
      {[job.rawReason, ...job.traces].map((text, at) => (
        <div key={at} class="scroll" role="region" aria-label={`Détail technique ${at + 1}`} tabIndex={0}>
          <pre lang="en">{text}</pre>
        </div>
      ))}
    </details>
  </>
);
