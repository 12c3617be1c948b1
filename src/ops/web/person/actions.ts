import { asBadgeId, type EarnerKey } from '../../../ids.js';
import { RegionUnreadable } from '../../../issuing/region-account-sync.js';
import { ObfError } from '../../../obf/errors.js';
import { secondsOf } from '../../../platform/clock.js';
import { eraseEarner, personToErase } from '../../../privacy/erase-people.js';
import { enqueueEarners, enqueueLink } from '../../../queue/enqueue.js';
import {
  AwardInFlight,
  linkAddresses,
  PersonErased,
  unlinkAddress,
} from '../../../workers/link-addresses.js';
import { unblockAward } from '../../../workers/issue/revocation.js';
import { parseEarnerKey, keyOfAddress } from '../../shared/browser.js';
import { collectPersonalData, earnerJson, isKnown } from '../../shared/personal-data.js';
import { OpsProblem } from '../http/problem.js';
import type { OpsRequest } from '../http/request.js';
import { formatNumber } from '../parts/text.js';
import { done, goTo, notDone, show, type Answer, PATHS } from '../route.js';
import { keyInPath, readPersonPage } from './read.js';
import { PersonView, SearchView } from './view.js';

/** `POST /ops/personne`: redirects to the person by key, so that no URL holds an address. */
export function find({ form, pipeline }: OpsRequest): Answer {
  const typed = form.get('who');
  const key = parseEarnerKey(typed) ?? keyOfAddress(typed, pipeline.vault);
  return key === null
    ? show('Chercher une personne', SearchView, { fault: true }, 422)
    : goTo(PATHS.person(key));
}

/** Shows the unmasked addresses once, in the answer to a POST: no URL leads to it. */
export async function showAddress(context: OpsRequest): Promise<Answer> {
  const { user, log } = context;
  log.info({ user: user.name, earner: keyInPath(context) }, 'address shown');
  return show('Personne', PersonView, await readPersonPage(context, true));
}

/** Wraps an action on the person in the path. `page` is their URL; a temporary fault redirects there. */
const personAction =
  (act: (context: OpsRequest, earner: EarnerKey, page: string) => Promise<Answer>) =>
  async (context: OpsRequest): Promise<Answer> => {
    const earner = keyInPath(context);
    const page = PATHS.person(earner);
    try {
      return await act(context, earner, page);
    } catch (error) {
      return notDone(page, whyNotNow(error));
    }
  };

/** Says why to try again later. @throws the error itself when that will not help */
function whyNotNow(error: unknown): string {
  if (error instanceof AwardInFlight)
    return 'Un badge de cette personne est en cours d’envoi ou de retrait, ou ce qui vient d’arriver pour elle est encore en traitement : rien n’a été changé. Recommencez dans une minute.';
  if (error instanceof PersonErased)
    return 'Une de ces personnes vient d’être effacée : rien n’a été changé.';
  const isLate = error instanceof DOMException && error.name === 'TimeoutError';
  if (isLate || error instanceof RegionUnreadable || error instanceof ObfError)
    return 'Le compte OBF de la Région ne peut pas être lu maintenant : rien n’a été changé. Voyez l’accueil, puis recommencez.';
  throw error;
}

export const unblockAction = personAction(async ({ pipeline, user, log, form }, earner, page) => {
  const badge = asBadgeId(form.get('badge') ?? '');
  const lifted = await unblockAward(pipeline, earner, badge);
  log.info({ user: user.name, earner, badge, lifted }, 'unblock requested');
  return lifted
    ? done(page, 'Le blocage est levé. Le badge est délivré à nouveau dès que sa règle est remplie.')
    : notDone(page, 'Ce badge n’était pas bloqué : rien n’a été changé.');
});

export const evaluateAgain = personAction(async ({ pipeline, user, log }, earner, page) => {
  await enqueueEarners(pipeline.queues.earners, [earner], 'ops');
  log.info({ user: user.name, earner }, 'evaluation requested');
  return done(page, 'La réévaluation est demandée ; ce qui est dû part dans quelques instants.');
});

