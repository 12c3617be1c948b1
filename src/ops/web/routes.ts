import { FAILURE_ROUTES } from './failures/routes.js';
import { HOME_ROUTES } from './home/routes.js';
import { JOURNAL_ROUTES } from './journal/routes.js';
import { PARTNER_ROUTES } from './partners/routes.js';
import { PERSON_ROUTES } from './person/routes.js';
import { QUEUES_MOUNT } from './queues/mount.js';
import type { Mount, Route } from './route.js';
import { SCHEME_ROUTES } from './scheme/routes.js';
import { SIGN_IN_ROUTES } from './sign-in/routes.js';

/**
 * Everything served below `/ops`, in the order of the navigation. A page is a folder: `read.ts` (plain data),
 * `view.tsx` (that data as markup), `words.ts` (both languages), and a `page(...)` in `routes.ts`. A write is an
 * `action(...)`: by default an operator's, behind the session and the same-origin check. Its form is an `ActionForm`.
 */
export const ROUTES: readonly Route[] = [
  ...HOME_ROUTES,
  ...FAILURE_ROUTES,
  ...PERSON_ROUTES,
  ...SCHEME_ROUTES,
  ...PARTNER_ROUTES,
  ...JOURNAL_ROUTES,
  ...SIGN_IN_ROUTES,
];

/** Other programs' pages. */
export const MOUNTS: readonly Mount[] = [QUEUES_MOUNT];
