import type { Route } from '../route.js';
import { comeBack, setOut } from './sign-in.js';

export const OIDC_ROUTES: readonly Route[] = [
  { name: 'oidc', method: 'GET', path: '/oidc/depart', role: 'nobody', limited: false, handle: setOut },
  { name: 'oidc', method: 'GET', path: '/oidc/retour', role: 'nobody', limited: true, handle: comeBack },
];
