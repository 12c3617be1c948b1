import type { VNode } from 'preact';
import { useId } from 'preact/hooks';
import { useFrame } from './frame.js';
import { Table, type Column } from './table.js';

interface Bars {
  readonly label: string;
  /** One for each of `series`, in its order; 0 or more. */
  readonly values: readonly number[];
}

interface BarChartProps {
  readonly caption: string;
  /** The title of the table's first column, e.g. « Badge ». */
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

/** Horizontal bars, drawn on the server; a table beside them has the same figures. */
export function BarChart({ caption, heading, series, rows, empty }: BarChartProps): VNode {
  const figures = series.map((title, at): Column<Bars> => [title, ({ values }) => values[at] ?? 0]);
  return (
    <div class="chart">
      {rows.length > 0 && <Drawing caption={caption} series={series} rows={rows} />}
      <Table
        caption={caption}
        columns={[[heading, ({ label }) => label], ...figures]}
        rows={rows}
        empty={empty}
      />
    </div>
  );
}

/** Bars differ by their pattern and by their order. */
function Drawing({ caption, series, rows }: Pick<BarChartProps, 'caption' | 'series' | 'rows'>): VNode {
  const id = useId();
  const rowHeight = LABEL_HEIGHT + series.length * BAR_HEIGHT + GAP;
  const most = Math.max(1, ...rows.flatMap(({ values }) => values));
  return (
    <figure>
      <svg viewBox={`0 0 ${WIDTH} ${rows.length * rowHeight}`} role="img" aria-labelledby={id}>
        <title id={id}>{caption}</title>
        {rows.map((row, at) => (
          <Row key={at} row={row} top={at * rowHeight} most={most} />
        ))}
      </svg>
      {series.length > 1 && (
        <figcaption>
          {series.map((name, at) => (
            <span key={at}>
              <svg viewBox="0 0 16 16" width={16} height={16} aria-hidden="true">
                <rect class={`bar-${at + 1}`} x={1} y={1} width={14} height={14} />
              </svg>{' '}
              {name}
            </span>
          ))}
        </figcaption>
      )}
    </figure>
  );
}

function Row({ row, top, most }: { readonly row: Bars; readonly top: number; readonly most: number }): VNode {
  const { t } = useFrame();
  return (
    <g>
      <text x={0} y={top + LABEL_HEIGHT - 6}>
        {row.label}
      </text>
      {row.values.map((value, at) => {
        const y = top + LABEL_HEIGHT + at * BAR_HEIGHT;
        const width = Math.round((value / most) * (WIDTH - FIGURE_WIDTH));
        return (
          <g key={at}>
            <rect class={`bar-${at + 1}`} x={1} y={y} width={Math.max(width, 1)} height={BAR_HEIGHT - 4} />
            <text x={width + 8} y={y + BAR_HEIGHT - 7}>
              {t.number(value)}
            </text>
          </g>
        );
      })}
    </g>
  );
}

/** How far something is. */
export interface Progress {
  readonly have: number;
  readonly need: number;
  /** The same in words. */
  readonly words: string;
}

const [SMALL_WIDTH, SMALL_HEIGHT] = [120, 12];

/** A small bar, with its words beside it. */
export function SmallBar({ have, need, words }: Progress): VNode {
  const inner = SMALL_WIDTH - 2;
  const full = need === 0 ? inner : Math.round((have / need) * inner);
  const inside = { x: 1, y: 1, height: SMALL_HEIGHT - 2 };
  const viewBox = `0 0 ${SMALL_WIDTH} ${SMALL_HEIGHT}`;
  return (
    <div>
      <svg viewBox={viewBox} width={SMALL_WIDTH} height={SMALL_HEIGHT} aria-hidden="true">
        <rect class="bar-2" {...inside} width={inner} />
        {full > 0 && <rect class="bar-1" {...inside} width={full} />}
      </svg>{' '}
      <span>{words}</span>
    </div>
  );
}
