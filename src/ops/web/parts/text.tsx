import type { VNode } from 'preact';
import { counted, durationWords, instantWords, type Lang, type Localized } from '../../shared/words.js';
import { useFrame, useWords, type Content } from './frame.js';

/** A number as the language writes it: `100 000`. */
export const numberIn = (n: number, lang: Lang): string => new Intl.NumberFormat(lang).format(n);

/** A number as each language writes it. */
export const numberWords = (n: number): Localized => ({ fr: numberIn(n, 'fr'), en: numberIn(n, 'en') });

/** `1 200 badges`, as each language writes the number and its noun. */
export function countWords(n: number, one: Localized, many: Localized): Localized {
  const [words, number] = [counted(n, one, many), numberWords(n)];
  return { fr: words.fr.replace(String(n), number.fr), en: words.en.replace(String(n), number.en) };
}

export const Count = ({ of }: { readonly of: number }): VNode => <>{numberIn(of, useFrame().lang)}</>;

/** An instant, Unix seconds, in the scheme's zone. */
export function Instant({ atS }: { readonly atS: number }): VNode {
  const { lang, timeZone } = useFrame();
  return <time dateTime={new Date(atS * 1000).toISOString()}>{instantWords(atS, timeZone)[lang]}</time>;
}

/** A span, seconds: `3 h 12 min`. */
export const Duration = ({ s }: { readonly s: number }): VNode => <>{durationWords(s)[useFrame().lang]}</>;

interface AlertProps {
  readonly kind: 'good' | 'bad' | 'note';
  readonly children: Content;
}

/** What has just happened, or must be known before going on; read aloud where it matters. */
export const Alert = ({ kind, children }: AlertProps): VNode => (
  <div class={`alert ${kind}`} role={kind === 'bad' ? 'alert' : 'status'}>
    {useWords()(children)}
  </div>
);

export type StateKind = 'good' | 'waiting' | 'bad' | 'neutral';

interface StateProps {
  readonly kind: StateKind;
  /** The state in words: colour and sign add nothing to them. */
  readonly children: Content;
}

const SIGNS: Readonly<Record<StateKind, string>> = { good: '✓', waiting: '…', bad: '!', neutral: '–' };

/** How something is: « délivré », « en échec », « en attente ». */
export const State = ({ kind, children }: StateProps): VNode => (
  <span class={`state ${kind}`}>
    <span aria-hidden="true">{SIGNS[kind]}</span> {useWords()(children)}
  </span>
);

/** Lines as a nested list: a rule, or an explanation. */
export interface Tree {
  readonly text: string;
  readonly under: readonly Tree[];
}

export const TreeList = ({ lines }: { readonly lines: readonly Tree[] }): VNode | null =>
  lines.length === 0 ? null : (
    <ul>
      {lines.map(({ text, under }, at) => (
        <li key={at}>
          {text}
          <TreeList lines={under} />
        </li>
      ))}
    </ul>
  );
