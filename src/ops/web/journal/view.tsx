import type { VNode } from 'preact';
import { JOURNAL_KINDS, type JournalEntry } from '../../../earners/journal-entry.js';
import { HAPPENED } from '../../shared/words.js';
import { TO } from '../links.js';
import { Field } from '../parts/form.js';
import { Pager } from '../parts/table.js';
import { Alert, LinkLine, P, PersonLink, Section } from '../parts/text.js';
import { EntriesTable } from './entries.js';
import { journalHref, type JournalModel, type PageFilter } from './read.js';

const NOTES = {
  partial: 'Beaucoup d’inscriptions ont été parcourues : la recherche continue à la page suivante.',
  cut: 'Cet événement concerne plus de 500 personnes : seules les premières sont ici. L’export a tout.',
} as const;

export const JournalView = (model: JournalModel): VNode => (
  <>
    <FilterForm {...model} />
    {model.faults.size === 0 && (
      <>
        {model.note !== null && <Alert kind="note">{NOTES[model.note]}</Alert>}
        <EntriesTable
          {...model}
          caption="Ce que Palier a décidé et fait, le plus récent d’abord"
          who={[['Personne', personOf]]}
          empty="Rien de tel n’est inscrit."
        />
        <Pager {...model.pager} />
        <Exports {...model} />
      </>
    )}
  </>
);

function personOf({ kind, earner }: JournalEntry): VNode | string {
  if (earner !== null) return <PersonLink earner={earner} />;
  return kind === 'applied' || kind === 'viewed' ? '–' : 'effacée depuis';
}

const NO_DATE = 'Ce n’est pas une date.';
const NOT_LISTED = 'Choisissez dans la liste.';
const NO_PERSON = 'Ce n’est ni une adresse électronique, ni la clé d’une personne (22 caractères).';
const NO_EVENT = 'Ce n’est pas l’identifiant d’un événement.';

/** Posted, so that no URL has an e-mail address; the answer redirects to a page by key. */
function FilterForm({ filter, faults, scheme }: JournalModel): VNode {
  const about = (name: keyof PageFilter, label: string, fault: string) => ({
    name,
    label,
    value: filter[name] ?? '',
    fault: faults.has(name) ? fault : undefined,
  });
  const all = ['', 'tous'] as const;
  const awards = scheme.awards.map(({ id, name }) => [id, name] as const);
  const { badge } = filter;
  // One that the scheme no longer has can be asked for, too.
  if (badge !== null && !awards.some(([id]) => id === badge)) awards.push([badge, badge]);
  const kinds = JOURNAL_KINDS.map((kind) => [kind, HAPPENED[kind].fr] as const);
  return (
    <form method="post" action={TO.journal} class="filter">
      <Field {...about('du', 'Du', NO_DATE)} type="date" />
      <Field {...about('au', 'Au', NO_DATE)} type="date" />
      <Field {...about('sorte', 'Ce qui s’est passé', NOT_LISTED)} options={[all, ...kinds]} />
      <Field {...about('badge', 'Badge Région', NOT_LISTED)} options={[all, ...awards]} />
      <Field
        {...about('personne', 'Personne', NO_PERSON)}
        help="Adresse électronique, ou clé. L’adresse n’est ni affichée, ni conservée."
      />
      <Field {...about('evenement', 'Événement OBF de la Région', NO_EVENT)} />
      <button type="submit">Filtrer</button>
      <LinkLine href={TO.journal} say="Tout afficher" />
    </form>
  );
}

const Exports = ({ filter }: JournalModel): VNode => (
  <Section id="exporter" title="Exporter">
    <P say="Tout ce que montre le filtre, dans l’ordre d’inscription. Les personnes y sont par leur clé." />
    <ul>
      <li>
        <a href={journalHref(filter, {}, `${TO.journal}/export.csv`)}>CSV, pour un tableur</a>
      </li>
      <li>
        <a href={journalHref(filter, {}, `${TO.journal}/export.ndjson`)}>NDJSON, pour un programme</a>
      </li>
    </ul>
  </Section>
);
