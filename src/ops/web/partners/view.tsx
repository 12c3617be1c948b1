import type { ComponentChildren, VNode } from 'preact';
import type { Enrolment, Partner, Scheme } from '../../../rules/types.js';
import { periodWords } from '../../shared/words.js';
import { Field } from '../parts/form.js';
import { DefinitionList, Pager, Table } from '../parts/table.js';
import { Alert, BadAlert, Instant, LinkLine, P, Section, State } from '../parts/text.js';
import type { PartnerModel, PartnersModel } from './read.js';
import { PATHS } from '../route.js';

export const PartnersView = ({ rows, pager, ignoredClients }: PartnersModel): VNode => (
  <>
    <Table
      caption="Organismes inscrits dans partners.yaml"
      rows={rows}
      columns={[
        ['Organisme', ({ partner }) => <a href={PATHS.partner(partner.clientId)}>{partner.name}</a>],
        ['Compte OBF', ({ partner }) => <code>{partner.clientId}</code>],
        ['Participation', ({ partner }) => participationOf(partner)],
        ['Accès', ({ access }) => accessText(access)],
        ['Badges inscrits', ({ partner }) => partner.badges.length],
        ['Dernier badge délivré', lastOf],
        ['Badges délivrés non inscrits', (row) => row.notEnrolled],
      ]}
      empty="Aucun organisme inscrit."
    />
    <Pager {...pager} />
    {ignoredClients.length > 0 && <IgnoredClients ignoredClients={ignoredClients} />}
  </>
);

const participationOf = ({ active }: Partner): VNode => (
  <State kind={active ? 'good' : 'neutral'}>{active ? 'actif' : 'ne participe plus'}</State>
);

function accessText(access: PartnerModel['access']): ComponentChildren {
  if (access === 'key_missing') return <State kind="bad">clé d’API absente</State>;
  return access === 'key' ? 'clé d’API' : 'badges publiés';
}

const lastOf = ({ lastS, silent }: Pick<PartnerModel, 'lastS' | 'silent'>): ComponentChildren => (
  <>
    {lastS === null ? 'jamais rien reçu' : <Instant atS={lastS} />}{' '}
    {silent && lastS !== null && <State kind="waiting">silencieux depuis 30 jours</State>}
  </>
);

const IgnoredClients = ({ ignoredClients }: Pick<PartnersModel, 'ignoredClients'>): VNode => (
  <Section id="ignores" title="Avis ignorés">
    <P say="OBF a envoyé des avis pour ces comptes, qui ne participent pas : rien n’en a été lu." />
    <Table
      caption="Comptes dont les avis sont ignorés"
      rows={ignoredClients}
      columns={[
        ['Compte OBF', ({ clientId, partner }) => [<code>{clientId}</code>, ' ', partner?.name]],
        [
          'Pourquoi',
          ({ partner }) => (partner === null ? 'compte inconnu de partners.yaml' : 'ne participe plus'),
        ],
        ['Avis', ({ count }) => count],
        ['Le dernier', ({ lastS }) => <Instant atS={lastS} />],
        [
          'Pour y remédier',
          ({ partner, command }) =>
            partner === null ? commandText(command) : 'retirez « active: false » dans partners.yaml',
        ],
      ]}
    />
  </Section>
);

const commandText = (command: string | null): ComponentChildren =>
  command === null ? 'cet identifiant ne peut pas être inscrit' : <code>{command}</code>;

export const PartnerView = (model: PartnerModel): VNode => (
  <>
    {model.access === 'key_missing' && (
      <BadAlert say="partners.yaml nomme une variable pour la clé d’API, et ces pages ne l’ont pas. Mettez-y la clé, puis redémarrez Palier." />
    )}
    {model.isKeyRefused && (
      <Alert kind="bad">
        OBF refuse la clé d’API de cet organisme : ses badges ne sont plus lus. Demandez-lui une nouvelle clé,
        mettez-la dans la variable, redémarrez Palier, puis relancez ce qui a échoué.{' '}
        <a href={PATHS.failures}>Voir les échecs</a>
      </Alert>
    )}
    <About {...model} />
    <Enrolled {...model} />
    <NotEnrolled {...model} />
    <LinkLine href={PATHS.partners} say="Tous les organismes" />
  </>
);

