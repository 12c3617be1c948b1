import type { VNode } from 'preact';
import type { Lang } from '../../shared/words.js';
import { ActionForm } from '../parts/action-form.js';
import { Alert } from '../parts/alert.js';
import { State } from '../parts/state.js';
import type { Point } from './verdict.js';
import { HOME } from './words.js';

interface VerdictProps {
  readonly points: readonly Point[];
  readonly lang: Lang;
}

/** Whether all is well, in words; else what is not, worst first. */
export function VerdictPart({ points, lang }: VerdictProps): VNode {
  if (points.length === 0) return <Alert kind="good">{HOME.allWell[lang]}</Alert>;
  const isBad = points.some(({ kind }) => kind === 'bad');
  return (
    <section aria-labelledby="verdict">
      <h2 id="verdict">{(isBad ? HOME.points : HOME.nothingBad)[lang]}</h2>
      <ul>
        {points.map((point) => (
          <li key={point.text.en}>
            <State kind={point.kind === 'bad' ? 'bad' : 'waiting'}>{HOME.kinds[point.kind][lang]}</State>{' '}
            {point.text[lang]} <a href={point.link.href}>{point.link.words[lang]}</a>
            {point.mend === 'resume' && <ActionForm to="/ops/envois/relancer" label={HOME.resume[lang]} />}
          </li>
        ))}
      </ul>
    </section>
  );
}
