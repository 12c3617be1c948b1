import { h, type ComponentChildren, type VNode } from 'preact';
import { useId } from 'preact/hooks';
import type { Role } from '../../../config.js';
import { hasRole } from '../sign-in/sessions.js';
import { useFrame } from './text.js';

interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly value?: string;
  /** What to type. */
  readonly help?: string | undefined;
  /** The error in the typed value. */
  readonly fault?: string | undefined;
  readonly required?: boolean;
  readonly type?: 'text' | 'password' | 'email' | 'search' | 'date';
  /** Default `off`: browsers then remember nothing. */
  readonly autocomplete?: 'off' | 'username' | 'current-password';
  readonly maxLength?: number;
  /** Choices, which make the field a select. */
  readonly options?: readonly (readonly [value: string, label: string])[];
}

/** An input or select with its label, help and fault. A password is never sent back to the browser. */
export function Field(props: FieldProps): VNode {
  const { name, label, value = '', help, fault, required, type = 'text', options } = props;
  const id = useId();
  const [helpId, faultId] = [`${id}-help`, `${id}-fault`];
  const describedBy = [...(help === undefined ? [] : [helpId]), ...(fault === undefined ? [] : [faultId])];
  const common = {
    id,
    name,
    required,
    'aria-describedby': describedBy.length === 0 ? undefined : describedBy.join(' '),
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
          {options.map(([choice, words]) => (
            <option key={choice} value={choice} selected={choice === value}>
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
  /** The action's path, with `/ops`. */
  readonly to: string;
  /** The button's text: what it does, and to what. */
  readonly label: string;
  /** Hidden fields. */
  readonly fields?: Readonly<Record<string, string | number>>;
  /** A confirmation, which must be opened to reach the button. */
  readonly confirm?: ComponentChildren;
  readonly danger?: boolean;
  /** The route's role; the form is not shown to other users. */
  readonly role?: Role;
  /** Fields to fill in. */
  readonly children?: ComponentChildren;
}

/** A form that posts an action: the only way to change anything. */
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
