import { h, type ComponentChildren, type VNode } from 'preact';
import { useId } from 'preact/hooks';
import type { Role } from '../../../config.js';
import type { Localized } from '../../shared/words.js';
import { hasRole, useFrame, useWords, type Content, type Text } from './frame.js';

const OPTIONAL: Localized = { fr: '(facultatif)', en: '(optional)' };

interface Common {
  readonly name: string;
  readonly label: Text;
  /** What is expected. */
  readonly help?: Text | undefined;
  /** What is wrong with what was typed. */
  readonly fault?: Text | undefined;
  readonly required?: boolean;
}

interface FieldProps extends Common {
  readonly value?: string;
  readonly type?: 'text' | 'password' | 'email' | 'search' | 'date' | 'number';
  /** `off`, unless a browser may know it. */
  readonly autocomplete?: 'off' | 'username' | 'current-password';
  readonly maxLength?: number;
}

/** One line to type in, with its label, and its fault beside it. */
export function Field({
  value = '',
  type = 'text',
  autocomplete = 'off',
  maxLength = 254,
  ...common
}: FieldProps): VNode {
  const { id, describedBy, around } = useField(common);
  const attributes: Readonly<Record<string, string | number | boolean | undefined>> = {
    id,
    name: common.name,
    type,
    // A password does not come back.
    value: type === 'password' ? undefined : value,
    autocomplete,
    maxlength: maxLength,
    required: common.required,
    'aria-describedby': describedBy,
    'aria-invalid': common.fault === undefined ? undefined : 'true',
  };
  return around(h('input', attributes));
}

interface ChoiceProps extends Common {
  readonly options: readonly { readonly value: string; readonly label: Text }[];
  readonly value: string;
}

/** One of several. */
export function Choice({ options, value, ...common }: ChoiceProps): VNode {
  const { id, describedBy, around } = useField(common);
  const say = useWords();
  return around(
    <select id={id} name={common.name} required={common.required} aria-describedby={describedBy}>
      {options.map((option) => (
        <option key={option.value} value={option.value} selected={option.value === value}>
          {say(option.label)}
        </option>
      ))}
    </select>,
  );
}

function useField({ label, help, fault, required }: Common) {
  const say = useWords();
  const id = useId();
  const [helpId, faultId] = [`${id}-help`, `${id}-fault`];
  const described = [...(help === undefined ? [] : [helpId]), ...(fault === undefined ? [] : [faultId])];
  return {
    id,
    describedBy: described.length === 0 ? undefined : described.join(' '),
    around: (input: ComponentChildren): VNode => (
      <div class="field">
        <label for={id}>
          {say(label)}
          {required !== true && <small> {say(OPTIONAL)}</small>}
        </label>
        {help !== undefined && <p id={helpId}>{say(help)}</p>}
        {input}
        {fault !== undefined && (
          <p id={faultId} class="fault">
            {say(fault)}
          </p>
        )}
      </div>
    ),
  };
}

interface ActionFormProps {
  /** The action's path, from `/ops` on. */
  readonly to: string;
  /** On its button: what it does, and to what. */
  readonly label: Text;
  /** Hidden fields. */
  readonly fields?: Readonly<Record<string, string | number>>;
  /** Asked before it is done; the button is shown only when this was opened. */
  readonly confirm?: Content;
  readonly danger?: boolean;
  /** The route's: without it the form is not shown. */
  readonly role?: Role;
  /** Fields to fill in. */
  readonly children?: ComponentChildren;
}

/** A form that does something: the one way to change anything. */
export function ActionForm(props: ActionFormProps): VNode | null {
  const { to, label, fields = {}, confirm, danger = false, role = 'operateur', children } = props;
  const { user } = useFrame();
  const say = useWords();
  if (!hasRole(user, role)) return null;
  const form = (
    <form method="post" action={to} class="action">
      {Object.entries(fields).map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={String(value)} />
      ))}
      {children}
      <button type="submit" class={danger ? 'danger' : undefined}>
        {say(label)}
      </button>
    </form>
  );
  if (confirm === undefined) return form;
  return (
    <details class="confirm">
      <summary>{say(label)}</summary>
      <div>{say(confirm)}</div>
      {form}
    </details>
  );
}
