import type { VNode } from 'preact';
import { useId } from 'preact/hooks';
import { useFrame } from '../layout/frame.js';
import { Table } from './table.js';
import { numberWords } from './told.js';

export interface Bars {
  readonly label: string;
  /** One for each of `series`, in its order; 0 or more. */
  readonly values: readonly number[];
}

interface BarChartProps {
  readonly caption: string;
  /** What the first column of the table names, e.g. « Badge ». */
  readonly heading: string;
  /** At most three: each has a pattern of its own. */
  readonly series: readonly string[];
  readonly rows: readonly Bars[];
  readonly empty: string;
}

const WIDTH = 640;
const LABEL_HEIGHT = 22;
const BAR_HEIGHT = 20;
const GAP = 12;
/** Kept free to the right of the longest bar, for its figure. */
const FIGURE_WIDTH = 80;

/** Bars that lie, drawn here and not in the browser; the same figures stand in a table beside them. */
export function BarChart({ caption, heading, series, rows, empty }: BarChartProps): VNode {
  const { lang } = useFrame();
  const columns = [
    { title: heading, heads: true, cell: ({ label }: Bars) => label },
    ...series.map((title, at) => ({
      title,
      numeric: true,
      cell: ({ values }: Bars) => numberWords(values[at] ?? 0, lang),
    })),
  ];
  return (
    <div class="chart">
      {rows.length > 0 && <Drawing caption={caption} series={series} rows={rows} />}
      <Table caption={caption} columns={columns} rows={rows} empty={empty} />
    </div>
  );
}

type DrawingProps = Pick<BarChartProps, 'caption' | 'series' | 'rows'>;

function Drawing({ caption, series, rows }: DrawingProps): VNode {
  const id = useId();
  const rowHeight = LABEL_HEIGHT + series.length * BAR_HEIGHT + GAP;
  const most = Math.max(1, ...rows.flatMap(({ values }) => values));
  return (
    <figure>
      <svg viewBox={`0 0 ${WIDTH} ${rows.length * rowHeight}`} role="img" aria-labelledby={id}>
        <title id={id}>{caption}</title>
        {rows.map((row, at) => (
          <Row key={row.label} row={row} top={at * rowHeight} most={most} />
        ))}
      </svg>
      {series.length > 1 && <Legend series={series} />}
    </figure>
  );
}

function Row({ row, top, most }: { readonly row: Bars; readonly top: number; readonly most: number }): VNode {
  const { lang } = useFrame();
  const widthOf = (value: number): number => Math.round((value / most) * (WIDTH - FIGURE_WIDTH));
  return (
    <g>
      <text x={0} y={top + LABEL_HEIGHT - 6}>
        {row.label}
      </text>
      {row.values.map((value, at) => {
        const y = top + LABEL_HEIGHT + at * BAR_HEIGHT;
        return (
          <g key={at}>
            <rect
              class={`bar-${at + 1}`}
              x={1}
              y={y}
              width={Math.max(widthOf(value), 1)}
              height={BAR_HEIGHT - 4}
            />
            <text x={widthOf(value) + 8} y={y + BAR_HEIGHT - 7}>
              {numberWords(value, lang)}
            </text>
          </g>
        );
      })}
    </g>
  );
}

/** Bars are told apart by how they are filled, and by their order. */
const Legend = ({ series }: Pick<BarChartProps, 'series'>): VNode => (
  <figcaption>
    {series.map((name, at) => (
      <span key={name}>
        <svg viewBox="0 0 16 16" width={16} height={16} aria-hidden="true">
          <rect class={`bar-${at + 1}`} x={1} y={1} width={14} height={14} />
        </svg>{' '}
        {name}
      </span>
    ))}
  </figcaption>
);
