import { goTo } from '../answer.js';
import { action, page, type Route } from '../route.js';
import { evaluateAgain, exportPerson, link, showAddress, unblock, unlink } from './actions.js';
import { erase } from './erase.js';
import { personHref } from './links.js';
import { PERSON_PAGE } from './page.js';
import { search, SEARCH_PAGE } from './search.js';
import { keyIn } from './typed.js';

const searchPage = page(SEARCH_PAGE);

export const PERSON_ROUTES: readonly Route[] = [
  {
    ...searchPage,
    handle: (context, visit) => {
      const key = keyIn(context.query.get('cle'));
      return key === null ? searchPage.handle(context, visit) : goTo(personHref(key));
    },
  },
  // It changes nothing; it is a POST so that the address stands in no URL.
  action({ name: 'person-find', path: '/personne', role: 'lecture', act: search }),
  page(PERSON_PAGE),
  action({ name: 'person-address', path: '/personne/:earner/adresse', act: showAddress }),
  action({ name: 'person-unblock', path: '/personne/:earner/debloquer', act: unblock }),
  action({ name: 'person-evaluate', path: '/personne/:earner/reevaluer', act: evaluateAgain }),
  action({ name: 'person-link', path: '/personne/:earner/lier', act: link }),
  action({ name: 'person-unlink', path: '/personne/:earner/separer', act: unlink }),
  action({ name: 'person-export', path: '/personne/:earner/exporter', act: exportPerson }),
  action({ name: 'person-erase', path: '/personne/:earner/effacer', act: erase }),
];
