import { DateTime } from 'luxon';
import type { ComponentChildren, VNode } from 'preact';
import type { Enrolment, Partner, Scheme } from '../../../rules/types.js';
import { TO } from '../links.js';
import { Choice } from '../parts/form.js';
import { DefinitionList, NumberedPager, Table, type Item } from '../parts/table.js';
import { Alert, Bad, Instant, LinkLine, P, Section, State } from '../parts/text.js';
import type { View, ViewProps } from '../route.js';
import type { Translate } from '../words.js';
import type { Access, NotEnrolled, PartnerModel, PartnersModel, Stranger } from './read.js';

export const PartnersView: View<PartnersModel> = ({ model, t }) => {
  const { rows, at, strangers } = model;
  return (
    <>
      <Table
        caption={t('Organismes inscrits dans partners.yaml')}
        rows={rows}
        columns={[
          [t('Organisme'), ({ partner }) => <a href={TO.partner(partner.clientId)}>{partner.name}</a>],
          [t('Compte OBF'), ({ partner }) => <code>{partner.clientId}</code>],
          [t('Participation'), ({ partner }) => activityOf(partner, t)],
          [t('Accès'), ({ access }) => accessText(access, t)],
          [t('Badges inscrits'), ({ partner }) => partner.badges.length],
          [t('Dernier badge délivré'), (row) => lastOf(row, t)],
          [t('Badges délivrés non inscrits'), (row) => row.notEnrolled],
        ]}
        empty={t('Aucun organisme inscrit.')}
      />
      <NumberedPager at={at} href={(page) => `${TO.partners}?page=${page}`} />
      {strangers.length > 0 && <Strangers model={model} t={t} />}
    </>
  );
};

const activityOf = ({ active }: Partner, t: Translate): VNode => (
  <State kind={active ? 'good' : 'neutral'}>{active ? t('actif') : t('ne participe plus')}</State>
);

function accessText(access: Access, t: Translate): ComponentChildren {
  if (access === 'key_missing') return <State kind="bad">{t('clé d’API absente')}</State>;
  return access === 'key' ? t('clé d’API') : t('badges publiés');
}

const lastOf = ({ last, silent }: Pick<PartnerModel, 'last' | 'silent'>, t: Translate): ComponentChildren => (
  <>
    {last === null ? t('jamais rien reçu') : <Instant atS={last.happenedS} />}{' '}
    {silent && last !== null && <State kind="waiting">{t('silencieux depuis 30 jours')}</State>}
  </>
);

/** Clients whose notices are ignored, and why. */
const Strangers = ({ model: { strangers }, t }: ViewProps<PartnersModel>): VNode => (
  <Section id="ignores" title={t('Avis ignorés')}>
    <P say="OBF a envoyé des avis pour ces comptes, qui ne participent pas : rien n’en a été lu. Un avis redit peut être compté deux fois." />
    <Table
      caption={t('Comptes dont les avis sont ignorés')}
      rows={strangers}
      columns={[
        [
          t('Compte OBF'),
          ({ clientId, partner }) => (
            <>
              <code>{clientId}</code> {partner?.name}
            </>
          ),
        ],
        [
          t('Pourquoi'),
          ({ partner }) => (partner === null ? t('compte inconnu de partners.yaml') : t('ne participe plus')),
        ],
        [t('Avis'), ({ count }) => count],
        [t('Le dernier'), ({ lastS }) => <Instant atS={lastS} />],
        [t('Pour y remédier'), (one) => mendOf(one, t)],
      ]}
    />
  </Section>
);

function mendOf({ partner, command }: Stranger, t: Translate): ComponentChildren {
  if (partner !== null) return t('retirez « active: false » dans partners.yaml');
  return command === null ? t('cet identifiant ne peut pas être inscrit') : <code>{command}</code>;
}

type PartProps = ViewProps<PartnerModel>;

export const PartnerView: View<PartnerModel> = ({ model, t }) => (
  <>
    {model.access === 'key_missing' && (
      <Bad say="partners.yaml nomme une variable pour la clé d’API, et ces pages ne l’ont pas. Mettez-y la clé, puis redémarrez Palier." />
    )}
    {model.isKeyRefused && (
      <Alert kind="bad">
        {t(
          'OBF refuse la clé d’API de cet organisme : ses badges ne sont plus lus. Demandez-lui une nouvelle clé, mettez-la dans la variable, redémarrez Palier, puis relancez ce qui a échoué.',
        )}{' '}
        <a href={TO.failures}>{t('Voir les échecs')}</a>
      </Alert>
    )}
    <DefinitionList items={itemsOf(model, t)} />
    <Enrolled model={model} t={t} />
    <NotEnrolledBadges model={model} t={t} />
    <LinkLine href={TO.partners} say="Tous les organismes" />
  </>
);

