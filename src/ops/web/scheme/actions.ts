import { asSchemeVersion, type AwardId } from '../../../ids.js';
import { askForApply, askForPlan } from '../../../scheme/runs.js';
import { TO } from '../links.js';
import { done, notDone, type Answer, type PageContext } from '../route.js';
import { awardIn, MOVED } from './read.js';

/** The scheme, with the plan of all, or of one award alone. */
const schemeHref = (only: AwardId | null): string =>
  only === null ? TO.scheme : `${TO.scheme}?badge=${encodeURIComponent(only)}`;

/** A worker makes the plan; whoever asks second waits for the same one. */
export async function makePlan({ pipeline, user, log, form, t }: PageContext): Promise<Answer> {
  const { scheme } = await pipeline.schemes.now();
  const only = awardIn(scheme, form.get('badge'));
  const asked = await askForPlan(pipeline, only);
  log.info({ user: user.name, only, asked }, 'plan asked for');
  return done(
    schemeHref(only),
    asked ? t('Le plan est demandé.') : t('Ce plan est déjà en cours de calcul.'),
  );
}

/** A worker puts the rules into force, up to the number of awards that the button named. */
export async function applyScheme({ pipeline, user, log, form, t }: PageContext): Promise<Answer> {
  const { scheme } = await pipeline.schemes.now();
  const only = awardIn(scheme, form.get('badge'));
  const back = schemeHref(only);
  const [version, upto] = [form.get('version') ?? '', form.get('upto') ?? ''];
  if (!/^\d{1,9}$/.test(upto) || (form.get('badge') ?? '') !== (only ?? ''))
    return notDone(back, t('Ce formulaire ne dit pas quoi appliquer : rien n’a été fait.'));
  if (version !== scheme.version) return notDone(back, t(MOVED));
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
  return asked
    ? done(back, t('La mise en vigueur est demandée.'))
    : notDone(back, t('Une mise en vigueur est déjà en cours : la vôtre n’a pas été lancée.'));
}