/** Enqueues a mail with the link to the person's own page, to the address of this ops page. */
export const sendLinkAction = personAction(async ({ pipeline, user, log, hasParcours }, earner, page) => {
  if (!hasParcours) throw new OpsProblem('not_found');
  if ((await pipeline.earners.read(earner)).contact === null)
    return notDone(page, 'Palier ne garde pas l’adresse de cette personne : rien n’a été envoyé.');
  await enqueueLink(pipeline.queues.mails, earner, user.name);
  log.info({ user: user.name, earner }, 'link to personal page requested');
  return done(page, 'L’envoi du lien est demandé : l’e-mail part dans quelques instants.');
});

export const linkAction = personAction(async ({ pipeline, user, log, form }, earner, page) => {
  const other = keyOfAddress(form.get('other'), pipeline.vault);
  if (other === null) return notDone(page, 'Ce n’est pas une adresse électronique.');
  if (other === earner) return notDone(page, 'C’est deux fois la même adresse.');
  const areKnown = await Promise.all([isKnown(pipeline, other), isKnown(pipeline, earner)]);
  if (areKnown.includes(false))
    return notDone(page, 'Personne n’est connu à cette autre adresse : rien n’a été changé.');
  const { person, changed } = await linkAddresses(pipeline, earner, other);
  log.info({ user: user.name, earner: person, changed }, 'address link requested');
  const message = 'Les adresses sont liées : elles sont une seule personne, réévaluée maintenant.';
  return done(PATHS.person(person), changed ? message : 'Ces adresses étaient déjà liées.');
});

/** How long a browser waits: for an award in flight, and in total. */
const IN_FLIGHT_MS = 5000;
const TOTAL_MS = 25_000;

export const unlinkAction = personAction(async ({ pipeline, user, log, form }, earner, page) => {
  const other = parseEarnerKey(form.get('other'));
  const notLinked = 'Ces adresses n’étaient pas liées : rien n’a été changé.';
  if (other === null || other === earner) return notDone(page, notLinked);
  const signal = AbortSignal.timeout(TOTAL_MS);
  const { changed } = await unlinkAddress(pipeline, earner, other, signal, IN_FLIGHT_MS);
  log.info({ user: user.name, earner, other, changed }, 'address unlink requested');
  return changed
    ? done(page, 'Les adresses sont séparées : ce sont deux personnes, réévaluées maintenant.')
    : notDone(page, notLinked);
});

/** Erases the person after one of their addresses was typed. */
export const erase = personAction(async ({ pipeline, user, log, form }, earner, page) => {
  const typed = keyOfAddress(form.get('address'), pipeline.vault);
  const { keys } = await personToErase(pipeline, earner);
  if (typed === null || !keys.includes(typed))
    return notDone(page, 'Ce n’est pas une adresse de cette personne : rien n’a été effacé.');
  const erased = await eraseEarner(pipeline, earner);
  // The log has no key, so that nothing says who it was.
  log.info({ user: user.name, erased: erased !== null }, 'person erased');
  if (erased === null) return done(PATHS.people, 'Il n’y avait rien à effacer.');
  const { addresses, assertions, entries } = erased;
  const text = `La personne est effacée. Adresses : ${formatNumber(addresses)} ; badges : ${formatNumber(assertions)} ; faits de l’historique : ${formatNumber(entries)}.`;
  return done(PATHS.people, text);
});

/** Exports all that is stored about the person, for them alone. */
export async function exportPerson(context: OpsRequest): Promise<Answer> {
  const { pipeline, user, log } = context;
  const { clock } = pipeline;
  const earner = keyInPath(context);
  const data = await collectPersonalData(pipeline, earner);
  log.info({ user: user.name, earner }, 'person exported');
  const name = `palier-personne-${earner}-${secondsOf(clock)}.json`;
  const text = `${JSON.stringify(earnerJson(data, clock), null, 2)}\n`;
  return { kind: 'file', name, type: 'application/json', text };
}
