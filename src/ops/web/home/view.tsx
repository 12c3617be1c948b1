import type { ComponentChildren, VNode } from 'preact';
import { durationWords } from '../../shared/words.js';
import { TO } from '../links.js';
import { BarChart } from '../parts/bar-chart.js';
import { ActionForm } from '../parts/form.js';
import { DefinitionList, Table } from '../parts/table.js';
import { Alert, Duration, Instant, LinkLine, P, PersonLink, Section, State } from '../parts/text.js';
import type { View, ViewProps } from '../route.js';
import type { Translate } from '../words.js';
import type { Now } from './figures.js';
import type { HomeModel } from './read.js';

export const HomeView: View<HomeModel> = ({ model, t }) => (
  <>
    <Verdict model={model} t={t} />
    <NowPart model={model} t={t} />
    <Flags model={model} t={t} />
    <Section id="delivres" title={t('Badges Région délivrés')}>
      <BarChart
        caption={t('Badges Région délivrés par Palier, par compétence et niveau')}
        heading={t('Compétence et niveau')}
        series={[t('Aujourd’hui'), t('30 derniers jours')]}
        rows={model.issued.map(({ label, today, last30Days }) => ({ label, values: [today, last30Days] }))}
        empty={t('Aucun badge Région au barème.')}
      />
    </Section>
    <Obf model={model} t={t} />
    <Partners model={model} t={t} />
  </>
);

type PartProps = ViewProps<HomeModel>;

