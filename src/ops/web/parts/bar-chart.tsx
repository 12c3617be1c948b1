import type { VNode } from 'preact';
import { useId } from 'preact/hooks';
import { number } from '../words.js';
import { Table } from './table.js';

interface BarChartProps {
  readonly caption: string;
  /** The title of the table's first column. */
  readonly heading: string;
  /** Two at most: bars differ by their filling. */
  readonly series: readonly string[];
  readonly rows: readonly { readonly label: string; readonly values: readonly number[] }[];
  readonly empty: string;
}

const WIDTH = 640;
const LINE = 20;
/** Kept free to the right of the longest bar, for its words. */
const WORDS_WIDTH = 220;

/** Horizontal bars, drawn on the server; the table beside them has the same figures. */
export function BarChart({ caption, heading, series, rows, empty }: BarChartProps): VNode {
  const id = useId();
  const rowHeight = (series.length + 2) * LINE;
  const most = Math.max(1, ...rows.flatMap(({ values }) => values));
  return (
    <div class="chart">
      {rows.length > 0 && (
        <svg viewBox={`0 0 ${WIDTH} ${rows.length * rowHeight}`} role="img" aria-labelledby={id}>
          <title id={id}>{caption}</title>
          {rows.map(({ label, values }, row) => (
            <g key={row} transform={`translate(0 ${row * rowHeight})`}>
              <text y={LINE - 6}>{label}</text>
              {values.map((value, at) => {
                const width = Math.max(1, Math.round((value / most) * (WIDTH - WORDS_WIDTH)));
                return (
                  <g key={at} transform={`translate(1 ${(at + 1) * LINE})`}>
                    <rect class={`bar-${at + 1}`} width={width} height={LINE - 4} />
                    <text x={width + 8} y={LINE - 7}>
                      {number(value)} – {series[at]}
                    </text>
                  </g>
                );
              })}
            </g>
          ))}
        </svg>
      )}
      <Table
        caption={caption}
        columns={[
          [heading, ({ label }) => label],
          ...series.map(
            (title, at) => [title, ({ values }: (typeof rows)[number]) => values[at] ?? 0] as const,
          ),
        ]}
        rows={rows}
        empty={empty}
      />
    </div>
  );
}
