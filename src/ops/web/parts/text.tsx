import type { ComponentChildren, VNode } from 'preact';
import type { EarnerKey } from '../../../ids.js';
import { counted, durationWords, instantWords, type Lang, type Localized } from '../../shared/words.js';
import { TO } from '../links.js';
import { useFrame, useWords, type Content, type Text } from './frame.js';

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

interface SectionProps {
  readonly id: string;
  readonly title: Text;
  readonly children: ComponentChildren;
}

/** A part of a page, under a heading that links lead to. */
export const Section = ({ id, title, children }: SectionProps): VNode => (
  <section aria-labelledby={id}>
    <h2 id={id}>{useWords()(title)}</h2>
    {children}
  </section>
);

/** A paragraph that is a link. */
export const LinkLine = ({ href, children }: { readonly href: string; readonly children: Text }): VNode => (
  <p>
    <a href={href}>{useWords()(children)}</a>
  </p>
);

/** People are shown by their key. */
export const PersonLink = ({ earner }: { readonly earner: EarnerKey }): VNode => (
  <a href={TO.person(earner)}>
    <code>{earner}</code>
  </a>
);

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
