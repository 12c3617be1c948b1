import type { ComponentChildren, VNode } from 'preact';
import { useId } from 'preact/hooks';

/** One column: its title, and what stands in it for a row. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** Figures stand to the right. */
  readonly numeric?: boolean;
  /** This column names the row. */
  readonly heads?: boolean;
}

interface TableProps<Row> {
  /** What the table is about; always there. */
  readonly caption: ComponentChildren;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** What is said where there are no rows. */
  readonly empty: string;
}

/** A table of data. Where it is wider than the window, it scrolls by itself, with the keyboard too. */
export function Table<Row>({ caption, columns, rows, empty }: TableProps<Row>): VNode {
  const id = useId();
  return (
    <div class="scroll" role="region" aria-labelledby={id} tabIndex={0}>
      <table>
        <caption id={id}>{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ title, numeric }) => (
              <th key={title} scope="col" class={numeric === true ? 'number' : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={at}>
              {columns.map((column) => (
                <Cell key={column.title} column={column} row={row} />
              ))}
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

function Cell<Row>({ column, row }: { readonly column: Column<Row>; readonly row: Row }): VNode {
  const side = column.numeric === true ? 'number' : undefined;
  if (column.heads === true)
    return (
      <th scope="row" class={side}>
        {column.cell(row)}
      </th>
    );
  return <td class={side}>{column.cell(row)}</td>;
}
