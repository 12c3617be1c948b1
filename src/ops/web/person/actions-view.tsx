import type { VNode } from 'preact';
import { hasRole, useFrame } from '../layout/frame.js';
import { ActionForm } from '../parts/action-form.js';
import { Field } from '../parts/field.js';
import { DO } from './action-words.js';
import { personHref } from './links.js';
import type { PersonProps } from './view.js';

/** What an operator can do; each is asked once. */
export function Actions({ model, lang }: PersonProps): VNode | null {
  const { user } = useFrame();
  if (!hasRole(user, 'operateur')) return null;
  const to = (what: string): string => `${personHref(model.earner)}/${what}`;
  return (
    <section aria-labelledby="actions">
      <h2 id="actions">{DO.title[lang]}</h2>
      <ActionForm
        to={to('reevaluer')}
        label={DO.evaluate.label[lang]}
        confirm={<p>{DO.evaluate.confirm[lang]}</p>}
      />
      <ActionForm to={to('lier')} label={DO.link.label[lang]} confirm={<p>{DO.link.confirm[lang]}</p>}>
        <Field name="other" label={DO.link.field[lang]} type="email" required />
      </ActionForm>
      <Parting model={model} lang={lang} />
      <ActionForm
        to={to('exporter')}
        label={DO.export.label[lang]}
        confirm={<p>{DO.export.confirm[lang]}</p>}
      />
      <ActionForm
        to={to('effacer')}
        label={DO.erase.label[lang]}
        confirm={<p>{DO.erase.confirm[lang]}</p>}
        danger
      >
        <Field name="address" label={DO.erase.field[lang]} type="email" required />
      </ActionForm>
    </section>
  );
}

/** Each linked address can be a person of its own again. */
const Parting = ({ model, lang }: PersonProps): VNode => (
  <>
    {model.addresses
      .filter(({ own }) => !own)
      .map(({ key, address }) => (
        <ActionForm
          key={key}
          to={`${personHref(model.earner)}/separer`}
          label={DO.unlink.label(address ?? key)[lang]}
          fields={{ other: key }}
          confirm={<p>{DO.unlink.confirm[lang]}</p>}
        />
      ))}
  </>
);
