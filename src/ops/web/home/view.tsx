import type { ComponentChildren, VNode } from 'preact';
import { useId } from 'preact/hooks';
import { durationWords } from '../../shared/words.js';
import { ActionForm } from '../parts/form.js';
import { DefinitionList, Table } from '../parts/table.js';
import { Alert, Instant, LinkLine, P, PersonLink, Section, State, formatNumber } from '../parts/text.js';
import type { HomeModel, HomeState } from './read.js';
import { verdictOf, type Point } from './verdict.js';
import { PATHS } from '../route.js';

export const HomeView = (model: HomeModel): VNode => (
  <>
    <Verdict points={verdictOf(model)} />
    <CurrentState {...model} />
    <Flags {...model} />
    <IssuedSection {...model} />
    <Obf {...model} />
    <Partners {...model} />
  </>
);

function Verdict({ points }: { readonly points: readonly Point[] }): VNode {
  if (points.length === 0) return <Alert kind="good">Tout va bien.</Alert>;
  const isBad = points.some(({ kind }) => kind === 'bad');
  return (
    <Section id="verdict" title={isBad ? 'À régler ou à regarder' : 'Rien ne bloque ; à regarder'}>
      <ul>
        {points.map(({ kind, text, link: [words, href], action }) => (
          <li key={text}>
            <State kind={kind === 'bad' ? 'bad' : 'waiting'}>
              {kind === 'bad' ? 'À régler' : 'À regarder'}
            </State>{' '}
            {text} <a href={href}>{words}</a>
            {action === 'resume' && <ActionForm to="/ops/envois/relancer" label="Relancer les envois" />}
          </li>
        ))}
      </ul>
    </Section>
  );
}

function CurrentState({ scheme, nowS, state }: HomeModel): VNode {
  const { notices, earners, failed, paused, due, unknown, flags, quota } = state;
  return (
    <Section id="maintenant" title="En ce moment">
      <DefinitionList
        items={[
          ['Dispositif', scheme],
          ['Heure de Palier', <Instant atS={nowS} />],
          ['Avis à lire', aged(notices.waiting, notices.oldestAgeS)],
          ['Portefeuilles à évaluer', aged(earners.waiting, earners.oldestAgeS)],
          ['Travaux en échec', linkedCount(failed, PATHS.failures)],
          ['Envois', <State kind={paused ? 'bad' : 'good'}>{paused ? 'suspendus' : 'en marche'}</State>],
          ['Badges dus, en attente du prochain envoi', due],
          ['Envois dont l’issue est inconnue', aged(unknown.batches, unknown.ageS)],
          ['Badges Région à examiner', linkedCount(flags.count, '#a-examiner')],
          ['Quota OBF de la Région', quotaText(quota)],
        ]}
      />
    </Section>
  );
}

const linkedCount = (count: number, href: string): ComponentChildren =>
  count === 0 ? count : <a href={href}>{formatNumber(count)}</a>;

const aged = (count: number, ageS: number): ComponentChildren =>
  count > 0 && ageS >= 1 ? `${formatNumber(count)}, le plus ancien depuis ${durationWords(ageS).fr}` : count;

function quotaText({ reading, floor }: HomeState['quota']): ComponentChildren {
  if (reading === null) return 'pas encore lu';
  if (reading.left === null) return 'OBF n’en dit rien';
  return (
    <>
      {formatNumber(reading.left)} (encore à délivrer, lu le{' '}
      <Instant atS={Math.floor(reading.readMs / 1000)} />, Palier s’arrête à {formatNumber(floor)})
    </>
  );
}

function Flags({ state }: HomeModel): VNode | null {
  const { count, listed } = state.flags;
  if (count === 0) return null;
  return (
    <Section id="a-examiner" title="À examiner">
      {listed.length > 0 && (
        <Table
          caption="Badges Région dont la règle n’est plus remplie, un badge ayant été révoqué ; les plus anciens d’abord"
          rows={listed}
          columns={[
            ['Personne', ({ earner }) => <PersonLink earner={earner} />],
            ['Badge Région', ({ award, badgeId }) => award?.name ?? badgeId],
            ['Depuis', ({ atS }) => <Instant atS={atS} />],
          ]}
        />
      )}
      {listed.length < count && (
        <LinkLine href={PATHS.journalOf('flagged')} say="Les voir tous dans le journal" />
      )}
    </Section>
  );
}

