import type { VNode } from 'preact';
import type { Localized } from '../../shared/words.js';
import { useFrame } from '../layout/frame.js';

const WORDS = {
  label: { fr: 'Pages', en: 'Pages' },
  previous: { fr: '← Précédents', en: '← Previous' },
  next: { fr: 'Suivants →', en: 'Next →' },
} as const;

interface PagerProps {
  /** Null: there is nothing before, or after. Where both are, nothing is shown. */
  readonly previous: string | null;
  readonly next: string | null;
  /** « 51 à 100 sur 100 000 ». */
  readonly where?: Localized;
}

/** From page to page of a long list, by numbers or by cursors alike. */
export function Pager({ previous, next, where }: PagerProps): VNode | null {
  const { lang } = useFrame();
  if (previous === null && next === null) return null;
  return (
    <nav class="pager" aria-label={WORDS.label[lang]}>
      {previous !== null && (
        <a href={previous} rel="prev">
          {WORDS.previous[lang]}
        </a>
      )}
      {where !== undefined && <span>{where[lang]}</span>}
      {next !== null && (
        <a href={next} rel="next">
          {WORDS.next[lang]}
        </a>
      )}
    </nav>
  );
}
