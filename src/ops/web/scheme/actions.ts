import { asSchemeVersion } from '../../../ids.js';
import { askForApply, askForPlan } from '../../../scheme/scheme-jobs.js';
import { done, notDone, type Answer } from '../answer.js';
import type { PageContext } from '../context.js';
import { APPLY } from './apply-words.js';
import { schemeHref } from './links.js';
import { PLAN } from './plan-words.js';
import { awardIn } from './read.js';

/** Has a worker make the plan; whoever asks second waits for the same one. */
export async function makePlanAgain({ pipeline, user, log, form }: PageContext): Promise<Answer> {
  const { scheme } = await pipeline.schemes.now();
  const only = awardIn(scheme, form.get('badge'));
  const asked = await askForPlan(pipeline, only);
  log.info({ user: user.name, only, asked }, 'plan asked for');
  return done(schemeHref(only), asked ? PLAN.asked : PLAN.alreadyAsked);
}

/** Has a worker put the rules into force, up to the number that stood on the button. */
export async function applyScheme({ pipeline, user, log, form }: PageContext): Promise<Answer> {
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
    quiet: form.get('email') === 'no',
    upto: Number(upto),
    overQuota: form.get('quota') === 'over',
  };
  const asked = await askForApply(pipeline, wanted);
  log.info(
    { user: user.name, version, only, upto: wanted.upto, quiet: wanted.quiet, asked },
    'apply asked for',
  );
  return asked ? done(back, APPLY.asked) : notDone(back, APPLY.alreadyAsked);
}
