import type { VNode } from 'preact';
import { sentIn, type Replay } from '../../../queue/replay.js';
import { type FailedJob, QUEUE_WORDS } from '../../shared/failed-jobs.js';
import { REST } from '../../shared/failure-reasons.js';
import { HIDDEN } from '../../shared/masked.js';
import { TO } from '../links.js';
import { Field } from '../parts/form.js';
import { useFrame, useIsOperator } from '../parts/frame.js';
import { DefinitionList, NumberedPager, Table } from '../parts/table.js';
import { Alert, Instant, LinkLine, Note, P } from '../parts/text.js';
import type { View, ViewProps } from '../route.js';
import type { GroupModel, JobModel, ListModel } from './read.js';
import { Moving, ReplayState } from './replay-view.js';
import { CONFIRM, confirmHref, groupHref, jobHref, jobsWords, replayHref, type Wanted } from './wanted.js';

export function ListView({ model, t }: ViewProps<ListModel>): VNode {
  const { groups, total, more, replays, moves } = model;
  const isOperator = useIsOperator();
  return (
    <>
      <P say="Palier recommence de lui-même pendant un jour. Ce qui est ici ne repartira que si vous le renvoyez, une fois la cause réglée." />
      {total === 0 && <Alert kind="good">{t('Rien n’est en échec.')}</Alert>}
      <Moving moves={moves} />
      {groups.length > 0 && <Groups model={model} t={t} />}
      {more > 0 && (
        <p>
          {t.plural(
            more,
            'et {0} de plus, plus ancien, qui n’est pas rangé par cause ici ; un renvoi le prend aussi.',
            'et {0} de plus, plus anciens, qui ne sont pas rangés par cause ici ; un renvoi les prend aussi.',
            more,
          )}
        </p>
      )}
      {groups.length > 0 && isOperator && <SendAll model={model} t={t} />}
      {replays.length > 0 && <RecentReplays model={model} t={t} />}
      <LinkLine href={TO.queues} say="Voir les files en détail (experts)" />
    </>
  );
}

const Groups = ({ model: { groups, total }, t }: ViewProps<ListModel>): VNode => (
  <Table
    caption={`${t('Travaux en échec, par cause')} (${jobsWords(total, t)})`}
    rows={groups}
    columns={[
      [t('Cause'), ({ key, reason }) => <a href={groupHref(key)}>{t(reason.happened)}</a>],
      [t('Que faire'), ({ reason }) => t(reason.next)],
      [t('Combien'), ({ jobs }) => jobs.length],
      [t('File'), ({ queues }) => [...queues].map((queue) => t(QUEUE_WORDS[queue])).join(', ')],
      [t('Depuis'), ({ firstMs }) => <Instant atS={firstMs / 1000} />],
      [t('Le dernier'), ({ lastMs }) => <Instant atS={lastMs / 1000} />],
    ]}
  />
);

/** Leads to the page that asks; it sends nothing by itself. */
const SendAll = ({ t }: ViewProps<ListModel>): VNode => (
  <section>
    <h2>{t('Tout renvoyer')}</h2>
    <form method="get" action={CONFIRM} class="filter">
      <input type="hidden" name="tout" value="1" />
      <Field name="jour" type="date" label={t('Échoués depuis le')} help={t('Sans date : tous.')} />
      <Field name="heure" label={t('À partir de')} help={t('Une heure, comme 14:30.')} maxLength={5} />
      <div class="field">
        <button type="submit">{t('Préparer le renvoi')}</button>
      </div>
    </form>
  </section>
);

const RecentReplays = ({ model: { replays }, t }: ViewProps<ListModel>): VNode => (
  <Table
    caption={t('Derniers renvois')}
    rows={replays}
    columns={[
      [t('Demandé le'), linkTo],
      [t('Par'), ({ by }) => by],
      [t('Renvoyés'), sentIn],
      [t('État'), (replay) => <ReplayState replay={replay} />],
    ]}
  />
);

const linkTo = ({ id, askedMs }: Replay): VNode => (
  <a href={replayHref(id)}>
    <Instant atS={askedMs / 1000} />
  </a>
);

