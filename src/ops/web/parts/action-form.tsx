import type { ComponentChildren, VNode } from 'preact';
import { hasRole, useFrame } from '../layout/frame.js';
import type { User } from '../context.js';

interface ActionFormProps {
  /** The action's path, from `/ops` on. */
  readonly to: string;
  /** On its button: what it does, and to what, since several stand on a page. */
  readonly label: string;
  /** What goes along unseen. */
  readonly fields?: Readonly<Record<string, string | number>>;
  /** What is asked before it is done; the button is shown with it only when it was opened. */
  readonly confirm?: ComponentChildren;
  readonly danger?: boolean;
  /** As the route's: whoever has it not does not see the form. */
  readonly role?: User['role'];
  /** Fields to fill in. */
  readonly children?: ComponentChildren;
}

/** A form that does something: the one way to change anything. */
export function ActionForm({ role = 'operateur', confirm, ...form }: ActionFormProps): VNode | null {
  const { user } = useFrame();
  if (!hasRole(user, role)) return null;
  if (confirm === undefined) return <Form {...form} />;
  return (
    <details class="confirm">
      <summary>{form.label}</summary>
      <div>{confirm}</div>
      <Form {...form} />
    </details>
  );
}

function Form({ to, label, fields = {}, danger = false, children }: ActionFormProps): VNode {
  return (
    <form method="post" action={to} class="action">
      {Object.entries(fields).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={String(value)} />
      ))}
      {children}
      <button type="submit" class={danger ? 'danger' : undefined}>
        {label}
      </button>
    </form>
  );
}
