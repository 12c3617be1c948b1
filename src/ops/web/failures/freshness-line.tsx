import type { VNode } from 'preact';
import { useFrame } from '../layout/frame.js';
import { Duration } from '../parts/told.js';
import type { Freshness } from './list-read.js';
import { FAILURES } from './words.js';

/** How old the figures are, and that they are on their way. */
export function FreshnessLine({ freshness }: { readonly freshness: Freshness }): VNode {
  const { lang } = useFrame();
  const { ageS, counting, moves } = freshness;
  return (
    <p class="muted">
      {ageS !== null && (
        <>
          {FAILURES.age[lang]} <Duration s={ageS} />
          {FAILURES.ago[lang]}{' '}
        </>
      )}
      {counting && `${FAILURES.counting[lang]} `}
      {moves ? <Moving /> : <a href="?">{FAILURES.reload[lang]}</a>}
    </p>
  );
}

/** Who reads slowly, or by ear, can have the page stand still. */
export function Moving(): VNode {
  const { lang } = useFrame();
  return (
    <>
      {FAILURES.still[lang]} <a href="?fige">{FAILURES.stop[lang]}</a>
    </>
  );
}
