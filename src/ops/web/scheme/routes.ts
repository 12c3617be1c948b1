import { asSchemeVersion, type AwardId } from '../../../ids.js';
import { askForApply, askForPlan } from '../../../scheme/scheme-jobs.js';
import { TO } from '../links.js';
import { action, done, notDone, page, type Answer, type PageContext, type Route } from '../route.js';
import { awardIn, readScheme } from './read.js';
import { SchemeView } from './view.js';
import { APPLY, PLAN, SCHEME } from './words.js';

/** The scheme, with the plan of all, or of one award alone. */
const schemeHref = (only: AwardId | null): string =>
  only === null ? TO.scheme : `${TO.scheme}?badge=${encodeURIComponent(only)}`;

/** A worker makes the plan; whoever asks second waits for the same one. */
async function makePlan({ pipeline, user, log, form }: PageContext): Promise<Answer> {
  const { scheme } = await pipeline.schemes.now();
  const only = awardIn(scheme, form.get('badge'));
  const asked = await askForPlan(pipeline, only);
  log.info({ user: user.name, only, asked }, 'plan asked for');
  return done(schemeHref(only), asked ? PLAN.asked : PLAN.alreadyAsked);
}

/** A worker puts the rules into force, up to the number of awards that the button named. */
async function applyScheme({ pipeline, user, log, form }: PageContext): Promise<Answer> {
  const { scheme } = await pipeline.schemes.now();
  const only = awardIn(scheme, form.get('badge'));
  const back = schemeHref(only);
  const [version, upto] = [form.get('version') ?? '', form.get('upto') ?? ''];
  if (!/^\d{1,9}$/.test(upto) || (form.get('badge') ?? '') !== (only ?? ''))
    return notDone(back, APPLY.unclear);
  if (version !== scheme.version) return notDone(back, APPLY.states.moved);
  const wanted = {
    by: user.name,
    version: asSchemeVersion(version),
    only,
    suppressEmail: form.get('email') === 'no',
    upto: Number(upto),
    overQuota: form.get('quota') === 'over',
  };
  const asked = await askForApply(pipeline, wanted);
  log.info(
    { user: user.name, version, only, upto: wanted.upto, suppressEmail: wanted.suppressEmail, asked },
    'apply asked for',
  );
  return asked ? done(back, APPLY.asked) : notDone(back, APPLY.alreadyAsked);
}

export const SCHEME_ROUTES: readonly Route[] = [
  page({
    name: 'scheme',
    path: '/bareme',
    title: SCHEME.title,
    nav: SCHEME.title,
    read: readScheme,
    view: SchemeView,
    refreshS: ({ moves }) => (moves ? 2 : null),
  }),
  action({ name: 'scheme-plan', path: '/bareme/plan', act: makePlan }),
  action({ name: 'scheme-apply', path: '/bareme/appliquer', act: applyScheme }),
];
