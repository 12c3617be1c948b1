import { h, type ComponentChildren, type VNode } from 'preact';
import { useId } from 'preact/hooks';
import type { Role } from '../../../config.js';
import { hasRole } from '../sign-in/sessions.js';
import { useFrame } from './text.js';

interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly value?: string;
  /** What is expected. */
  readonly help?: string | undefined;
  /** What is wrong with what was typed. */
  readonly fault?: string | undefined;
  readonly required?: boolean;
  readonly type?: 'text' | 'password' | 'email' | 'search' | 'date';
  /** `off`, unless a browser may know it. */
  readonly autocomplete?: 'off' | 'username' | 'current-password';
  readonly maxLength?: number;
  /** One of these, in place of a line to type in: what is sent, and its words. */
  readonly options?: readonly (readonly [value: string, label: string])[];
}

/** One line to type in, or a choice, with its label, and its fault beside it. A password does not come back. */
export function Field(props: FieldProps): VNode {
  const { name, label, value = '', help, fault, required, type = 'text', options } = props;
  const id = useId();
  const [helpId, faultId] = [`${id}-help`, `${id}-fault`];
  const described = [...(help === undefined ? [] : [helpId]), ...(fault === undefined ? [] : [faultId])];
  const common = {
    id,
    name,
    required,
    'aria-describedby': described.length === 0 ? undefined : described.join(' '),
    'aria-invalid': fault === undefined ? undefined : ('true' as const),
  };
  return (
    <div class="field">
      <label for={id}>
        {label}
        {required !== true && <small> (facultatif)</small>}
      </label>
      {help !== undefined && <p id={helpId}>{help}</p>}
      {options === undefined ? (
        h('input', {
          ...common,
          type,
          value: type === 'password' ? undefined : value,
          autocomplete: props.autocomplete ?? 'off',
          maxlength: props.maxLength ?? 254,
        })
      ) : (
        <select {...common}>
          {options.map(([sent, words]) => (
            <option key={sent} value={sent} selected={sent === value}>
              {words}
            </option>
          ))}
        </select>
      )}
      {fault !== undefined && (
        <p id={faultId} class="fault">
          {fault}
        </p>
      )}
    </div>
  );
}

interface ActionFormProps {
  /** The action's path, from `/ops` on. */
  readonly to: string;
  /** On its button: what it does, and to what. */
  readonly label: string;
  /** Hidden fields. */
  readonly fields?: Readonly<Record<string, string | number>>;
  /** Asked before it is done; the button is shown only when this was opened. */
  readonly confirm?: ComponentChildren;
  readonly danger?: boolean;
  /** The route's: without it the form is not shown. */
  readonly role?: Role;
  /** Fields to fill in. */
  readonly children?: ComponentChildren;
}

/** A form that does something: the one way to change anything. */
export function ActionForm(props: ActionFormProps): VNode | null {
  const { to, label, fields = {}, confirm, danger = false, role = 'operateur', children } = props;
  if (!hasRole(useFrame().user, role)) return null;
  const form = (
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
  if (confirm === undefined) return form;
  return (
    <details class="confirm">
      <summary>{label}</summary>
      <div>{confirm}</div>
      {form}
    </details>
  );
}
