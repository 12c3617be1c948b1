import { number, plural } from '../words.js';
import type { VNode } from 'preact';
import { sentIn, type Replay } from '../../../queue/replay.js';
import { type FailedJob, QUEUE_WORDS } from '../../shared/failed-jobs.js';
import { REST } from '../../shared/failure-reasons.js';
import { HIDDEN } from '../../shared/masked.js';
import { TO } from '../links.js';
import { Field } from '../parts/form.js';
import { useIsOperator } from '../parts/frame.js';
import { DefinitionList, NumberedPager, Table } from '../parts/table.js';
import { Alert, Instant, LinkLine, Note, P } from '../parts/text.js';
import type { View } from '../route.js';
import type { GroupModel, JobModel, ListModel } from './read.js';
import { Moving, ReplayState } from './replay-view.js';
import { CONFIRM, confirmHref, groupHref, jobHref, jobsWords, replayHref, type Wanted } from './wanted.js';

export function ListView(model: ListModel): VNode {
  const { groups, total, more, replays, moves } = model;
  const isOperator = useIsOperator();
  return (
    <>
      <P say="Palier recommence de lui-même pendant un jour. Ce qui est ici ne repartira que si vous le renvoyez, une fois la cause réglée." />
      {total === 0 && <Alert kind="good">Rien n’est en échec.</Alert>}
      <Moving moves={moves} />
      {groups.length > 0 && <Groups {...model} />}
      {more > 0 && (
        <p>
          {plural(
            more,
            `et ${number(more)} de plus, plus ancien, qui n’est pas rangé par cause ici ; un renvoi le prend aussi.`,
            `et ${number(more)} de plus, plus anciens, qui ne sont pas rangés par cause ici ; un renvoi les prend aussi.`,
          )}
        </p>
      )}
      {groups.length > 0 && isOperator && <SendAll />}
      {replays.length > 0 && <RecentReplays {...model} />}
      <LinkLine href={TO.queues} say="Voir les files en détail (experts)" />
    </>
  );
}

const Groups = ({ groups, total }: ListModel): VNode => (
  <Table
    caption={`Travaux en échec, par cause (${jobsWords(total)})`}
    rows={groups}
    columns={[
      ['Cause', ({ key, reason }) => <a href={groupHref(key)}>{reason.happened.fr}</a>],
      ['Que faire', ({ reason }) => reason.next.fr],
      ['Combien', ({ jobs }) => jobs.length],
      ['File', ({ queues }) => [...queues].map((queue) => QUEUE_WORDS[queue].fr).join(', ')],
      ['Depuis', ({ firstMs }) => <Instant atS={firstMs / 1000} />],
      ['Le dernier', ({ lastMs }) => <Instant atS={lastMs / 1000} />],
    ]}
  />
);

/** Leads to the page that asks; it sends nothing by itself. */
const SendAll = (): VNode => (
  <section>
    <h2>Tout renvoyer</h2>
    <form method="get" action={CONFIRM} class="filter">
      <input type="hidden" name="tout" value="1" />
      <Field name="jour" type="date" label="Échoués depuis le" help="Sans date : tous." />
      <Field name="heure" label="À partir de" help="Une heure, comme 14:30." maxLength={5} />
      <div class="field">
        <button type="submit">Préparer le renvoi</button>
      </div>
    </form>
  </section>
);

const RecentReplays = ({ replays }: ListModel): VNode => (
  <Table
    caption="Derniers renvois"
    rows={replays}
    columns={[
      ['Demandé le', linkTo],
      ['Par', ({ by }) => by],
      ['Renvoyés', sentIn],
      ['État', (replay) => <ReplayState replay={replay} />],
    ]}
  />
);

const linkTo = ({ id, askedMs }: Replay): VNode => (
  <a href={replayHref(id)}>
    <Instant atS={askedMs / 1000} />
  </a>
);

export const GroupView: View<GroupModel> = (model) => {
  const { group, jobs, more, at } = model;
  const { reason, firstMs, lastMs, key } = group;
  return (
    <>
      <LinkLine href={TO.failures} say="Revenir aux échecs" />
      <DefinitionList
        items={[
          ['Que faire', reason.next.fr],
          ['Combien', at.total],
          ['Le premier', <Instant atS={firstMs / 1000} />],
          ['Le dernier', <Instant atS={lastMs / 1000} />],
        ]}
      />
      {key !== REST.key && (
        <SendButton
          wanted={{ kind: 'group', group: key }}
          label={plural(at.total, `Renvoyer ce travail`, `Renvoyer ces ${jobsWords(at.total)}`)}
        />
      )}
      <Table
        caption="Travaux en échec, le plus récent d’abord"
        rows={jobs}
        empty="Ceux de cette page ne sont plus en échec."
        columns={[
          ['Ce qui était à faire', (job) => <a href={jobHref(job)}>{job.about.words.fr}</a>],
          ['Personne', ({ about }) => <Person earner={about.earner} />],
          ['Échoué le', ({ failedMs }) => (failedMs === null ? '' : <Instant atS={failedMs / 1000} />)],
          ['Tentatives', ({ attempts }) => attempts],
        ]}
      />
      <NumberedPager at={at} href={(page) => groupHref(key, page)} />
      {more > 0 && (
        <p>
          {plural(
            more,
            `Parmi ${jobsWords(more)} en échec de plus, plus ancien, certains ont peut-être la même cause ; un renvoi les prend tous.`,
            `Parmi ${jobsWords(more)} en échec de plus, plus anciens, certains ont peut-être la même cause ; un renvoi les prend tous.`,
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
  if (earner === null) return <>–</>;
  return (
    <a href={`${TO.people}?cle=${encodeURIComponent(earner)}`}>
      Voir la personne <code>{earner.slice(0, 6)}</code>
    </a>
  );
}

export const JobView: View<JobModel> = ({ job }) => (
  <>
    <LinkLine href={TO.failures} say="Revenir aux échecs" />
    {job === null ? (
      <Note say="Ce travail n’est plus en échec : il a été renvoyé, ou supprimé." />
    ) : (
      <Job {...job} />
    )}
  </>
);

function Job(job: FailedJob): VNode {
  const { queue, id, about, reason, failedMs, madeMs, attempts, maxAttempts } = job;
  const technical = 'Détail technique';
  return (
    <>
      <DefinitionList
        items={[
          ['Ce qui était à faire', about.words.fr],
          about.earner === null ? null : ['Personne', <Person earner={about.earner} />],
          ['Cause', <a href={groupHref(reason.key)}>{reason.happened.fr}</a>],
          ['Que faire', reason.next.fr],
          ['File', QUEUE_WORDS[queue].fr],
          ['Demandé le', <Instant atS={madeMs / 1000} />],
          ['Échoué le', failedMs === null ? '–' : <Instant atS={failedMs / 1000} />],
          ['Tentatives', `${number(attempts)} sur ${number(maxAttempts)}`],
          ['Numéro', <code>{id}</code>],
        ]}
      />
      <SendButton wanted={{ kind: 'job', ref: { queue, id } }} label="Renvoyer ce travail" />
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
