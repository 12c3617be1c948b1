import type { ComponentChildren, VNode } from 'preact';
import { JOURNAL_KINDS, type JournalEntry } from '../../../earners/journal-entry.js';
import { TO } from '../links.js';
import { Choice, Field } from '../parts/form.js';
import { Pager, Table } from '../parts/table.js';
import { Alert, Instant, LinkLine, P, PersonLink, Section } from '../parts/text.js';
import type { View } from '../route.js';

import { journalHref, type FieldName } from './filter.js';
import type { JournalModel } from './read.js';
import { awardNames, causeWords, KINDS } from './words.js';

const NOTES = {
  partial: 'Beaucoup d’inscriptions ont été parcourues : la recherche continue à la page suivante.',
  cut: 'Cet événement concerne plus de 500 personnes : seules les premières sont ici. L’export a tout.',
} as const satisfies Record<NonNullable<JournalModel['note']>, string>;

const NO_DATE = 'Ce n’est pas une date.';
const NOT_LISTED = 'Choisissez dans la liste.';

/** Each field's label, and what is said of what makes no sense in it. */
const FIELDS = {
  du: ['Du', NO_DATE],
  au: ['Au', NO_DATE],
  sorte: ['Ce qui s’est passé', NOT_LISTED],
  badge: ['Badge Région', NOT_LISTED],
  personne: ['Personne', 'Ce n’est ni une adresse électronique, ni la clé d’une personne (22 caractères).'],
  evenement: ['Événement OBF de la Région', 'Ce n’est pas l’identifiant d’un événement.'],
} as const satisfies Record<FieldName, readonly [label: string, fault: string]>;

type PartProps = JournalModel;

export const JournalView: View<JournalModel> = (model) => (
  <>
    <FilterForm {...model} />
    {model.faults.size === 0 && (
      <>
        {model.note !== null && <Alert kind="note">{NOTES[model.note]}</Alert>}
        <Entries {...model} />
        <Pager previous={model.newer} next={model.older} />
        <Ends {...model} />
        <Exports {...model} />
      </>
    )}
  </>
);

/** Posted, so that no URL has an e-mail address; the answer redirects to a page by key. */
function FilterForm({ filter, faults, scheme }: PartProps): VNode {
  const about = (name: FieldName) => {
    const [label, fault] = FIELDS[name];
    return { name, label: label, fault: faults.has(name) ? fault : undefined };
  };
  const all = ['', 'tous'] as const;
  const awards = scheme.awards.map(({ id, name }) => [id, name] as const);
  const { award } = filter;
  // One that the scheme no longer has can be asked for, too.
  if (award !== null && !awards.some(([id]) => id === award)) awards.push([award, award]);
  const kinds = JOURNAL_KINDS.map((kind) => [kind, KINDS[kind]] as const);
  return (
    <form method="post" action={TO.journal} class="filter">
      <Field {...about('du')} type="date" value={filter.from ?? ''} />
      <Field {...about('au')} type="date" value={filter.until ?? ''} />
      <Choice {...about('sorte')} options={[all, ...kinds]} value={filter.kind ?? ''} />
      <Choice {...about('badge')} options={[all, ...awards]} value={award ?? ''} />
      <Field
        {...about('personne')}
        help="Adresse électronique, ou clé. L’adresse n’est ni affichée, ni conservée."
        value={filter.earner ?? ''}
      />
      <Field {...about('evenement')} value={filter.event ?? ''} />
      <button type="submit">Filtrer</button>
      <LinkLine href={TO.journal} say="Tout afficher" />
    </form>
  );
}

function Entries({ entries, scheme, region }: PartProps): VNode {
  const nameOf = awardNames(scheme);
  return (
    <Table
      caption="Ce que Palier a décidé et fait, le plus récent d’abord"
      rows={entries}
      columns={[
        ['Quand', ({ atS }) => <Instant atS={atS} />],
        ['Quoi', ({ kind }) => KINDS[kind]],
        ['Badge Région', (entry) => nameOf(entry) ?? '–'],
        ['Personne', (entry) => personOf(entry)],
        ['À la suite de', ({ cause }) => (cause === null ? '–' : causeWords(cause, scheme, region))],
        ['Précisions', (entry) => detailsOf(entry)],
      ]}
      empty="Rien de tel n’est inscrit."
    />
  );
}

function personOf({ kind, earner }: JournalEntry): ComponentChildren {
  if (earner === null) return kind === 'applied' || kind === 'viewed' ? '–' : 'effacée depuis';
  return <PersonLink earner={earner} />;
}

function detailsOf({ event, version, detail }: JournalEntry): ComponentChildren {
  if (event === null && version === null && detail === null) return '–';
  return (
    <ul>
      {event !== null && (
        <li>
          événement <a href={`${TO.journal}?evenement=${encodeURIComponent(event)}`}>{event}</a>
        </li>
      )}
      {version !== null && (
        <li>
          barème <code>{version}</code>
        </li>
      )}
      {detail !== null && <li lang="en">{detail}</li>}
    </ul>
  );
}

function Ends({ newest, oldest }: PartProps): VNode | null {
  if (newest === null && oldest === null) return null;
  return (
    <nav class="pager" aria-label="Début et fin du journal">
      {newest !== null && <a href={newest}>Les plus récents</a>}
      {oldest !== null && <a href={oldest}>Les plus anciens</a>}
    </nav>
  );
}

const Exports = ({ filter }: PartProps): VNode => (
  <Section id="exporter" title="Exporter">
    <P say="Tout ce que montre le filtre, dans l’ordre d’inscription. Les personnes y sont par leur clé." />
    <ul>
      {(['csv', 'ndjson'] as const).map((ending) => (
        <li key={ending}>
          <a href={journalHref(filter, {}, `${TO.journal}/export.${ending}`)}>
            {ending === 'csv' ? 'CSV, pour un tableur' : 'NDJSON, pour un programme'}
          </a>
        </li>
      ))}
    </ul>
  </Section>
);
