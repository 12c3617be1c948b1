import type { VNode } from 'preact';
import { JOURNAL_KINDS, type JournalEntry } from '../../../earners/journal-entry.js';
import type { ClientId } from '../../../ids.js';
import { withoutAddresses } from '../../../platform/logger.js';
import type { Scheme } from '../../../rules/types.js';
import { JOURNAL_KIND_WORDS } from '../../shared/words.js';
import { Field } from '../parts/form.js';
import { Pager, Table, type Column } from '../parts/table.js';
import { Alert, Instant, LinkLine, P, PersonLink, Section } from '../parts/text.js';
import { journalHref, type JournalModel, type PageFilter } from './read.js';
import { PATHS } from '../route.js';

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

/** Posted, so that no URL has an e-mail address; the answer redirects to a URL with the key. */
function FilterForm({ filter, faults, scheme }: JournalModel): VNode {
  const fieldFor = (name: keyof PageFilter, label: string, fault: string) => ({
    name,
    label,
    value: filter[name] ?? '',
    fault: faults.has(name) ? fault : undefined,
  });
  const noChoice = ['', 'tous'] as const;
  const awards = scheme.awards.map(({ id, name }) => [id, name] as const);
  const { badge } = filter;
  // An award that the scheme no longer has can be chosen too.
  if (badge !== null && !awards.some(([id]) => id === badge)) awards.push([badge, badge]);
  const kinds = JOURNAL_KINDS.map((kind) => [kind, JOURNAL_KIND_WORDS[kind].fr] as const);
  return (
    <form method="post" action={PATHS.journal} class="filter">
      <Field {...fieldFor('du', 'Du', NO_DATE)} type="date" />
      <Field {...fieldFor('au', 'Au', NO_DATE)} type="date" />
      <Field {...fieldFor('sorte', 'Ce qui s’est passé', NOT_LISTED)} options={[noChoice, ...kinds]} />
      <Field {...fieldFor('badge', 'Badge Région', NOT_LISTED)} options={[noChoice, ...awards]} />
      <Field
        {...fieldFor('personne', 'Personne', NO_PERSON)}
        help="Adresse électronique, ou clé. L’adresse n’est ni affichée, ni conservée."
      />
      <Field {...fieldFor('evenement', 'Événement OBF de la Région', NO_EVENT)} />
      <button type="submit">Filtrer</button>
      <LinkLine href={PATHS.journal} say="Tout afficher" />
    </form>
  );
}

const Exports = ({ filter }: JournalModel): VNode => (
  <Section id="exporter" title="Exporter">
    <P say="Tout ce que montre le filtre, dans l’ordre d’inscription. Les personnes y sont par leur clé." />
    <ul>
      <li>
        <a href={journalHref(filter, {}, `${PATHS.journal}/export.csv`)}>CSV, pour un tableur</a>
      </li>
      <li>
        <a href={journalHref(filter, {}, `${PATHS.journal}/export.ndjson`)}>NDJSON, pour un programme</a>
      </li>
    </ul>
  </Section>
);

interface EntriesProps {
  readonly caption: string;
  readonly entries: readonly JournalEntry[];
  readonly scheme: Scheme;
  /** The Région's OBF client. */
  readonly region: ClientId;
  /** The columns that identify the person. */
  readonly who: readonly Column<JournalEntry>[];
  readonly empty: string;
}

export function EntriesTable({ caption, entries, scheme, region, who, empty }: EntriesProps): VNode {
  const nameOf = awardNames(scheme);
  return (
    <Table
      caption={caption}
      rows={entries}
      columns={[
        ['Quand', ({ atS }) => <Instant atS={atS} />],
        ['Ce qui s’est passé', ({ kind }) => JOURNAL_KIND_WORDS[kind].fr],
        ['Badge Région', (entry) => nameOf(entry) ?? '–'],
        ...who,
        ['À la suite de', ({ cause }) => (cause === null ? '–' : causeWords(cause, scheme, region))],
        ['Précisions', detailsOf],
      ]}
      empty={empty}
    />
  );
}

function detailsOf({ event, version, detail }: JournalEntry): VNode | string {
  if (event === null && version === null && detail === null) return '–';
  return (
    <ul>
      {event !== null && (
        <li>
          événement <a href={`${PATHS.journal}?evenement=${encodeURIComponent(event)}`}>{event}</a>
        </li>
      )}
      {version !== null && (
        <li>
          barème <code>{version}</code>
        </li>
      )}
      {detail !== null && <li lang="en">{withoutAddresses(detail)}</li>}
    </ul>
  );
}

/** Causes of one word. */
const CAUSES: Readonly<Record<string, string>> = {
  ops: 'une demande d’un opérateur',
  apply: 'la mise en vigueur du barème',
  retention: 'la durée de conservation',
  awards: 'un autre badge Région délivré',
  'region-account': 'la lecture du compte OBF de la Région',
  reconcile: 'une relecture complète d’OBF',
  revocation: 'une révocation',
  link: 'le rattachement d’une adresse',
  unlink: 'le détachement d’une adresse',
  unblock: 'la levée d’un blocage',
};

/** How Palier learnt of an event. */
const SOURCES: Readonly<Record<string, string>> = {
  webhook: 'un avis d’OBF',
  poll: 'la lecture du compte OBF',
  passport: 'un badge envoyé à un Passport',
  ops: 'une demande d’un opérateur',
};

/** Pure. Says an entry's cause in words; an unknown cause is returned as it is stored. */
export function causeWords(cause: string, { partners }: Scheme, region: ClientId): string {
  const words = CAUSES[cause];
  if (words !== undefined) return words;
  const [, from = '', kind, subject = ''] = /^(\w+)\.(event|credential)\.(.+)$/.exec(cause) ?? [];
  const source = SOURCES[from];
  if (source === undefined) return cause;
  if (kind === 'credential') return source;
  const client = [{ clientId: region, name: 'la Région' }, ...partners].find(({ clientId }) =>
    subject.startsWith(`${clientId}.`),
  );
  if (client === undefined) return `${source} : ${subject}`;
  const event = subject.slice(client.clientId.length + 1);
  return `${source} : ${client.name}, événement ${event}`;
}

/** Returns a lookup of an entry's award: its name in the scheme, else its id or its badge's. */
export function awardNames({ awards }: Scheme): (entry: JournalEntry) => string | null {
  const byId = new Map(awards.map(({ id, name }) => [id, name]));
  const byBadge = new Map(awards.map(({ badgeId, name }) => [badgeId, name]));
  return ({ award, badgeId }) =>
    (award === null ? undefined : byId.get(award)) ??
    (badgeId === null ? undefined : byBadge.get(badgeId)) ??
    award ??
    badgeId;
}
