import { h, type ComponentChildren, type VNode } from 'preact';
import { useId } from 'preact/hooks';
import type { Localized } from '../../shared/words.js';
import { useFrame } from '../layout/frame.js';

const OPTIONAL: Localized = { fr: '(facultatif)', en: '(optional)' };

interface Common {
  readonly name: string;
  readonly label: string;
  /** What is expected, before anything is wrong. */
  readonly help?: string | undefined;
  /** What is wrong with what was typed. */
  readonly fault?: string | undefined;
  readonly required?: boolean;
}

interface FieldProps extends Common {
  readonly value?: string;
  /** Text unless it says otherwise. An address is `email`. */
  readonly type?: 'text' | 'password' | 'email' | 'search' | 'date' | 'number';
  /** `off`, unless a browser may know it: `username`, `current-password`. */
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
    // What was typed as a password does not come back.
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
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly value: string;
}

/** One of several. */
export function Choice({ options, value, ...common }: ChoiceProps): VNode {
  const { id, describedBy, around } = useField(common);
  return around(
    <select id={id} name={common.name} required={common.required} aria-describedby={describedBy}>
      {options.map((option) => (
        <option key={option.value} value={option.value} selected={option.value === value}>
          {option.label}
        </option>
      ))}
    </select>,
  );
}

function useField({ label, help, fault, required }: Common) {
  const { lang } = useFrame();
  const id = useId();
  const [helpId, faultId] = [`${id}-help`, `${id}-fault`];
  const described = [...(help === undefined ? [] : [helpId]), ...(fault === undefined ? [] : [faultId])];
  return {
    id,
    describedBy: described.length === 0 ? undefined : described.join(' '),
    around: (input: ComponentChildren): VNode => (
      <div class="field">
        <label for={id}>
          {label}
          {required !== true && <small> {OPTIONAL[lang]}</small>}
        </label>
        {help !== undefined && <p id={helpId}>{help}</p>}
        {input}
        {fault !== undefined && (
          <p id={faultId} class="fault">
            {fault}
          </p>
        )}
      </div>
    ),
  };
}
