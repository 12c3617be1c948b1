import type { ComponentChildren, VNode } from 'preact';

interface AlertProps {
  readonly kind: 'good' | 'bad' | 'note';
  readonly children: ComponentChildren;
}

/** What has just happened, or what is to be known before going on. Read aloud where it matters. */
export const Alert = ({ kind, children }: AlertProps): VNode => (
  <div class={`alert ${kind}`} role={kind === 'bad' ? 'alert' : 'status'}>
    {children}
  </div>
);
