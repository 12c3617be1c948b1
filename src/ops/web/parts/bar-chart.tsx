import type { VNode } from 'preact';
import { useId } from 'preact/hooks';
import type { Localized } from '../../shared/words.js';
import { useFrame, useWords, type Text } from './frame.js';
import { Table } from './table.js';
import { numberIn, numberWords } from './text.js';

export interface Bars {
  readonly label: Text;
  /** One for each of `series`, in its order; 0 or more. */
  readonly values: readonly number[];
}

interface BarChartProps {
  readonly caption: Text;
  /** The title of the table's first column, e.g. « Badge ». */
  readonly heading: Text;
  /** At most three: each has a pattern of its own. */
  readonly series: readonly Text[];
  readonly rows: readonly Bars[];
  readonly empty: Text;
}

const WIDTH = 640;
const LABEL_HEIGHT = 22;
const BAR_HEIGHT = 20;
const GAP = 12;
/** Kept free to the right of the longest bar, for its figure. */
const FIGURE_WIDTH = 80;

/** Horizontal bars, drawn on the server; a table beside them has the same figures. */
export function BarChart({ caption, heading, series, rows, empty }: BarChartProps): VNode {
  const columns = [
    { title: heading, heads: true, cell: ({ label }: Bars) => label },
    ...series.map((title, at) => ({
      title,
      numeric: true,
      cell: ({ values }: Bars): Localized => numberWords(values[at] ?? 0),
    })),
  ];
  return (
    <div class="chart">
      {rows.length > 0 && <Drawing caption={caption} series={series} rows={rows} />}
      <Table caption={caption} columns={columns} rows={rows} empty={empty} />
    </div>
  );
}

function Drawing({ caption, series, rows }: Pick<BarChartProps, 'caption' | 'series' | 'rows'>): VNode {
  const id = useId();
  const say = useWords();
  const rowHeight = LABEL_HEIGHT + series.length * BAR_HEIGHT + GAP;
  const most = Math.max(1, ...rows.flatMap(({ values }) => values));
  return (
    <figure>
      <svg viewBox={`0 0 ${WIDTH} ${rows.length * rowHeight}`} role="img" aria-labelledby={id}>
        <title id={id}>{say(caption)}</title>
        {rows.map((row, at) => (
          <Row key={at} row={row} top={at * rowHeight} most={most} />
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
        {useWords()(row.label)}
      </text>
      {row.values.map((value, at) => {
        const y = top + LABEL_HEIGHT + at * BAR_HEIGHT;
        const size = { width: Math.max(widthOf(value), 1), height: BAR_HEIGHT - 4 };
        return (
          <g key={at}>
            <rect class={`bar-${at + 1}`} x={1} y={y} {...size} />
            <text x={widthOf(value) + 8} y={y + BAR_HEIGHT - 7}>
              {numberIn(value, lang)}
            </text>
          </g>
        );
      })}
    </g>
  );
}

/** Bars differ by their pattern and by their order. */
function Legend({ series }: Pick<BarChartProps, 'series'>): VNode {
  const say = useWords();
  return (
    <figcaption>
      {series.map((name, at) => (
        <span key={at}>
          <svg viewBox="0 0 16 16" width={16} height={16} aria-hidden="true">
            <rect class={`bar-${at + 1}`} x={1} y={1} width={14} height={14} />
          </svg>{' '}
          {say(name)}
        </span>
      ))}
    </figcaption>
  );
}

/** A small bar; the words beside it say the same. */
export function SmallBar({
  have,
  need,
  words,
}: {
  readonly have: number;
  readonly need: number;
  readonly words: Localized;
}): VNode {
  const [width, height, edge] = [120, 12, 1];
  const [inner, inside] = [width - 2 * edge, { x: edge, y: edge, height: height - 2 * edge }];
  const full = need === 0 ? inner : Math.round((have / need) * inner);
  return (
    <div>
      <svg viewBox={`0 0 ${width} ${height}`} width={width} height={height} aria-hidden="true">
        <rect class="bar-2" {...inside} width={inner} />
        {full > 0 && <rect class="bar-1" {...inside} width={full} />}
      </svg>{' '}
      <span>{useWords()(words)}</span>
    </div>
  );
}
