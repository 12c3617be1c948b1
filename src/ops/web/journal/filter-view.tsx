import type { VNode } from 'preact';
import { JOURNAL_KINDS } from '../../../earners/journal-entry.js';
import type { Lang } from '../../shared/words.js';
import { Choice, Field } from '../parts/field.js';
import type { FieldName } from './asked.js';
import type { JournalModel } from './read.js';
import { FIELD_WORDS, JOURNAL, KIND_WORDS } from './words.js';

interface FilterProps {
  readonly model: Pick<JournalModel, 'asked' | 'faults' | 'scheme'>;
  readonly lang: Lang;
}

/** It is posted, so that an address never stands in the page's own; the answer leads to a page by key. */
export function FilterForm({ model: { asked, faults, scheme }, lang }: FilterProps): VNode {
  const about = (name: FieldName) => ({
    name,
    label: FIELD_WORDS[name].label[lang],
    fault: faults.has(name) ? FIELD_WORDS[name].fault[lang] : undefined,
  });
  const all = { value: '', label: JOURNAL.all[lang] };
  return (
    <form method="post" action="/ops/journal" class="filter">
      <Field {...about('du')} type="date" value={asked.from ?? ''} />
      <Field {...about('au')} type="date" value={asked.until ?? ''} />
      <Choice
        {...about('sorte')}
        options={[all, ...JOURNAL_KINDS.map((kind) => ({ value: kind, label: KIND_WORDS[kind][lang] }))]}
        value={asked.kind ?? ''}
      />
      <Choice
        {...about('badge')}
        options={[all, ...awardsOf(scheme, asked.award)]}
        value={asked.award ?? ''}
      />
      <Field {...about('personne')} help={JOURNAL.personHelp[lang]} value={asked.earner ?? ''} />
      <Field {...about('evenement')} value={asked.event ?? ''} />
      <button type="submit">{JOURNAL.filter[lang]}</button>
      <p>
        <a href="/ops/journal">{JOURNAL.reset[lang]}</a>
      </p>
    </form>
  );
}

/** Those of the scheme; and the one that is asked for, where the scheme no longer has it. */
function awardsOf(
  { awards }: JournalModel['scheme'],
  asked: string | null,
): readonly { readonly value: string; readonly label: string }[] {
  const known = awards.map(({ id, name }) => ({ value: String(id), label: name }));
  const isKnown = asked === null || known.some(({ value }) => value === asked);
  return isKnown ? known : [...known, { value: asked, label: asked }];
}
