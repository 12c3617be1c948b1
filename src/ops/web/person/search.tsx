import type { VNode } from 'preact';
import { goTo, type Answer } from '../answer.js';
import type { PageContext } from '../context.js';
import { ActionForm } from '../parts/action-form.js';
import { Field } from '../parts/field.js';
import { show, type Page, type View } from '../route.js';
import { personHref, SEARCH } from './links.js';
import { keyIn, keyOfAddress } from './typed.js';
import { PERSON } from './words.js';

export interface SearchModel {
  /** What was typed is nothing to look for; it is not shown again. */
  readonly fault: boolean;
}

const SearchView: View<SearchModel> = ({ model, lang }): VNode => (
  <ActionForm to={SEARCH} label={PERSON.searchButton[lang]} role="lecture">
    <Field
      name="who"
      label={PERSON.searchLabel[lang]}
      help={PERSON.searchHelp[lang]}
      fault={model.fault ? PERSON.notTyped[lang] : undefined}
      type="search"
      required
    />
  </ActionForm>
);

export const SEARCH_PAGE: Page<SearchModel> = {
  name: 'person-search',
  path: '/personne',
  title: PERSON.search,
  nav: PERSON.title,
  read: () => ({ fault: false }),
  view: SearchView,
};

/** `POST /ops/personne`: on to the person, by their key: an address is in no URL. */
export function search({ form, pipeline, lang }: PageContext): Answer {
  const typed = form.get('who');
  const key = keyIn(typed) ?? keyOfAddress(typed, pipeline.vault);
  return key === null ? show(SEARCH_PAGE, { fault: true }, lang, 422) : goTo(personHref(key));
}
