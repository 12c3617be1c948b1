import { action, done, page, type Answer, type PageContext, type Route } from '../route.js';
import { readHome } from './read.js';
import { HomeView } from './view.js';
import { HOME } from './words.js';

/** As `npx palier resume`: each award that is due is looked at anew just before it leaves. */
async function resumeIssuing({ pipeline, user, log }: PageContext): Promise<Answer> {
  const { awards } = pipeline.queues;
  const wasPaused = await awards.isPaused();
  await awards.resume();
  if (wasPaused) log.info({ user: user.name }, 'issuing resumed');
  return done('/ops', wasPaused ? HOME.resumed : HOME.neverPaused);
}

export const HOME_ROUTES: readonly Route[] = [
  page({ name: 'home', path: '/', title: HOME.title, nav: HOME.title, read: readHome, view: HomeView }),
  action({ name: 'resume-issuing', path: '/envois/relancer', act: resumeIssuing }),
];
