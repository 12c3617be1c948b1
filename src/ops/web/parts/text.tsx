import type { ComponentChildren, VNode } from 'preact';
import type { EarnerKey } from '../../../ids.js';
import type { Tree } from '../../../rules/explain/formatter.js';
import { instantWords } from '../../shared/words.js';
import { TO } from '../links.js';
import { useFrame } from './frame.js';

/** An instant, Unix seconds, in the scheme's zone. */
export function Instant({ atS }: { readonly atS: number }): VNode {
  const { timeZone } = useFrame();
  return <time dateTime={new Date(atS * 1000).toISOString()}>{instantWords(atS, timeZone).fr}</time>;
}

interface SectionProps {
  readonly id: string;
  readonly title: string;
  readonly children: ComponentChildren;
}

/** A part of a page, under a heading that links lead to. */
export const Section = ({ id, title, children }: SectionProps): VNode => (
  <section aria-labelledby={id}>
    <h2 id={id}>{title}</h2>
    {children}
  </section>
);

interface SayProps {
  readonly say: string;
}

/** A paragraph. */
export const P = ({ say }: SayProps): VNode => <p>{say}</p>;

/** A paragraph that is a link. */
export const LinkLine = ({ href, say }: SayProps & { readonly href: string }): VNode => (
  <p>
    <a href={href}>{say}</a>
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
  readonly children: ComponentChildren;
}

/** What has just happened, or must be known before going on; read aloud where it matters. */
export const Alert = ({ kind, children }: AlertProps): VNode => (
  <div class={`alert ${kind}`} role={kind === 'bad' ? 'alert' : 'status'}>
    {children}
  </div>
);

/** What must be known before going on. */
export const NoteAlert = ({ say }: SayProps): VNode => <Alert kind="note">{say}</Alert>;

/** What is wrong. */
export const Bad = ({ say }: SayProps): VNode => <Alert kind="bad">{say}</Alert>;

const SIGNS = { good: '✓', waiting: '…', bad: '!', neutral: '–' } as const;
export type StateKind = keyof typeof SIGNS;

interface StateProps {
  readonly kind: StateKind;
  /** The state in words: colour and sign add nothing to them. */
  readonly children: string;
}

/** How something is: « délivré », « en échec », « en attente ». */
export const State = ({ kind, children }: StateProps): VNode => (
  <span class={`state ${kind}`}>
    <span aria-hidden="true">{SIGNS[kind]}</span> {children}
  </span>
);

/** A rule, or an explanation, as a nested list. */
export const TreeList = ({ lines }: { readonly lines: readonly Tree<string>[] }): VNode | null =>
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
