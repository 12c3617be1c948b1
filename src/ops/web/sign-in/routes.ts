import type { Route } from '../route.js';
import { signInPage } from './page.js';
import { signIn, signOut } from './sign-in.js';

export const SIGN_IN_ROUTES: readonly Route[] = [
  {
    name: 'sign-in',
    method: 'GET',
    path: '/connexion',
    role: 'nobody',
    limited: false,
    handle: signInPage,
  },
  { name: 'sign-in', method: 'POST', path: '/connexion', role: 'nobody', limited: true, handle: signIn },
  {
    name: 'sign-out',
    method: 'POST',
    path: '/deconnexion',
    role: 'lecture',
    handle: (_, visit) => signOut(visit),
  },
];
