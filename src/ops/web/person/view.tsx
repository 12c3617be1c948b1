import { Fragment, type ComponentChildren, type VNode } from 'preact';
import type { JournalEntry } from '../../../earners/journal-entry.js';
import { awardGrid } from '../../shared/explain-person.js';
import { EntriesTable } from '../journal/view.js';
import { ActionForm, Field } from '../parts/form.js';
import { Bar, Table, type Column } from '../parts/table.js';
import {
  Alert,
  BadAlert,
  Instant,
  LinkLine,
  NoteAlert,
  P,
  Section,
  State,
  TreeList,
  useIsOperator,
} from '../parts/text.js';
import type { AddressShown, AwardExplained, KnownPerson, PersonModel } from './read.js';
import { PATHS } from '../route.js';

export const SearchView = ({ fault }: { readonly fault: boolean }): VNode => (
  <ActionForm to={PATHS.people} label="Chercher" role="lecture">
    <Field
      name="who"
      label="Adresse de la personne"
      help="Adresse électronique, ou clé de 22 caractères. L’adresse n’apparaît ni dans celle de la page, ni dans les journaux."
      fault={fault ? 'Ce n’est ni une adresse électronique, ni une clé de 22 caractères.' : undefined}
      type="search"
      required
    />
  </ActionForm>
);

export const PersonView = (model: PersonModel): VNode => (
  <>
    <LinkLine href={PATHS.people} say="Chercher une autre personne" />
    {model.kind === 'known' ? (
      <Known {...model} />
    ) : (
      <Alert kind="note">
        <P say="Personne inconnue : Palier ne garde rien à cette adresse." />
        {model.erasedAtS === null ? (
          <P say="Vérifiez l’adresse. Un badge délivré à l’instant peut mettre quelques minutes à être lu." />
        ) : (
          <p>
            Tout a été effacé le <Instant atS={model.erasedAtS} />.
          </p>
        )}
      </Alert>
    )}
  </>
);

const Known = (model: KnownPerson): VNode => (
  <>
    {model.isErasing && (
      <BadAlert say="L’effacement de cette personne a commencé et n’est pas terminé : effacez-la à nouveau pour l’achever." />
    )}
    {model.paused && (
      <NoteAlert say="Les envois sont suspendus : rien n’est délivré avant qu’ils ne soient relancés, à l’accueil." />
    )}
    {model.evaluation !== 'none' && (
      <Alert kind="note">
        {model.evaluation === 'waits'
          ? 'Une réévaluation est en cours : rechargez la page dans un instant.'
          : 'La dernière réévaluation a échoué : voyez la page Échecs.'}
      </Alert>
    )}
    <AwardGrid {...model} />
    <Why {...model} />
    <History {...model} />
    <Addresses {...model} />
    <Actions {...model} />
  </>
);

/** The person's awards at a glance, by competency and level; each state links to its reasons below. */
function AwardGrid({ awards, scheme }: KnownPerson): VNode {
  const { levels, rows, others } = awardGrid(scheme, awards);
  const columns = levels.map((level, at): Column<(typeof rows)[number]> => [
    `Niveau ${level}`,
    ({ cells }) => cellOf(cells[at] ?? []),
  ]);
  return (
    <Section id="ou-en-est" title="Où en est la personne">
      {(rows.length > 0 || others.length === 0) && (
        <Table
          caption="Badges Région, par compétence et niveau"
          rows={rows}
          columns={[['Compétence', ({ name }) => name], ...columns]}
          empty="Aucun badge Région au barème."
        />
      )}
      {others.length > 0 && (
        <Table
          caption="Autres badges Région"
          rows={others}
          columns={[
            ['Badge Région', ({ award }) => award.name],
            ['État', (one) => <StateAndProgress {...one} />],
          ]}
        />
      )}
    </Section>
  );
}

const cellOf = (awards: readonly AwardExplained[]): ComponentChildren =>
  awards.length === 0 ? (
    <span class="muted">aucun badge Région</span>
  ) : (
    awards.map((one) => (
      <Fragment key={one.award.id}>
        <div>{one.award.name}</div>
        <StateAndProgress {...one} />
      </Fragment>
    ))
  );

const StateAndProgress = ({ award, kind, state, progress }: AwardExplained): VNode => (
  <div>
    <a href={`#badge-${award.id}`}>
      <State kind={kind}>{state}</State>
    </a>
    {progress !== null && <Progress {...progress} />}
  </div>
);

const Progress = ({ words, ...tally }: NonNullable<AwardExplained['progress']>): VNode => (
  <div>
    <Bar {...tally} /> <span>{words}</span>
  </div>
);

/** The same reasons as `palier explain` gives. */
const Why = ({ awards, excluded, earner }: KnownPerson): VNode => (
  <Section id="pourquoi" title="Pourquoi, badge par badge">
    {awards.map((one) => (
      <WhyAward key={one.award.id} {...one} earner={earner} />
    ))}
    {excluded.length > 0 && (
      <>
        <h3>Badges qui ne comptent pour aucun badge Région</h3>
        <TreeList lines={excluded.map((text) => ({ text, under: [] }))} />
      </>
    )}
  </Section>
);