function About(model: PartnerModel): VNode {
  const { partner, access, readS, lastIgnoredS } = model;
  const notRead = access === 'hosted' ? 'sans objet : Palier n’a pas de clé' : 'jamais';
  return (
    <DefinitionList
      items={[
        ['Compte OBF', <code>{partner.clientId}</code>],
        ['Participation', participationOf(partner)],
        ['Accès', accessText(access)],
        partner.secretEnv === null ? null : ['Variable de la clé', <code>{partner.secretEnv}</code>],
        ['Dernier badge délivré', lastOf(model)],
        ['Compte OBF lu pour la dernière fois', readS === null ? notRead : <Instant atS={readS} />],
        lastIgnoredS === null
          ? null
          : ['Dernier avis ignoré, l’organisme ne participant plus', <Instant atS={lastIgnoredS} />],
      ]}
    />
  );
}

/** The partner's enrolled badges, in the order of partners.yaml. */
const Enrolled = ({ scheme, partner }: PartnerModel): VNode => (
  <Section id="inscrits" title="Badges inscrits">
    <Table
      caption="Badges inscrits de cet organisme"
      rows={partner.badges}
      columns={[
        ['Badge', ({ name, badgeId }) => [name, ' ', <code>{badgeId}</code>]],
        ['Compétence', ({ competency }) => scheme.competencies.get(competency)?.name ?? competency],
        ['Niveau', ({ level }) => level],
        ['Capacité', (badge) => abilityOf(badge, scheme)],
        ['Délivré', (badge) => periodText(badge, scheme)],
        ['Remplace', ({ replaces }) => (replaces.length === 0 ? '–' : replaces.join(', '))],
      ]}
      empty="Aucun badge inscrit."
    />
  </Section>
);

const abilityOf = ({ competency, ability }: Enrolment, { competencies }: Scheme): string =>
  ability === null ? '–' : (competencies.get(competency)?.abilities.get(ability) ?? ability);

/** `à partir du 1 janv. 2024 jusqu'au 31 déc. 2026`. */
function periodText(badge: Enrolment, { timeZone }: Scheme): string {
  const words = periodWords(badge, timeZone).map(({ fr }) => fr);
  return words.length === 0 ? 'à toute date' : words.join(' ');
}

/** Issued badges that are not enrolled, each with the command that enrols it. */
const NotEnrolled = ({ notEnrolled, ...model }: PartnerModel): VNode => (
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
            ['Fois', ({ count }) => count],
            ['Le dernier', ({ lastS }) => <Instant atS={lastS} />],
            [
              'Commande d’inscription',
              ({ enrolledBy, command }) =>
                enrolledBy === null ? commandText(command) : `inscrit pour ${enrolledBy}`,
            ],
          ]}
        />
      </>
    )}
  </Section>
);

/** A choice of competency and level, which only changes the commands that are shown. */
function ChooseForm({ scheme, partner, enrolAs, levels }: Omit<PartnerModel, 'notEnrolled'>): VNode {
  const unset = ['', 'à choisir'] as const;
  const competencies = [...scheme.competencies.values()].map(({ id, name }) => [id, name] as const);
  const numbers = levels.map((level) => [String(level), String(level)] as const);
  const [competency, level] = [enrolAs.competency ?? '', String(enrolAs.level ?? '')];
  return (
    <form method="get" action={`${PATHS.partner(partner.clientId)}#non-inscrits`} class="filter">
      <Field
        name="competence"
        label="Compétence"
        options={[unset, ...competencies]}
        value={competency}
        required
      />
      <Field name="niveau" label="Niveau" options={[unset, ...numbers]} value={level} required />
      <button type="submit">Préparer les commandes</button>
    </form>
  );
}
