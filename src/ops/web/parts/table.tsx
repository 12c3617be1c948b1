import type { ComponentChildren, VNode } from 'preact';
import { useId } from 'preact/hooks';
import { number } from './text.js';

/** A column: its title, and its cell for a row. The first column names the row; numbers are right-aligned. */
export type Column<Row> = readonly [title: string, cell: (row: Row) => ComponentChildren];

interface TableProps<Row> {
  readonly caption: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  /** Shown where there are no rows. */
  readonly empty?: string;
}

const classOf = (cell: ComponentChildren) => (typeof cell === 'number' ? 'number' : undefined);

/** A table of data. Wider than the window, it scrolls by itself, with the keyboard too. */
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

/** A number is written as the language does. */
const Value = ({ of }: { readonly of: ComponentChildren }): VNode => (
  <>{typeof of === 'number' ? number(of) : of}</>
);

/** A term and its value. Null: there is nothing to say. */
type Item = readonly [term: string, value: ComponentChildren] | null;

/** What something is, point by point. */
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
  /** Null: there is nothing before, or after. */
  readonly previous: string | null;
  readonly next: string | null;
  readonly first?: string | null;
  readonly last?: string | null;
  /** « 51 à 100 sur 100 000 ». */
  readonly where?: string;
}

/** From page to page of a long list, by numbers or by cursors. */
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

/** One page of a list, the one that `?page=` asks for: the first for anything else, the last for one beyond. */
export function numberedPage<Row>(query: URLSearchParams, rows: readonly Row[], size: number) {
  const asked = query.get('page') ?? '';
  const pages = Math.max(1, Math.ceil(rows.length / size));
  const page = Math.min(pages, /^[1-9]\d{0,5}$/.test(asked) ? Number(asked) : 1);
  const [from, to] = [(page - 1) * size, Math.min(page * size, rows.length)];
  const hrefOf = (other: number): string => {
    const params = new URLSearchParams(query);
    params.set('page', String(other));
    return `?${params.toString()}`;
  };
  return {
    rows: rows.slice(from, to),
    pager: {
      previous: page > 1 ? hrefOf(page - 1) : null,
      next: page < pages ? hrefOf(page + 1) : null,
      where: `${number(from + 1)} à ${number(to)} sur ${number(rows.length)}`,
    },
  };
}

interface BarProps {
  readonly have: number;
  readonly need: number;
}

/** How far something is, drawn: the words beside it say the same. */
export const Bar = ({ have, need }: BarProps): VNode => (
  <progress aria-hidden="true" max={Math.max(need, 1)} value={Math.min(have, need)} />
);

interface ProgressProps extends BarProps {
  readonly label: string;
  /** What the bar says, in words. */
  readonly words: string;
}

/** How far work in the background is. */
export const ProgressLine = ({ label, have, need, words }: ProgressProps): VNode => (
  <p>
    {label} <Bar have={have} need={need} /> {need > 0 && words}
  </p>
);