function WhyAward(props: AwardExplained & Pick<KnownPerson, 'earner'>): VNode {
  const { award, kind, state, progress, status, under, blocked, earner } = props;
  const id = `badge-${award.id}`;
  return (
    <article aria-labelledby={id}>
      <h3 id={id}>{award.name}</h3>
      <p>
        <State kind={kind}>{state}</State> {status.slice(0, 1).toLocaleUpperCase('fr') + status.slice(1)}.
      </p>
      {progress !== null && <Progress {...progress} />}
      <TreeList lines={under} />
      {blocked && (
        <ActionForm
          to={`${PATHS.person(earner)}/debloquer`}
          label={`Débloquer « ${award.name} »`}
          fields={{ badge: award.badgeId }}
          confirm={
            <P say="Ce badge a été révoqué à la main dans OBF. Débloqué, il est délivré à nouveau dès que sa règle est remplie : tout de suite, si elle l’est. La personne reçoit un e-mail d’OBF." />
          }
        />
      )}
    </article>
  );
}

/** The export has them all. */
const MAX_ENTRIES = 100;

/** The person's journal entries. */
function History({ entries, addresses, scheme, region }: KnownPerson): VNode {
  const address: Column<JournalEntry> = [
    'Adresse',
    ({ earner }) => addresses.find(({ key }) => key === earner)?.address ?? earner,
  ];
  return (
    <Section id="historique" title="Historique">
      <EntriesTable
        caption="Ce qui a été décidé et fait, du plus récent au plus ancien"
        entries={entries.slice(0, MAX_ENTRIES)}
        scheme={scheme}
        region={region}
        who={addresses.length > 1 ? [address] : []}
        empty="Rien n’a encore été décidé."
      />
      {entries.length > MAX_ENTRIES && (
        <P say="Seuls les 100 faits les plus récents sont montrés ; l’export les contient tous." />
      )}
    </Section>
  );
}

/** The person's addresses, unmasked only at an operator's request. */
function Addresses({ addresses, isUnmasked, earner }: KnownPerson): VNode {
  const name: Column<AddressShown> = ['Nom', (one) => one.name ?? '–'];
  return (
    <Section id="adresses" title="Adresses">
      <Table
        caption={isUnmasked ? 'Adresses de cette personne' : 'Adresses de cette personne, masquées'}
        rows={addresses}
        columns={[
          ['Adresse', ({ address }) => address ?? 'non conservée'],
          ...(isUnmasked ? [name] : []),
          ['Rôle', ({ isPrimary }) => (isPrimary ? 'principale' : 'liée')],
          ['Clé', ({ key }) => <code>{key}</code>],
        ]}
      />
      {!isUnmasked && (
        <ActionForm to={`${PATHS.person(earner)}/adresse`} label="Afficher l’adresse">
          <P say="Votre nom est noté dans les journaux." />
        </ActionForm>
      )}
    </Section>
  );
}

/** The operators' actions; each says what it does before it runs. */
function Actions({ earner, addresses, canBeSentLink }: KnownPerson): VNode | null {
  if (!useIsOperator()) return null;
  const formOf = (to: string, label: string, confirm: string) => ({
    to: `${PATHS.person(earner)}/${to}`,
    label,
    confirm: <p>{confirm}</p>,
  });
  return (
    <Section id="actions" title="Actions">
      <ActionForm {...formOf('reevaluer', 'Réévaluer', CONFIRM.evaluate)} />
      {canBeSentLink && <ActionForm {...formOf('lien', 'Envoyer le lien à la personne', CONFIRM.sendLink)} />}
      <ActionForm {...formOf('lier', 'Lier une autre adresse', CONFIRM.link)}>
        <Field name="other" label="Autre adresse de la même personne" type="email" required />
      </ActionForm>
      {addresses
        .filter(({ isPrimary }) => !isPrimary)
        .map(({ key, address }) => (
          <ActionForm
            key={key}
            {...formOf('separer', `Séparer l’adresse ${address ?? key}`, CONFIRM.unlink)}
            fields={{ other: key }}
          />
        ))}
      <ActionForm {...formOf('exporter', 'Exporter (JSON)', CONFIRM.export)} />
      <ActionForm {...formOf('effacer', 'Effacer la personne', CONFIRM.erase)} danger>
        <Field name="address" label="Tapez l’adresse de la personne pour confirmer" type="email" required />
      </ActionForm>
    </Section>
  );
}

const CONFIRM = {
  evaluate:
    'Palier relit ce qu’il sait de la personne et délivre ce qui lui est dû. Rien n’est donné deux fois.',
  sendLink:
    'La personne reçoit par e-mail, à son adresse principale, le lien vers sa page « Mon parcours » : elle y voit ses badges et ce qui lui manque. Il marche une seule fois, pendant 30 minutes. Votre nom est noté dans les journaux.',
  link: 'Les badges des deux adresses comptent alors ensemble, et ce qui est déjà donné ne l’est pas une seconde fois. Assurez-vous qu’il s’agit bien de la même personne.',
  unlink:
    'Cette adresse redevient une personne à part, avec les badges reçus à cette adresse. Les deux sont réévaluées aussitôt. Le compte OBF de la Région est relu : cela prend quelques secondes.',
  export:
    'Tout ce que Palier garde de la personne, adresses et noms compris : à remettre à elle seule, après s’être assuré de son identité. Votre nom est noté dans les journaux.',
  erase:
    'Tout ce que Palier garde d’elle est effacé, sous toutes ses adresses, et ne peut pas être rétabli. Restent des empreintes illisibles, pour que rien ne revienne ni ne soit délivré deux fois. OBF et Open Badge Passport gardent ce qu’ils ont.',
} as const satisfies Record<string, string>;
