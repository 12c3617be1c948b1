import { Fragment, type VNode } from 'preact';
import type { Lang } from '../../shared/words.js';
import { State } from '../parts/state.js';
import { Table, type Column } from '../parts/table.js';
import type { AwardTold, GridRow } from './grid.js';
import { ProgressBar } from './progress-bar.js';
import type { PersonProps } from './view.js';
import { PERSON } from './words.js';

/** Where somebody stands, at a glance; each state leads to its reasons below. */
export function GridPart({ model: { grid }, lang }: PersonProps): VNode {
  const columns: readonly Column<GridRow>[] = [
    { title: PERSON.competency[lang], heads: true, cell: ({ competency }) => competency },
    ...grid.levels.map((level, at) => ({
      title: PERSON.level(level)[lang],
      cell: ({ cells }: GridRow) => <Cell awards={cells[at] ?? []} lang={lang} />,
    })),
  ];
  return (
    <section aria-labelledby="ou-en-est">
      <h2 id="ou-en-est">{PERSON.grid[lang]}</h2>
      {(grid.rows.length > 0 || grid.others.length === 0) && (
        <Table
          caption={PERSON.gridCaption[lang]}
          columns={columns}
          rows={grid.rows}
          empty={PERSON.noAward[lang]}
        />
      )}
      {grid.others.length > 0 && (
        <Table
          caption={PERSON.others[lang]}
          columns={[
            { title: PERSON.award[lang], heads: true, cell: ({ award }: AwardTold) => award.name },
            { title: PERSON.state[lang], cell: (told) => <Standing told={told} lang={lang} /> },
          ]}
          rows={grid.others}
          empty=""
        />
      )}
    </section>
  );
}

interface CellProps {
  readonly awards: readonly AwardTold[];
  readonly lang: Lang;
}

const Cell = ({ awards, lang }: CellProps): VNode =>
  awards.length === 0 ? (
    <span class="muted">{PERSON.noLevel[lang]}</span>
  ) : (
    <>
      {awards.map((told) => (
        <Fragment key={told.award.id}>
          <div>{told.award.name}</div>
          <Standing told={told} lang={lang} />
        </Fragment>
      ))}
    </>
  );

const Standing = ({ told, lang }: { readonly told: AwardTold; readonly lang: Lang }): VNode => (
  <div>
    <a href={`#${anchorOf(told)}`}>
      <State kind={told.standing.kind}>{told.standing.words[lang]}</State>
    </a>
    {told.progress !== null && <ProgressBar progress={told.progress} lang={lang} />}
  </div>
);

export const anchorOf = ({ award }: Pick<AwardTold, 'award'>): string => `badge-${award.id}`;
