import type { ComponentChildren, VNode } from 'preact';
import { useId } from 'preact/hooks';
import type { Tally } from '../../../rules/badges-condition.js';
import { formatNumber } from './text.js';

/** A column's title, and its cell for a row. The first cell is the row's header; numbers are right-aligned. */
export type Column<Row> = readonly [title: string, cell: (row: Row) => ComponentChildren];

interface TableProps<Row> {
  readonly caption: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  /** Shown when there are no rows. */
  readonly empty?: string;
}

const classOf = (cell: ComponentChildren) => (typeof cell === 'number' ? 'number' : undefined);

/** A data table. When it is wider than the window it scrolls on its own, by keyboard too. */
export function Table<Row>({ caption, columns, rows, empty = '' }: TableProps<Row>): VNode {
  const id = useId();
  const cells = rows.map((row) => columns.map(([, cell]) => cell(row)));
  return (
    <div class="scroll" role="region" aria-labelledby={id} tabIndex={0}>
      <table>
        <caption id={id}>{caption}</caption>
        <thead>
          <tr>
            {columns.map(([title], at) => (
              <th key={at} scope="col" class={classOf(cells[0]?.[at])}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {cells.map((row, index) => (
            <tr key={index}>
              {row.map((cell, at) =>
                at === 0 ? (
                  <th key={at} scope="row">
                    <Value of={cell} />
                  </th>
                ) : (
                  <td key={at} class={classOf(cell)}>
                    <Value of={cell} />
                  </td>
                ),
              )}
            </tr>
          ))}
          {rows.length === 0 && (
            <tr>
              <td colSpan={columns.length}>{empty}</td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}

/** Formats a number in French; returns anything else as it is. */
const Value = ({ of }: { readonly of: ComponentChildren }): VNode => (
  <>{typeof of === 'number' ? formatNumber(of) : of}</>
);

/** A term and its value. Null: left out. */
type Item = readonly [term: string, value: ComponentChildren] | null;

export const DefinitionList = ({ items }: { readonly items: readonly Item[] }): VNode => (
  <dl>
    {items.map(
      (item, at) =>
        item !== null && (
          <div key={at}>
            <dt>{item[0]}</dt>
            <dd>
              <Value of={item[1]} />
            </dd>
          </div>
        ),
    )}
  </dl>
);

interface PagerProps {
  /** URLs of other pages; null: there is none. */
  readonly previous: string | null;
  readonly next: string | null;
  readonly first?: string | null;
  readonly last?: string | null;
  /** « 51 à 100 sur 100 000 ». */
  readonly where?: string;
}

/** Links between the pages of a list, by number or by cursor. */
export function Pager({ previous, next, first = null, last = null, where = '' }: PagerProps): VNode | null {
  if (previous === null && next === null) return null;
  return (
    <nav class="pager" aria-label="Pages">
      {first !== null && <a href={first}>Les plus récents</a>}
      {previous !== null && (
        <a href={previous} rel="prev">
          ← Précédents
        </a>
      )}
      {where !== '' && <span>{where}</span>}
      {next !== null && (
        <a href={next} rel="next">
          Suivants →
        </a>
      )}
      {last !== null && <a href={last}>Les plus anciens</a>}
    </nav>
  );
}

/** Returns the page of a list that `?page=` names: the first if invalid, the last if too high. */
export function numberedPage<Row>(query: URLSearchParams, rows: readonly Row[], size: number) {
  const typed = query.get('page') ?? '';
  const pages = Math.max(1, Math.ceil(rows.length / size));
  const page = Math.min(pages, /^[1-9]\d{0,5}$/.test(typed) ? Number(typed) : 1);
  const [from, to] = [(page - 1) * size, Math.min(page * size, rows.length)];
  const hrefOf = (target: number): string => {
    const params = new URLSearchParams(query);
    params.set('page', String(target));
    return `?${params.toString()}`;
  };
  return {
    rows: rows.slice(from, to),
    pager: {
      previous: page > 1 ? hrefOf(page - 1) : null,
      next: page < pages ? hrefOf(page + 1) : null,
      where: `${formatNumber(from + 1)} à ${formatNumber(to)} sur ${formatNumber(rows.length)}`,
    },
  };
}

/** A progress bar. Screen readers skip it: the words beside it say the same. */
export const Bar = ({ have, need }: Tally): VNode => (
  <progress aria-hidden="true" max={Math.max(need, 1)} value={Math.min(have, need)} />
);

interface ProgressProps extends Tally {
  readonly label: string;
  /** The progress in words. */
  readonly words: string;
}

/** The progress of work in the background. */
export const ProgressLine = ({ label, have, need, words }: ProgressProps): VNode => (
  <p>
    {label} <Bar have={have} need={need} /> {need > 0 && words}
  </p>
);
