import type { VNode } from 'preact';
import type { Lang } from '../../shared/words.js';
import type { Progress } from './progress.js';

const WIDTH = 120;
const HEIGHT = 12;
const EDGE = 1;

/** A bar, drawn here; the words beside it say the same. */
export function ProgressBar({ progress, lang }: { readonly progress: Progress; readonly lang: Lang }): VNode {
  const { have, need, words } = progress;
  const inner = WIDTH - 2 * EDGE;
  const full = need === 0 ? inner : Math.round((have / need) * inner);
  return (
    <div>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} aria-hidden="true">
        <rect class="bar-2" x={EDGE} y={EDGE} width={inner} height={HEIGHT - 2 * EDGE} />
        {full > 0 && <rect class="bar-1" x={EDGE} y={EDGE} width={full} height={HEIGHT - 2 * EDGE} />}
      </svg>{' '}
      <span>{words[lang]}</span>
    </div>
  );
}
