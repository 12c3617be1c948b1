import { notDone } from '../answer.js';
import { action, page, show, type Page, type Route, type SignedRoute } from '../route.js';
import { FAULTS, sendBack, wantedIn } from './actions.js';
import { ConfirmView } from './confirm-view.js';
import { GroupView } from './group-view.js';
import { JobView } from './job-view.js';
import { LIST } from './links.js';
import { ListView } from './list-view.js';
import { ProgressView } from './progress-view.js';
import {
  readConfirm,
  readGroup,
  readJob,
  readList,
  readProgress,
  type ConfirmModel,
  type GroupModel,
  type ListModel,
  type ProgressModel,
} from './read.js';
import { PROGRESS, REPLAY } from './replay-words.js';
import { EVERY_S, FAILURES, JOB } from './words.js';

/** A page that is loaded again while something is on its way; a header does it, no script. */
const moving = <Model>(one: Page<Model>, moves: (model: Model) => boolean): SignedRoute => ({
  ...page(one),
  handle: async (context, { res }) => {
    const model = await one.read(context);
    if (moves(model)) res.setHeader('Refresh', EVERY_S);
    return show(one, model, context.lang);
  },
});

const LIST_PAGE: Page<ListModel> = {
  name: 'failures',
  path: '/echecs',
  title: FAILURES.title,
  nav: FAILURES.title,
  read: readList,
  view: ListView,
};

const GROUP_PAGE: Page<GroupModel> = {
  name: 'failures-group',
  path: '/echecs/cause/:group',
  title: ({ group }) => group.reason.happened,
  read: readGroup,
  view: GroupView,
};

const PROGRESS_PAGE: Page<ProgressModel> = {
  name: 'failures-replay',
  path: '/echecs/renvois/:replay',
  title: PROGRESS.title,
  read: readProgress,
  view: ProgressView,
};

/** What it shows is read by its route, since an address may ask for nothing. */
const CONFIRM_PAGE = {
  name: 'failures-confirm',
  path: '/echecs/renvoyer',
  title: REPLAY.title,
  view: ConfirmView,
} as const satisfies Omit<Page<ConfirmModel>, 'read'>;

const confirmRoute: SignedRoute = {
  name: CONFIRM_PAGE.name,
  path: CONFIRM_PAGE.path,
  method: 'GET',
  role: 'operateur',
  handle: async (context) => {
    const wanted = wantedIn(context.query, context);
    if (typeof wanted === 'string') return notDone(LIST, FAULTS[wanted]);
    const model = await readConfirm(context, wanted);
    return show({ ...CONFIRM_PAGE, read: () => model }, model, context.lang);
  },
};

export const FAILURE_ROUTES: readonly Route[] = [
  moving(LIST_PAGE, ({ moves }) => moves),
  page(GROUP_PAGE),
  moving(PROGRESS_PAGE, ({ moves }) => moves),
  page({
    name: 'failures-job',
    path: '/echecs/travail/:queue/:id',
    title: JOB.title,
    read: readJob,
    view: JobView,
  }),
  confirmRoute,
  action({ name: 'failures-send', path: CONFIRM_PAGE.path, act: sendBack }),
];
