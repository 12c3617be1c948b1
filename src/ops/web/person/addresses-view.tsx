import type { VNode } from 'preact';
import { ActionForm } from '../parts/action-form.js';
import { Table } from '../parts/table.js';
import { DO } from './action-words.js';
import { personHref } from './links.js';
import type { AddressShown } from './read.js';
import type { PersonProps } from './view.js';
import { PERSON } from './words.js';

/** By which addresses the person is known; whole only for an operator who asked. */
export function Addresses({ model, lang }: PersonProps): VNode {
  const { addresses, shown, earner } = model;
  return (
    <section aria-labelledby="adresses">
      <h2 id="adresses">{PERSON.addresses[lang]}</h2>
      <Table
        caption={shown ? PERSON.addressesShown[lang] : PERSON.addressesCaption[lang]}
        columns={[
          {
            title: PERSON.address[lang],
            heads: true,
            cell: ({ address }: AddressShown) => address ?? PERSON.notKept[lang],
          },
          ...(shown ? [{ title: PERSON.name[lang], cell: ({ name }: AddressShown) => name ?? '–' }] : []),
          { title: PERSON.role[lang], cell: ({ own }) => (own ? PERSON.own[lang] : PERSON.linked[lang]) },
          { title: PERSON.key[lang], cell: ({ key }) => <code>{key}</code> },
        ]}
        rows={addresses}
        empty=""
      />
      {!shown && (
        <ActionForm to={`${personHref(earner)}/adresse`} label={DO.show.label[lang]}>
          <p>{DO.show.help[lang]}</p>
        </ActionForm>
      )}
    </section>
  );
}
