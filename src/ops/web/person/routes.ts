import { TO } from '../links.js';
import { action, goTo, page, show, type Answer, type Page, type PageContext, type Route } from '../route.js';
import { erase, evaluateAgain, exportPerson, link, sendLink, unblock, unlink } from './actions.js';
import { keyInPath, readPersonModel, type PersonModel } from './read.js';
import { keyIn, keyOfAddress } from './typed.js';
import { PersonView, SearchView, type SearchModel } from './view.js';
import { PERSON } from './words.js';

const SEARCH: Page<SearchModel> = {
  name: 'person-search',
  path: '/personne',
  title: PERSON.search,
  nav: PERSON.title,
  read({ query }) {
    const key = keyIn(query.get('cle'));
    return key === null ? { fault: false } : goTo(TO.person(key));
  },
  view: SearchView,
};

/** `POST /ops/personne`: on to the person by their key, so that no URL holds an address. */
function search({ form, pipeline, lang }: PageContext): Answer {
  const typed = form.get('who');
  const key = keyIn(typed) ?? keyOfAddress(typed, pipeline.vault);
  return key === null ? show(SEARCH, { fault: true }, lang, 422) : goTo(TO.person(key));
}

/** Its title says nobody's address. */
const PERSON_PAGE: Page<PersonModel> = {
  name: 'person',
  path: '/personne/:earner',
  title: PERSON.title,
  read: (context) => readPersonModel(context, keyInPath(context), false),
  view: PersonView,
};

/** Shows the addresses whole, this once, on a page that no address leads to. */
async function showAddress(context: PageContext): Promise<Answer> {
  const { user, log, lang } = context;
  const earner = keyInPath(context);
  log.info({ user: user.name, earner }, 'address shown');
  return show(PERSON_PAGE, await readPersonModel(context, earner, true), lang);
}

export const PERSON_ROUTES: readonly Route[] = [
  page(SEARCH),
  // It changes nothing: posted to keep an address out of the page's own.
  action({ name: 'person-find', path: '/personne', role: 'lecture', act: search }),
  page(PERSON_PAGE),
  action({ name: 'person-address', path: '/personne/:earner/adresse', act: showAddress }),
  action({ name: 'person-unblock', path: '/personne/:earner/debloquer', act: unblock }),
  action({ name: 'person-evaluate', path: '/personne/:earner/reevaluer', act: evaluateAgain }),
  action({ name: 'person-send-link', path: '/personne/:earner/lien', act: sendLink }),
  action({ name: 'person-link', path: '/personne/:earner/lier', act: link }),
  action({ name: 'person-unlink', path: '/personne/:earner/separer', act: unlink }),
  action({ name: 'person-export', path: '/personne/:earner/exporter', act: exportPerson }),
  action({ name: 'person-erase', path: '/personne/:earner/effacer', act: erase }),
];
