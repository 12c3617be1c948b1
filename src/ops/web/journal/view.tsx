import type { VNode } from 'preact';
import type { Lang } from '../../shared/words.js';
import { Alert } from '../parts/alert.js';
import { Pager } from '../parts/pager.js';
import type { View } from '../route.js';
import { journalHref } from './asked.js';
import { EntriesTable } from './entries-view.js';
import { FilterForm } from './filter-view.js';
import type { JournalModel } from './read.js';
import { JOURNAL } from './words.js';

export const JournalView: View<JournalModel> = ({ model, lang }): VNode => (
  <>
    <FilterForm model={model} lang={lang} />
    {model.faults.size === 0 && (
      <>
        {model.note !== null && <Alert kind="note">{JOURNAL.notes[model.note][lang]}</Alert>}
        <EntriesTable entries={model.entries} scheme={model.scheme} region={model.region} lang={lang} />
        <Pager previous={model.newer} next={model.older} />
        <Ends model={model} lang={lang} />
        <Exports model={model} lang={lang} />
      </>
    )}
  </>
);

interface PartProps {
  readonly model: JournalModel;
  readonly lang: Lang;
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

const Exports = ({ model: { asked }, lang }: PartProps): VNode => (
  <section aria-labelledby="exporter">
    <h2 id="exporter">{JOURNAL.export[lang]}</h2>
    <p>{JOURNAL.exportAbout[lang]}</p>
    <ul>
      <li>
        <a href={journalHref(asked, {}, '/ops/journal/export.csv')}>{JOURNAL.csv[lang]}</a>
      </li>
      <li>
        <a href={journalHref(asked, {}, '/ops/journal/export.ndjson')}>{JOURNAL.ndjson[lang]}</a>
      </li>
    </ul>
  </section>
);
