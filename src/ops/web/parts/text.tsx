import { createContext, type ComponentChildren, type VNode } from 'preact';
import { useContext } from 'preact/hooks';
import type { EarnerKey } from '../../../ids.js';
import type { Tree } from '../../../rules/explain/formatter.js';
import { instantWords } from '../../shared/words.js';
import type { OpsRequest } from '../http/request.js';
import { PATHS, type Flash } from '../route.js';
import { hasRole, type User } from '../sign-in/sessions.js';

/** What every page shows around its body; components get it from `useFrame()`. */
export interface Frame extends Pick<OpsRequest, 'nav' | 'hasLogo' | 'requestId'> {
  /** Null: nobody is signed in. */
  readonly user: User | null;
  /** The current route's name, which the navigation marks. */
  readonly current: string;
  readonly name: string;
  /** The scheme's time zone, for instants. */
  readonly timeZone: string;
  readonly flash: Flash | null;
}

export const FrameContext = createContext<Frame | null>(null);

/** Returns the frame of the page. @throws outside of `renderPage` */
export function useFrame(): Frame {
  const frame = useContext(FrameContext);
  if (frame === null) throw new Error('useFrame() needs a frame: render the component with renderPage()');
  return frame;
}

/** Whether the current user may change anything. */
export const useIsOperator = (): boolean => hasRole(useFrame().user, 'operateur');

/** `100 000`. */
export const formatNumber = (n: number, options?: Intl.NumberFormatOptions): string =>
  new Intl.NumberFormat('fr', options).format(n);

/** Returns the singular or the plural text; in French, 0 is singular. */
export const pluralForm = (n: number, one: string, many: string): string => (n < 2 ? one : many);

/** `1 200 badges`. */
export const countedNoun = (n: number, one: string, many: string): string =>
  `${formatNumber(n)} ${pluralForm(n, one, many)}`;

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

/** A section of a page; links can lead to its heading. */
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

/** A link to a person, shown by key. */
export const PersonLink = ({ earner }: { readonly earner: EarnerKey }): VNode => (
  <a href={PATHS.person(earner)}>
    <code>{earner}</code>
  </a>
);

interface AlertProps {
  readonly kind: 'good' | 'bad' | 'note';
  readonly children: ComponentChildren;
}

/** A message about what just happened or must be known; screen readers announce it. */
export const Alert = ({ kind, children }: AlertProps): VNode => (
  <div class={`alert ${kind}`} role={kind === 'bad' ? 'alert' : 'status'}>
    {children}
  </div>
);

export const NoteAlert = ({ say }: SayProps): VNode => <Alert kind="note">{say}</Alert>;

export const BadAlert = ({ say }: SayProps): VNode => <Alert kind="bad">{say}</Alert>;

const SIGNS = { good: '✓', waiting: '…', bad: '!', neutral: '–' } as const;
export type StateKind = keyof typeof SIGNS;

interface StateProps {
  readonly kind: StateKind;
  /** The state in words: colour and sign add nothing to them. */
  readonly children: string;
}

/** A state: « délivré », « en échec », « en attente ». */
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
