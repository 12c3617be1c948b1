import { DateTime } from 'luxon';
import type { ComponentChildren, VNode } from 'preact';
import type { Enrolment, Partner, Scheme } from '../../../rules/types.js';
import { TO } from '../links.js';
import { Choice } from '../parts/form.js';
import { DefinitionList, NumberedPager, Table, type Item } from '../parts/table.js';
import { Alert, Bad, Instant, LinkLine, P, Section, State } from '../parts/text.js';
import type { View } from '../route.js';
import type { Access, NotEnrolled, PartnerModel, PartnersModel, Stranger } from './read.js';

export const PartnersView: View<PartnersModel> = (model) => {
  const { rows, at, strangers } = model;
  return (
    <>
      <Table
        caption="Organismes inscrits dans partners.yaml"
        rows={rows}
        columns={[
          ['Organisme', ({ partner }) => <a href={TO.partner(partner.clientId)}>{partner.name}</a>],
          ['Compte OBF', ({ partner }) => <code>{partner.clientId}</code>],
          ['Participation', ({ partner }) => activityOf(partner)],
          ['Accès', ({ access }) => accessText(access)],
          ['Badges inscrits', ({ partner }) => partner.badges.length],
          ['Dernier badge délivré', (row) => lastOf(row)],
          ['Badges délivrés non inscrits', (row) => row.notEnrolled],
        ]}
        empty="Aucun organisme inscrit."
      />
      <NumberedPager at={at} href={(page) => `${TO.partners}?page=${page}`} />
      {strangers.length > 0 && <Strangers {...model} />}
    </>
  );
};

const activityOf = ({ active }: Partner): VNode => (
  <State kind={active ? 'good' : 'neutral'}>{active ? 'actif' : 'ne participe plus'}</State>
);

function accessText(access: Access): ComponentChildren {
  if (access === 'key_missing') return <State kind="bad">clé d’API absente</State>;
  return access === 'key' ? 'clé d’API' : 'badges publiés';
}

const lastOf = ({ lastS, silent }: Pick<PartnerModel, 'lastS' | 'silent'>): ComponentChildren => (
  <>
    {lastS === null ? 'jamais rien reçu' : <Instant atS={lastS} />}{' '}
    {silent && lastS !== null && <State kind="waiting">silencieux depuis 30 jours</State>}
  </>
);

/** Clients whose notices are ignored, and why. */
const Strangers = ({ strangers }: PartnersModel): VNode => (
  <Section id="ignores" title="Avis ignorés">
    <P say="OBF a envoyé des avis pour ces comptes, qui ne participent pas : rien n’en a été lu." />
    <Table
      caption="Comptes dont les avis sont ignorés"
      rows={strangers}
      columns={[
        [
          'Compte OBF',
          ({ clientId, partner }) => (
            <>
              <code>{clientId}</code> {partner?.name}
            </>
          ),
        ],
        [
          'Pourquoi',
          ({ partner }) => (partner === null ? 'compte inconnu de partners.yaml' : 'ne participe plus'),
        ],
        ['Le dernier', ({ lastS }) => <Instant atS={lastS} />],
        ['Pour y remédier', (one) => mendOf(one)],
      ]}
    />
  </Section>
);

function mendOf({ partner, command }: Stranger): ComponentChildren {
  if (partner !== null) return 'retirez « active: false » dans partners.yaml';
  return command === null ? 'cet identifiant ne peut pas être inscrit' : <code>{command}</code>;
}

type PartProps = PartnerModel;

export const PartnerView: View<PartnerModel> = (model) => (
  <>
    {model.access === 'key_missing' && (
      <Bad say="partners.yaml nomme une variable pour la clé d’API, et ces pages ne l’ont pas. Mettez-y la clé, puis redémarrez Palier." />
    )}
    {model.isKeyRefused && (
      <Alert kind="bad">
        OBF refuse la clé d’API de cet organisme : ses badges ne sont plus lus. Demandez-lui une nouvelle clé,
        mettez-la dans la variable, redémarrez Palier, puis relancez ce qui a échoué.{' '}
        <a href={TO.failures}>Voir les échecs</a>
      </Alert>
    )}
    <DefinitionList items={itemsOf(model)} />
    <Enrolled {...model} />
    <NotEnrolledBadges {...model} />
    <LinkLine href={TO.partners} say="Tous les organismes" />
  </>
);