/** That all is well; else what is not, worst first. */
function Verdict({ model: { points }, t }: PartProps): VNode {
  if (points.length === 0) return <Alert kind="good">{t('Tout va bien.')}</Alert>;
  const isBad = points.some(({ kind }) => kind === 'bad');
  return (
    <Section id="verdict" title={isBad ? t('À régler ou à regarder') : t('Rien ne bloque ; à regarder')}>
      <ul>
        {points.map(({ kind, text, link, mend }) => (
          <li key={text}>
            <State kind={kind === 'bad' ? 'bad' : 'waiting'}>
              {kind === 'bad' ? t('À régler') : t('À regarder')}
            </State>{' '}
            {text} <a href={link.href}>{t(link.words)}</a>
            {mend === 'resume' && <ActionForm to="/ops/envois/relancer" label={t('Relancer les envois')} />}
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** The state at this instant, point by point. */
function NowPart({ model: { scheme, nowS, now }, t }: PartProps): VNode {
  const { notices, earners, failed, paused, due, unknown, flags, quota } = now;
  return (
    <Section id="maintenant" title={t('En ce moment')}>
      <DefinitionList
        items={[
          [t('Dispositif'), scheme],
          [t('Heure de Palier'), <Instant atS={nowS} />],
          [t('Avis à lire'), aged(notices.waiting, notices.oldestAgeS, t)],
          [t('Portefeuilles à évaluer'), aged(earners.waiting, earners.oldestAgeS, t)],
          [t('Travaux en échec'), linkedCount(failed, TO.failures, t)],
          [
            t('Envois'),
            <State kind={paused ? 'bad' : 'good'}>{paused ? t('suspendus') : t('en marche')}</State>,
          ],
          [t('Badges dus, en attente du prochain envoi'), due],
          [t('Envois dont l’issue est inconnue'), aged(unknown.batches, unknown.ageS, t)],
          [t('Badges Région à examiner'), linkedCount(flags.count, '#a-examiner', t)],
          [t('Quota OBF de la Région'), quotaText(quota, t)],
        ]}
      />
    </Section>
  );
}

const linkedCount = (count: number, href: string, t: Translate): ComponentChildren =>
  count === 0 ? count : <a href={href}>{t.number(count)}</a>;

const aged = (count: number, ageS: number, t: Translate): ComponentChildren =>
  count > 0 && ageS >= 1 ? t('{0}, le plus ancien depuis {1}', count, t(durationWords(ageS))) : count;

function quotaText({ reading, floor }: Now['quota'], t: Translate): ComponentChildren {
  if (reading === null) return t('pas encore lu');
  if (reading.left === null) return t('OBF n’en dit rien');
  return (
    <>
      {t.number(reading.left)} ({t('encore à délivrer, lu le')}{' '}
      <Instant atS={Math.floor(reading.readMs / 1000)} />, {t('Palier s’arrête à {0}', floor)})
    </>
  );
}

/** The journal has them all. */
const MAX_FLAGS = 10;

function Flags({ model: { now }, t }: PartProps): VNode | null {
  const { count, listed } = now.flags;
  if (count === 0) return null;
  const shown = listed.slice(0, MAX_FLAGS);
  return (
    <Section id="a-examiner" title={t('À examiner')}>
      {shown.length > 0 && (
        <Table
          caption={t(
            'Badges Région dont la règle n’est plus remplie, un badge ayant été révoqué ; les plus anciens d’abord',
          )}
          rows={shown}
          columns={[
            [t('Personne'), ({ earner }) => <PersonLink earner={earner} />],
            [t('Badge Région'), ({ award, badgeId }) => award?.name ?? badgeId],
            [t('Depuis'), ({ atS }) => <Instant atS={atS} />],
          ]}
        />
      )}
      {shown.length < count && (
        <LinkLine href={TO.journalOf('flagged')} say="Les voir tous dans le journal" />
      )}
    </Section>
  );
}

/** How OBF answered since an hour ago, or since it is counted. */
function Obf({ model: { lastHour }, t }: PartProps): VNode {
  return (
    <Section id="obf" title={t('Open Badge Factory depuis une heure')}>
      {lastHour === null || lastHour.overS === 0 ? (
        <P say="Palier vient de commencer à compter : revenez dans quelques minutes." />
      ) : (
        <DefinitionList
          items={[
            [t('Durée comptée'), <Duration s={lastHour.overS} />],
            [t('Appels'), lastHour.calls],
            [t('Une réponse sur deux en moins de'), timeText(lastHour.p50S, t)],
            [t('19 réponses sur 20 en moins de'), timeText(lastHour.p95S, t)],
            [t('Refus d’OBF'), lastHour.refused],
            [t('Fois où OBF a demandé d’attendre'), lastHour.throttled],
            [t('Appels sans réponse utile'), lastHour.failed],
          ]}
        />
      )}
    </Section>
  );
}

/** `120 ms`, `2,5 s`. */
function timeText(s: number | null, t: Translate): ComponentChildren {
  if (s === null) return t('aucune réponse');
  const [value, unit] = s < 1 ? [Math.max(1, Math.round(s * 1000)), 'ms'] : [s, 's'];
  return `${t.number(value, { maximumFractionDigits: 1 })} ${unit}`;
}

/** Their own page has them all. */
const MAX_PARTNERS = 20;

const Partners = ({ model: { partners }, t }: PartProps): VNode => (
  <Section id="organismes" title={t('Organismes : dernières nouvelles')}>
    <Table
      caption={t('Dernier badge délivré par chaque organisme, du plus silencieux au plus récent')}
      rows={partners.slice(0, MAX_PARTNERS)}
      columns={[
        [t('Organisme'), ({ partner }) => <a href={TO.partner(partner.clientId)}>{partner.name}</a>],
        [
          t('Dernier badge délivré'),
          ({ last }) => (last === null ? t('jamais rien reçu') : <Instant atS={last.happenedS} />),
        ],
        [
          t('État'),
          ({ silent }) => (
            <State kind={silent ? 'waiting' : 'good'}>{silent ? t('silencieux') : t('actif')}</State>
          ),
        ],
      ]}
      empty={t('Aucun organisme actif.')}
    />
    {partners.length > MAX_PARTNERS && <LinkLine href={TO.partners} say="Voir tous les organismes" />}
  </Section>
);
