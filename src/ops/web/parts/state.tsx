import type { ComponentChildren, VNode } from 'preact';

interface StateProps {
  readonly kind: 'good' | 'waiting' | 'bad' | 'neutral';
  /** The state, in words: colour and sign say nothing that they do not. */
  readonly children: ComponentChildren;
}

const SIGNS: Readonly<Record<StateProps['kind'], string>> = {
  good: '✓',
  waiting: '…',
  bad: '!',
  neutral: '–',
};

/** How something is: « délivré », « en échec », « en attente ». */
export const State = ({ kind, children }: StateProps): VNode => (
  <span class={`state ${kind}`}>
    <span aria-hidden="true">{SIGNS[kind]}</span> {children}
  </span>
);