function itemsOf(model: PartnerModel): readonly Item[] {
  const { partner, access, readS, turnedAway } = model;
  const notRead = access === 'hosted' ? 'sans objet : Palier n’a pas de clé' : 'jamais';
  return [
    ['Compte OBF', <code>{partner.clientId}</code>],
    ['Participation', activityOf(partner)],
    ['Accès', accessText(access)],
    partner.secretEnv === null ? null : ['Variable de la clé', <code>{partner.secretEnv}</code>],
    ['Dernier badge délivré', lastOf(model)],
    ['Compte OBF lu pour la dernière fois', readS === null ? notRead : <Instant atS={readS} />],
    turnedAway === null
      ? null
      : ['Dernier avis ignoré, l’organisme ne participant plus', <Instant key="last" atS={turnedAway} />],
  ];
}

/** What the Région enrolled of a partner, in the order of partners.yaml. */
function Enrolled({ scheme, partner }: PartProps): VNode {
  const { competencies } = scheme;
  return (
    <Section id="inscrits" title="Badges inscrits">
      <Table
        caption="Badges inscrits de cet organisme"
        rows={partner.badges}
        columns={[
          [
            'Badge',
            ({ name, badgeId }) => (
              <>
                {name} <code>{badgeId}</code>
              </>
            ),
          ],
          ['Compétence', ({ competency }) => competencies.get(competency)?.name ?? competency],
          ['Niveau', ({ level }) => level],
          [
            'Capacité',
            ({ competency, ability }) =>
              ability === null ? '–' : (competencies.get(competency)?.abilities.get(ability) ?? ability),
          ],
          ['Délivré', (badge) => periodText(badge, scheme)],
          ['Remplace', ({ replaces }) => (replaces.length === 0 ? '–' : replaces.join(', '))],
        ]}
        empty="Aucun badge inscrit."
      />
    </Section>
  );
}

/** `à partir du 1 janv. 2024 jusqu’au 31 déc. 2026`. */
function periodText({ fromS, beforeS }: Enrolment, { timeZone }: Scheme): ComponentChildren {
  if (fromS === null && beforeS === null) return 'à toute date';
  const part = (words: string, atS: number) => {
    const day = DateTime.fromSeconds(atS, { zone: timeZone, locale: 'fr' });
    return (
      <>
        {words}{' '}
        <time dateTime={day.toISODate() ?? undefined}>{day.toLocaleString(DateTime.DATE_MED)}</time>{' '}
      </>
    );
  };
  return (
    <>
      {fromS !== null && part('à partir du', fromS)}
      {beforeS !== null && part('jusqu’au', beforeS - 1)}
    </>
  );
}

/** What the partner issued and counts for nothing, and what would enrol it. */
function NotEnrolledBadges(model: PartProps): VNode {
  const { notEnrolled } = model;
  return (
    <Section id="non-inscrits" title="Badges délivrés, mais non inscrits">
      {notEnrolled.length === 0 ? (
        <P say="Tous les badges reçus de cet organisme sont inscrits." />
      ) : (
        <>
          <P say="Ces badges ont été lus dans OBF et ne comptent pour aucun badge Région. Choisissez ce qu’ils valent : la commande est prête à copier." />
          <ChooseForm {...model} />
          <Table
            caption="Badges non inscrits, les derniers délivrés d’abord"
            rows={notEnrolled}
            columns={[
              ['Badge', ({ badgeId }) => <code>{badgeId}</code>],
              ['Le dernier', ({ lastS }) => <Instant atS={lastS} />],
              ['Commande d’inscription', (badge) => commandOf(badge)],
            ]}
          />
        </>
      )}
    </Section>
  );
}

function commandOf({ enrolledBy, command }: NotEnrolled): ComponentChildren {
  if (enrolledBy !== null)
    return (
      <>
        inscrit pour <code>{enrolledBy}</code>
      </>
    );
  return command === null ? 'cet identifiant ne peut pas être inscrit' : <code>{command}</code>;
}

/** What the badges are worth; it only changes the commands that are shown. */
function ChooseForm({ scheme, partner, as, levels }: PartProps): VNode {
  const none = ['', 'à choisir'] as const;
  const competencies = [...scheme.competencies.values()].map(({ id, name }) => [id, name] as const);
  const levelOptions = levels.map((level) => [String(level), String(level)] as const);
  return (
    <form method="get" action={`${TO.partner(partner.clientId)}#non-inscrits`} class="filter">
      <Choice
        name="competence"
        label="Compétence"
        options={[none, ...competencies]}
        value={as.competency ?? ''}
        required
      />
      <Choice
        name="niveau"
        label="Niveau"
        options={[none, ...levelOptions]}
        value={String(as.level ?? '')}
        required
      />
      <button type="submit">Préparer les commandes</button>
    </form>
  );
}
