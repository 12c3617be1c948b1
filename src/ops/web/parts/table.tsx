import type { VNode } from 'preact';
import { useId } from 'preact/hooks';
import { useFrame, useWords, type Content, type Text } from './frame.js';

/** One column: its title, and what stands in it for a row. */
export interface Column<Row> {
  readonly title: Text;
  readonly cell: (row: Row) => Content;
  /** Figures stand to the right. */
  readonly numeric?: boolean;
  /** This column names the row. */
  readonly heads?: boolean;
}

interface TableProps<Row> {
  readonly caption: Content;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** Shown where there are no rows. */
  readonly empty?: Text;
}

/** A table of data. Wider than the window, it scrolls by itself, with the keyboard too. */
export function Table<Row>({ caption, columns, rows, empty = '' }: TableProps<Row>): VNode {
  const id = useId();
  const say = useWords();
  const classOf = ({ numeric }: Column<Row>) => (numeric === true ? 'number' : undefined);
  return (
    <div class="scroll" role="region" aria-labelledby={id} tabIndex={0}>
      <table>
        <caption id={id}>{say(caption)}</caption>
        <thead>
          <tr>
            {columns.map((column, at) => (
              <th key={at} scope="col" class={classOf(column)}>
                {say(column.title)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {columns.map((column, at) =>
                column.heads === true ? (
                  <th key={at} scope="row" class={classOf(column)}>
                    {say(column.cell(row))}
                  </th>
                ) : (
                  <td key={at} class={classOf(column)}>
                    {say(column.cell(row))}
                  </td>
                ),
              )}
            </tr>
          ))}
          {rows.length === 0 && (
            <tr>
              <td colSpan={columns.length}>{say(empty)}</td>
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}

/** A term and its value. */
export type Item = readonly [term: Text, value: Content];

/** What something is, point by point. */
export function DefinitionList({ items }: { readonly items: readonly Item[] }): VNode {
  const say = useWords();
  return (
    <dl>
      {items.map(([term, value], at) => (
        <div key={at}>
          <dt>{say(term)}</dt>
          <dd>{say(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

const PAGER = {
  label: { fr: 'Pages', en: 'Pages' },
  previous: { fr: '← Précédents', en: '← Previous' },
  next: { fr: 'Suivants →', en: 'Next →' },
} as const;

interface PagerProps {
  /** Null: there is nothing before, or after. */
  readonly previous: string | null;
  readonly next: string | null;
  /** « 51 à 100 sur 100 000 ». */
  readonly where?: Text;
}

/** From page to page of a long list, by numbers or by cursors. */
export function Pager({ previous, next, where = '' }: PagerProps): VNode | null {
  const { lang } = useFrame();
  const say = useWords();
  if (previous === null && next === null) return null;
  return (
    <nav class="pager" aria-label={PAGER.label[lang]}>
      {previous !== null && (
        <a href={previous} rel="prev">
          {PAGER.previous[lang]}
        </a>
      )}
      {where !== '' && <span>{say(where)}</span>}
      {next !== null && (
        <a href={next} rel="next">
          {PAGER.next[lang]}
        </a>
      )}
    </nav>
  );
}

/** The page that `?page=` asks for; 1 for anything else. */
export function pageNumberIn(query: URLSearchParams): number {
  const asked = query.get('page') ?? '';
  return /^[1-9]\d{0,5}$/.test(asked) ? Number(asked) : 1;
}

interface ProgressProps {
  readonly label: Text;
  readonly value: number;
  readonly max: number;
  /** What the bar says, in words. */
  readonly words: Text;
}

/** How far work in the background is. */
export function ProgressLine({ label, value, max, words }: ProgressProps): VNode {
  const id = useId();
  const say = useWords();
  const of = Math.max(max, 1);
  return (
    <>
      <label for={id}>{say(label)}</label>{' '}
      <progress id={id} max={of} value={Math.min(value, of)}>
        {say(words)}
      </progress>{' '}
      {max > 0 && say(words)}
    </>
  );
}