export const GroupView: View<GroupModel> = ({ model, t }) => {
  const { group, jobs, more, at } = model;
  const { reason, firstMs, lastMs, key } = group;
  return (
    <>
      <LinkLine href={TO.failures} say="Revenir aux échecs" />
      <DefinitionList
        items={[
          [t('Que faire'), t(reason.next)],
          [t('Combien'), at.total],
          [t('Le premier'), <Instant atS={firstMs / 1000} />],
          [t('Le dernier'), <Instant atS={lastMs / 1000} />],
        ]}
      />
      {key !== REST.key && (
        <SendButton
          wanted={{ kind: 'group', group: key }}
          label={t.plural(at.total, 'Renvoyer ce travail', 'Renvoyer ces {0}', jobsWords(at.total, t))}
        />
      )}
      <Table
        caption={t('Travaux en échec, le plus récent d’abord')}
        rows={jobs}
        empty={t('Ceux de cette page ne sont plus en échec.')}
        columns={[
          [t('Ce qui était à faire'), (job) => <a href={jobHref(job)}>{t(job.about.words)}</a>],
          [t('Personne'), ({ about }) => <Person earner={about.earner} />],
          [t('Échoué le'), ({ failedMs }) => (failedMs === null ? '' : <Instant atS={failedMs / 1000} />)],
          [t('Tentatives'), ({ attempts }) => attempts],
        ]}
      />
      <NumberedPager at={at} href={(page) => groupHref(key, page)} />
      {more > 0 && (
        <p>
          {t.plural(
            more,
            'Parmi {0} en échec de plus, plus ancien, certains ont peut-être la même cause ; un renvoi les prend tous.',
            'Parmi {0} en échec de plus, plus anciens, certains ont peut-être la même cause ; un renvoi les prend tous.',
            jobsWords(more, t),
          )}
        </p>
      )}
    </>
  );
};

interface SendButtonProps {
  readonly wanted: Wanted;
  readonly label: string;
}

const SendButton = ({ wanted, label }: SendButtonProps): VNode | null =>
  useIsOperator() ? (
    <p>
      <a class="button" href={confirmHref(wanted)}>
        {label}
      </a>
    </p>
  ) : null;

/** People are known by their key: the link says no more than that there is one. */
function Person({ earner }: Pick<FailedJob['about'], 'earner'>): VNode {
  const { t } = useFrame();
  if (earner === null) return <>–</>;
  return (
    <a href={`${TO.people}?cle=${encodeURIComponent(earner)}`}>
      {t('Voir la personne')} <code>{earner.slice(0, 6)}</code>
    </a>
  );
}

export const JobView: View<JobModel> = ({ model: { job }, t }) => (
  <>
    <LinkLine href={TO.failures} say="Revenir aux échecs" />
    {job === null ? (
      <Note say="Ce travail n’est plus en échec : il a été renvoyé, ou supprimé." />
    ) : (
      <Job model={job} t={t} />
    )}
  </>
);

function Job({ model: job, t }: ViewProps<FailedJob>): VNode {
  const { queue, id, about, reason, failedMs, madeMs, attempts, maxAttempts } = job;
  const technical = t('Détail technique');
  return (
    <>
      <DefinitionList
        items={[
          [t('Ce qui était à faire'), t(about.words)],
          about.earner === null ? null : [t('Personne'), <Person earner={about.earner} />],
          [t('Cause'), <a href={groupHref(reason.key)}>{t(reason.happened)}</a>],
          [t('Que faire'), t(reason.next)],
          [t('File'), t(QUEUE_WORDS[queue])],
          [t('Demandé le'), <Instant atS={madeMs / 1000} />],
          [t('Échoué le'), failedMs === null ? '–' : <Instant atS={failedMs / 1000} />],
          [t('Tentatives'), t('{0} sur {1}', attempts, maxAttempts)],
          [t('Numéro'), <code>{id}</code>],
        ]}
      />
      <SendButton wanted={{ kind: 'job', ref: { queue, id } }} label={t('Renvoyer ce travail')} />
      <h2>{t('Contenu')}</h2>
      <Table
        caption={t('Ce que contient le travail')}
        rows={Object.entries(job.data)}
        empty={t('Rien.')}
        columns={[
          [t('Champ'), ([name]) => name],
          [t('Valeur'), ([, value]) => (value === HIDDEN ? t('[masqué]') : <code>{value}</code>)],
        ]}
      />
      <details>
        <summary>{technical}</summary>
        {[job.said, ...job.traces].map((text, at) => (
          <div key={at} class="scroll" role="region" aria-label={`${technical} ${at + 1}`} tabIndex={0}>
            <pre lang="en">{text}</pre>
          </div>
        ))}
      </details>
    </>
  );
}