function itemsOf(model: PartnerModel, t: Translate): readonly Item[] {
  const { partner, access, readS, last, turnedAway } = model;
  const notRead = access === 'hosted' ? t('sans objet : Palier n’a pas de clé') : t('jamais');
  return [
    [t('Compte OBF'), <code>{partner.clientId}</code>],
    [t('Participation'), activityOf(partner, t)],
    [t('Accès'), accessText(access, t)],
    partner.secretEnv === null ? null : [t('Variable de la clé'), <code>{partner.secretEnv}</code>],
    [
      t('Dernier badge délivré'),
      <>
        {lastOf(model, t)}
        {last !== null && last.eventId !== null && (
          <>
            {' '}
            ({t('événement')} <code>{last.eventId}</code>)
          </>
        )}
      </>,
    ],
    [t('Compte OBF lu pour la dernière fois'), readS === null ? notRead : <Instant atS={readS} />],
    turnedAway === null
      ? null
      : [
          t('Avis ignorés, l’organisme ne participant plus'),
          <>
            {t.number(turnedAway.count)} (<Instant atS={turnedAway.lastS} />)
          </>,
        ],
  ];
}

/** What the Région enrolled of a partner, in the order of partners.yaml. */
function Enrolled({ model: { scheme, partner }, t }: PartProps): VNode {
  const { competencies } = scheme;
  return (
    <Section id="inscrits" title={t('Badges inscrits')}>
      <Table
        caption={t('Badges inscrits de cet organisme')}
        rows={partner.badges}
        columns={[
          [
            t('Badge'),
            ({ name, badgeId }) => (
              <>
                {name} <code>{badgeId}</code>
              </>
            ),
          ],
          [t('Compétence'), ({ competency }) => competencies.get(competency)?.name ?? competency],
          [t('Niveau'), ({ level }) => level],
          [
            t('Capacité'),
            ({ competency, ability }) =>
              ability === null ? '–' : (competencies.get(competency)?.abilities.get(ability) ?? ability),
          ],
          [t('Délivré'), (badge) => periodText(badge, scheme, t)],
          [t('Remplace'), ({ replaces }) => (replaces.length === 0 ? '–' : replaces.join(', '))],
        ]}
        empty={t('Aucun badge inscrit.')}
      />
    </Section>
  );
}

/** `à partir du 1 janv. 2024 jusqu’au 31 déc. 2026`. */
function periodText({ fromS, beforeS }: Enrolment, { timeZone }: Scheme, t: Translate): ComponentChildren {
  if (fromS === null && beforeS === null) return t('à toute date');
  const part = (words: string, atS: number) => {
    const day = DateTime.fromSeconds(atS, { zone: timeZone, locale: t.lang });
    return (
      <>
        {words}{' '}
        <time dateTime={day.toISODate() ?? undefined}>{day.toLocaleString(DateTime.DATE_MED)}</time>{' '}
      </>
    );
  };
  return (
    <>
      {fromS !== null && part(t('à partir du'), fromS)}
      {beforeS !== null && part(t('jusqu’au'), beforeS - 1)}
    </>
  );
}

/** What the partner issued and counts for nothing, and what would enrol it. */
function NotEnrolledBadges({ model, t }: PartProps): VNode {
  const { notEnrolled } = model;
  return (
    <Section id="non-inscrits" title={t('Badges délivrés, mais non inscrits')}>
      {notEnrolled.length === 0 ? (
        <P say="Tous les badges reçus de cet organisme sont inscrits." />
      ) : (
        <>
          <P say="Ces badges ont été lus dans OBF et ne comptent pour aucun badge Région. Choisissez ce qu’ils valent : la commande est prête à copier." />
          <ChooseForm model={model} t={t} />
          <Table
            caption={t('Badges non inscrits, les derniers délivrés d’abord')}
            rows={notEnrolled}
            columns={[
              [t('Badge'), ({ badgeId }) => <code>{badgeId}</code>],
              [t('Fois'), ({ count }) => count],
              [t('Le dernier'), ({ lastS }) => <Instant atS={lastS} />],
              [t('Commande d’inscription'), (badge) => commandOf(badge, t)],
            ]}
          />
        </>
      )}
    </Section>
  );
}

function commandOf({ enrolledBy, command }: NotEnrolled, t: Translate): ComponentChildren {
  if (enrolledBy !== null)
    return (
      <>
        {t('inscrit pour')} <code>{enrolledBy}</code>
      </>
    );
  return command === null ? t('cet identifiant ne peut pas être inscrit') : <code>{command}</code>;
}

/** What the badges are worth; it only changes the commands that are shown. */
function ChooseForm({ model: { scheme, partner, as, levels }, t }: PartProps): VNode {
  const none = ['', t('à choisir')] as const;
  const competencies = [...scheme.competencies.values()].map(({ id, name }) => [id, name] as const);
  const levelOptions = levels.map((level) => [String(level), String(level)] as const);
  return (
    <form method="get" action={`${TO.partner(partner.clientId)}#non-inscrits`} class="filter">
      <Choice
        name="competence"
        label={t('Compétence')}
        options={[none, ...competencies]}
        value={as.competency ?? ''}
        required
      />
      <Choice
        name="niveau"
        label={t('Niveau')}
        options={[none, ...levelOptions]}
        value={String(as.level ?? '')}
        required
      />
      <button type="submit">{t('Préparer les commandes')}</button>
    </form>
  );
}
