import { FAILURE_ROUTES } from './failures/routes.js';
import { HOME_ROUTES } from './home/routes.js';
import { JOURNAL_ROUTES } from './journal/routes.js';
import { OIDC_ROUTES } from './oidc/routes.js';
import { PARTNER_ROUTES } from './partners/routes.js';
import { PERSON_ROUTES } from './person/routes.js';
import { QUEUES_MOUNT } from './queues/mount.js';
import type { Mount, Route } from './route.js';
import { SCHEME_ROUTES } from './scheme/routes.js';
import { SIGN_IN_ROUTES } from './sign-in/routes.js';

/**
 * Everything that is served below `/ops`, in the order of the navigation.
 *
 * A page is a folder: `read.ts` (what is read, as plain data), `view.tsx` (that data as markup, of parts/),
 * `words.ts` (both languages), and a `page(...)` here; with `nav` it stands in the navigation. What can be
 * done is an `action(...)`: an operator's, unless it says otherwise, behind the session, the token and the
 * browser's word that the form is ours, none of which it has to see to. Its form is an `ActionForm`.
 */
export const ROUTES: readonly Route[] = [
  ...HOME_ROUTES,
  ...FAILURE_ROUTES,
  ...PERSON_ROUTES,
  ...SCHEME_ROUTES,
  ...PARTNER_ROUTES,
  ...JOURNAL_ROUTES,
  ...SIGN_IN_ROUTES,
  ...OIDC_ROUTES,
];

/** Other programs' pages. */
export const MOUNTS: readonly Mount[] = [QUEUES_MOUNT];
