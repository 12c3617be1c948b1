import type { RedisConnection } from '../../../platform/redis.js';
import type { PeopleSources } from '../../../earners/people.js';
import { createVersionList, type VersionList } from '../../../scheme/scheme-versions.js';
import { action, page, show, type Page, type Route } from '../route.js';
import { applyScheme, makePlanAgain } from './actions.js';
import { readScheme, type SchemeModel } from './read.js';
import { SchemeView } from './view.js';
import { SCHEME } from './words.js';

/** How often the page is loaded again while something is being made, seconds. */
const EVERY_S = '2';

/** What a process has read of the versions once, it knows. */
const lists = new WeakMap<RedisConnection, VersionList>();

function versionsOf(people: PeopleSources): VersionList {
  const list = lists.get(people.redis) ?? createVersionList(people);
  lists.set(people.redis, list);
  return list;
}

const PAGE: Page<SchemeModel> = {
  name: 'scheme',
  path: '/bareme',
  title: SCHEME.title,
  nav: SCHEME.title,
  read: (context) => readScheme(context, versionsOf(context.pipeline.people)),
  view: SchemeView,
};

export const SCHEME_ROUTES: readonly Route[] = [
  {
    ...page(PAGE),
    handle: async (context, { res }) => {
      const model = await PAGE.read(context);
      if (model.moves) res.setHeader('Refresh', EVERY_S);
      return show(PAGE, model, context.lang);
    },
  },
  action({ name: 'scheme-plan', path: '/bareme/plan', act: makePlanAgain }),
  action({ name: 'scheme-apply', path: '/bareme/appliquer', act: applyScheme }),
];
