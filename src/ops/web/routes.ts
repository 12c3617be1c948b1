import { readGroup, readJob, readFailuresPage, retryFromForm } from './failures/read.js';
import { GroupView, JobView, ListView } from './failures/view.js';
import { readHome } from './home/read.js';
import { HomeView } from './home/view.js';
import { exportAs, searchJournal } from './journal/actions.js';
import { readJournal } from './journal/read.js';
import { JournalView } from './journal/view.js';
import { readPartner, readPartnersPage } from './partners/read.js';
import { PartnersView, PartnerView } from './partners/view.js';
import * as person from './person/actions.js';
import { readPersonPage } from './person/read.js';
import { PersonView, SearchView } from './person/view.js';
import type { OpsRequest } from './http/request.js';
import { action, done, file, page, type Answer, type PageRoute } from './route.js';
import { applyScheme, requestPlan, readSchemePage } from './scheme/read.js';
import { SchemeView } from './scheme/view.js';
import { SIGN_IN_ROUTES } from './sign-in/routes.js';

/** Resumes issuing, as `npx palier resume`. Workers check each due award again just before they issue it. */
async function resumeIssuing({ pipeline, user, log }: OpsRequest): Promise<Answer> {
  const { awards } = pipeline.queues;
  const wasPaused = await awards.isPaused();
  await awards.resume();
  if (wasPaused) log.info({ user: user.name }, 'issuing resumed');
  return done('/ops', wasPaused ? 'Les envois ont repris.' : 'Les envois n’étaient pas suspendus.');
}

/**
 * All routes below `/ops`, in the order of the navigation. A page's folder has `read.ts` (plain data) and
 * `view.tsx` (markup). By default an `action` needs an operator's session; its form is an `ActionForm`.
 */
export const PAGE_ROUTES: readonly PageRoute[] = [
  page('home', '/', 'Accueil', readHome, HomeView, { nav: 'Accueil' }),
  action('resume-issuing', '/envois/relancer', resumeIssuing),

  page('failures', '/echecs', 'Échecs', readFailuresPage, ListView, { nav: 'Échecs', everyS: 3 }),
  page('failures-group', '/echecs/cause/:group', ({ group }) => group.reason.happened, readGroup, GroupView),
  page('failures-job', '/echecs/travail/:queue/:id', 'Un travail en échec', readJob, JobView),
  action('failures-send', '/echecs/renvoyer', retryFromForm),

  page('person-search', '/personne', 'Chercher une personne', () => ({ fault: false }), SearchView, {
    nav: 'Personne',
  }),
  // Changes nothing; POST keeps the e-mail address out of the URL.
  action('person-find', '/personne', person.find, 'lecture'),
  page('person', '/personne/:earner', 'Personne', readPersonPage, PersonView),
  action('person-address', '/personne/:earner/adresse', person.showAddress),
  action('person-unblock', '/personne/:earner/debloquer', person.unblockAction),
  action('person-evaluate', '/personne/:earner/reevaluer', person.evaluateAgain),
  action('person-send-link', '/personne/:earner/lien', person.sendLinkAction),
  action('person-link', '/personne/:earner/lier', person.linkAction),
  action('person-unlink', '/personne/:earner/separer', person.unlinkAction),
  action('person-export', '/personne/:earner/exporter', person.exportPerson),
  action('person-erase', '/personne/:earner/effacer', person.erase),

  page('scheme', '/bareme', 'Barème', readSchemePage, SchemeView, { nav: 'Barème', everyS: 2 }),
  action('scheme-plan', '/bareme/plan', requestPlan),
  action('scheme-apply', '/bareme/appliquer', applyScheme),

  page('partners', '/organismes', 'Organismes', readPartnersPage, PartnersView, { nav: 'Organismes' }),
  page('partners', '/organismes/:client', ({ partner }) => partner.name, readPartner, PartnerView),

  page('journal', '/journal', 'Journal', readJournal, JournalView, { nav: 'Journal' }),
  // Changes nothing; POST keeps the e-mail address out of the URL.
  action('journal-search', '/journal', searchJournal, 'lecture'),
  file('journal-export', '/journal/export.csv', exportAs('csv')),
  file('journal-export', '/journal/export.ndjson', exportAs('ndjson')),

  ...SIGN_IN_ROUTES,
];