const CHART_WIDTH = 640;
const LINE_PX = 20;
/** Kept free to the right of the longest bar, for its label. */
const LABEL_WIDTH = 220;

/** Draws two horizontal bars per row, as SVG; the table beside them has the same figures. */
export function IssuedSection({ issued }: Pick<HomeModel, 'issued'>): VNode {
  const id = useId();
  const caption = 'Badges Région délivrés par Palier, par compétence et niveau';
  const maxCount = Math.max(1, ...issued.flatMap(({ today, last30Days }) => [today, last30Days]));
  const bar = (line: number, count: number, words: string): VNode => {
    const width = Math.max(1, Math.round((count / maxCount) * (CHART_WIDTH - LABEL_WIDTH)));
    return (
      <g transform={`translate(1 ${line * LINE_PX})`}>
        <rect class={`bar-${line}`} width={width} height={LINE_PX - 4} />
        <text x={width + 8} y={LINE_PX - 7}>
          {formatNumber(count)} – {words}
        </text>
      </g>
    );
  };
  return (
    <Section id="delivres" title="Badges Région délivrés">
      <div class="chart">
        {issued.length > 0 && (
          <svg viewBox={`0 0 ${CHART_WIDTH} ${issued.length * 4 * LINE_PX}`} role="img" aria-labelledby={id}>
            <title id={id}>{caption}</title>
            {issued.map(({ label, today, last30Days }, row) => (
              <g key={row} transform={`translate(0 ${row * 4 * LINE_PX})`}>
                <text y={LINE_PX - 6}>{label}</text>
                {bar(1, today, 'Aujourd’hui')}
                {bar(2, last30Days, '30 derniers jours')}
              </g>
            ))}
          </svg>
        )}
        <Table
          caption={caption}
          rows={issued}
          columns={[
            ['Compétence et niveau', ({ label }) => label],
            ['Aujourd’hui', ({ today }) => today],
            ['30 derniers jours', ({ last30Days }) => last30Days],
          ]}
          empty="Aucun badge Région au barème."
        />
      </div>
    </Section>
  );
}

/** OBF's answers in the last hour, or since counting began. */
const Obf = ({ lastHour }: HomeModel): VNode => (
  <Section id="obf" title="Open Badge Factory depuis une heure">
    {lastHour === null ? (
      <P say="Rien n’a été compté depuis une heure. Si Palier vient de démarrer, revenez dans quelques minutes." />
    ) : (
      <DefinitionList
        items={[
          ['Durée comptée', durationWords(lastHour.overS).fr],
          ['Appels', lastHour.calls],
          ['Une réponse sur deux en moins de', timeText(lastHour.p50S)],
          ['19 réponses sur 20 en moins de', timeText(lastHour.p95S)],
          ['Refus d’OBF', lastHour.refused],
          ['Fois où OBF a demandé d’attendre', lastHour.throttled],
          ['Appels sans réponse utile', lastHour.failed],
        ]}
      />
    )}
  </Section>
);

/** `120 ms`, `2,5 s`. */
function timeText(s: number | null): string {
  if (s === null) return 'aucune réponse';
  return s < 1
    ? `${formatNumber(Math.ceil(s * 1000))} ms`
    : `${formatNumber(s, { maximumFractionDigits: 1 })} s`;
}

/** The partners' page lists all. */
const MAX_PARTNERS = 20;

const Partners = ({ partners }: HomeModel): VNode => (
  <Section id="organismes" title="Organismes : dernières nouvelles">
    <Table
      caption="Dernier badge délivré par chaque organisme, du plus silencieux au plus récent"
      rows={partners.slice(0, MAX_PARTNERS)}
      columns={[
        ['Organisme', ({ partner }) => <a href={PATHS.partner(partner.clientId)}>{partner.name}</a>],
        [
          'Dernier badge délivré',
          ({ lastS }) => (lastS === null ? 'jamais rien reçu' : <Instant atS={lastS} />),
        ],
        [
          'État',
          ({ silent }) => <State kind={silent ? 'waiting' : 'good'}>{silent ? 'silencieux' : 'actif'}</State>,
        ],
      ]}
      empty="Aucun organisme actif."
    />
    {partners.length > MAX_PARTNERS && <LinkLine href={PATHS.partners} say="Voir tous les organismes" />}
  </Section>
);
