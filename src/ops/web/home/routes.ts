import { action, page, type Route } from '../route.js';
import { resumeIssuing } from './actions.js';
import { readHome } from './read.js';
import { HomeView } from './view.js';
import { HOME } from './words.js';

export const HOME_ROUTES: readonly Route[] = [
  page({ name: 'home', path: '/', title: HOME.title, nav: HOME.title, read: readHome, view: HomeView }),
  action({ name: 'resume-issuing', path: '/envois/relancer', act: resumeIssuing }),
];
