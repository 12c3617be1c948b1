import type { VNode } from 'preact';
import { JOURNAL_KINDS, type JournalEntry } from '../../../earners/journal-entry.js';
import type { Lang } from '../../shared/words.js';
import { TO } from '../links.js';
import { Choice, Field } from '../parts/form.js';
import type { Content } from '../parts/frame.js';
import { Pager, Table } from '../parts/table.js';
import { Alert, Instant, LinkLine, PersonLink, Section } from '../parts/text.js';
import type { View, ViewProps } from '../route.js';
import { journalHref, type FieldName } from './filter.js';
import type { JournalModel } from './read.js';
import { awardNames, causeWords, FIELD_WORDS, JOURNAL, KIND_WORDS } from './words.js';

type PartProps = ViewProps<JournalModel>;

export const JournalView: View<JournalModel> = ({ model, lang }) => (
  <>
    <FilterForm model={model} lang={lang} />
    {model.faults.size === 0 && (
      <>
        {model.note !== null && <Alert kind="note">{JOURNAL.notes[model.note]}</Alert>}
        <Entries model={model} lang={lang} />
        <Pager previous={model.newer} next={model.older} />
        <Ends model={model} lang={lang} />
        <Exports model={model} lang={lang} />
      </>
    )}
  </>
);

/** Posted, so that an e-mail address never stands in the page's own; the answer leads to a page by key. */
function FilterForm({ model: { filter, faults, scheme }, lang }: PartProps): VNode {
  const about = (name: FieldName) => ({
    name,
    label: FIELD_WORDS[name].label,
    fault: faults.has(name) ? FIELD_WORDS[name].fault : undefined,
  });
  const all = { value: '', label: JOURNAL.all };
  const awards = scheme.awards.map(({ id, name }) => ({ value: String(id), label: name }));
  const { award } = filter;
  // One that the scheme no longer has can be asked for, too.
  if (award !== null && !awards.some(({ value }) => value === award))
    awards.push({ value: award, label: award });
  const kinds = JOURNAL_KINDS.map((kind) => ({ value: kind, label: KIND_WORDS[kind] }));
  return (
    <form method="post" action={TO.journal} class="filter">
      <Field {...about('du')} type="date" value={filter.from ?? ''} />
      <Field {...about('au')} type="date" value={filter.until ?? ''} />
      <Choice {...about('sorte')} options={[all, ...kinds]} value={filter.kind ?? ''} />
      <Choice {...about('badge')} options={[all, ...awards]} value={award ?? ''} />
      <Field {...about('personne')} help={JOURNAL.personHelp} value={filter.earner ?? ''} />
      <Field {...about('evenement')} value={filter.event ?? ''} />
      <button type="submit">{JOURNAL.filter[lang]}</button>
      <LinkLine href={TO.journal}>{JOURNAL.reset}</LinkLine>
    </form>
  );
}

function Entries({ model: { entries, scheme, region }, lang }: PartProps): VNode {
  const nameOf = awardNames(scheme);
  return (
    <Table
      caption={JOURNAL.caption}
      columns={[
        { title: JOURNAL.at, heads: true, cell: ({ atS }: JournalEntry) => <Instant atS={atS} /> },
        { title: JOURNAL.kind, cell: ({ kind }) => KIND_WORDS[kind] },
        { title: JOURNAL.award, cell: (entry) => nameOf(entry) ?? '–' },
        { title: JOURNAL.person, cell: personOf },
        {
          title: JOURNAL.cause,
          cell: ({ cause }) => (cause === null ? '–' : causeWords(cause, scheme, region)),
        },
        { title: JOURNAL.more, cell: (entry) => detailsOf(entry, lang) },
      ]}
      rows={entries}
      empty={JOURNAL.none}
    />
  );
}

function personOf({ kind, earner }: JournalEntry): Content {
  if (earner === null) return kind === 'applied' || kind === 'viewed' ? '–' : JOURNAL.nobody;
  return <PersonLink earner={earner} />;
}

function detailsOf({ event, version, detail }: JournalEntry, lang: Lang): Content {
  if (event === null && version === null && detail === null) return '–';
  return (
    <ul>
      {event !== null && (
        <li>
          {JOURNAL.event[lang]} <a href={`${TO.journal}?evenement=${encodeURIComponent(event)}`}>{event}</a>
        </li>
      )}
      {version !== null && (
        <li>
          {JOURNAL.version[lang]} <code>{version}</code>
        </li>
      )}
      {detail !== null && <li lang="en">{detail}</li>}
    </ul>
  );
}

function Ends({ model: { newest, oldest }, lang }: PartProps): VNode | null {
  if (newest === null && oldest === null) return null;
  return (
    <nav class="pager" aria-label={JOURNAL.ends[lang]}>
      {newest !== null && <a href={newest}>{JOURNAL.newest[lang]}</a>}
      {oldest !== null && <a href={oldest}>{JOURNAL.oldest[lang]}</a>}
    </nav>
  );
}

const Exports = ({ model: { filter }, lang }: PartProps): VNode => (
  <Section id="exporter" title={JOURNAL.export}>
    <p>{JOURNAL.exportAbout[lang]}</p>
    <ul>
      {(['csv', 'ndjson'] as const).map((ending) => (
        <li key={ending}>
          <a href={journalHref(filter, {}, `${TO.journal}/export.${ending}`)}>{JOURNAL[ending][lang]}</a>
        </li>
      ))}
    </ul>
  </Section>
);
