import { asBadgeId, type EarnerKey } from '../../../ids.js';
import { RegionUnreadable } from '../../../workers/ingest/region-account-sync.js';
import { ObfError } from '../../../obf/errors.js';
import { secondsOf } from '../../../platform/clock.js';
import { eraseEarner, personToErase } from '../../../privacy/erase-people.js';
import { enqueueEarners, enqueueLink } from '../../../queue/enqueue-earners.js';
import { AwardInFlight } from '../../../workers/in-flight.js';
import { linkAddresses, unlinkAddress } from '../../../workers/link-addresses.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { unblockAward } from '../../../workers/unblock.js';
import { collectPersonalData, earnerJson } from '../../shared/personal-data.js';
import { OpsProblem } from '../http/problem.js';
import { TO } from '../links.js';
import { done, download, notDone, type Answer, type PageContext } from '../route.js';
import { keyInPath } from './read.js';
import { keyIn, keyOfAddress } from './typed.js';
import { DO, erasedWords } from './words.js';

export async function unblock(context: PageContext): Promise<Answer> {
  const { pipeline, user, log, form } = context;
  const earner = keyInPath(context);
  const badge = asBadgeId(form.get('badge') ?? '');
  const lifted = await unblockAward(pipeline, earner, badge);
  log.info({ user: user.name, earner, badge, lifted }, 'block asked to be lifted');
  return lifted ? done(TO.person(earner), DO.unblock.done) : notDone(TO.person(earner), DO.unblock.not);
}

export async function evaluateAgain(context: PageContext): Promise<Answer> {
  const { pipeline, user, log } = context;
  const earner = keyInPath(context);
  await enqueueEarners(pipeline.queues.earners, [earner], 'ops');
  log.info({ user: user.name, earner }, 'evaluation asked for');
  return done(TO.person(earner), DO.evaluate.done);
}

/** Has the link to their own page sent to the person, at the address that this page is of. */
export async function sendLink(context: PageContext): Promise<Answer> {
  const { pipeline, user, log, hasParcours } = context;
  const earner = keyInPath(context);
  if (!hasParcours) throw new OpsProblem('not_found');
  if ((await pipeline.earners.read(earner)).contact === null)
    return notDone(TO.person(earner), DO.sendLink.not);
  await enqueueLink(pipeline.queues.mails, earner, user.name);
  log.info({ user: user.name, earner }, 'link to their page asked for');
  return done(TO.person(earner), DO.sendLink.done);
}

export async function link(context: PageContext): Promise<Answer> {
  const { pipeline, user, log, form } = context;
  const earner = keyInPath(context);
  const back = TO.person(earner);
  const other = keyOfAddress(form.get('other'), pipeline.vault);
  if (other === null) return notDone(back, DO.noAddress);
  if (other === earner) return notDone(back, DO.link.same);
  const known = await Promise.all([isKnown(pipeline, other), isKnown(pipeline, earner)]);
  if (known.includes(false)) return notDone(back, DO.link.unknown);
  return unlessBusy(back, async () => {
    const { person, changed } = await linkAddresses(pipeline, earner, other);
    log.info({ user: user.name, earner: person, changed }, 'addresses asked to be linked');
    return done(TO.person(person), changed ? DO.link.done : DO.link.already);
  });
}

/** Whether a badge was read for this address, or another was linked to it. */
async function isKnown({ earners }: Pipeline, key: EarnerKey): Promise<boolean> {
  const { assertions, linked, linkedTo } = await earners.read(key);
  return assertions.length + linked.length > 0 || linkedTo !== null;
}

/** A browser waits: so long for an award on its way, and in all. */
const IN_FLIGHT_MS = 5000;
const AT_MOST_MS = 25_000;

export async function unlink(context: PageContext): Promise<Answer> {
  const { pipeline, user, log, form } = context;
  const earner = keyInPath(context);
  const back = TO.person(earner);
  const other = keyIn(form.get('other'));
  if (other === null || other === earner) return notDone(back, DO.unlink.not);
  return unlessBusy(back, async () => {
    const patience = { withinMs: IN_FLIGHT_MS, signal: AbortSignal.timeout(AT_MOST_MS) };
    const { changed } = await unlinkAddress(pipeline, earner, other, patience);
    log.info({ user: user.name, earner, other, changed }, 'addresses asked to be parted');
    return changed ? done(back, DO.unlink.done) : notDone(back, DO.unlink.not);
  });
}

/** Erases the person, once one of their addresses was typed. */
export async function erase(context: PageContext): Promise<Answer> {
  const { pipeline, user, log, form } = context;
  const earner = keyInPath(context);
  const back = TO.person(earner);
  const typed = keyOfAddress(form.get('address'), pipeline.vault);
  const { keys } = await personToErase(pipeline, earner);
  if (typed === null || !keys.includes(typed)) return notDone(back, DO.erase.not);
  return unlessBusy(back, async () => {
    const erased = await eraseEarner(pipeline, earner, 'erased');
    // Without the key: nothing is to say who it was.
    log.info({ user: user.name, erased: erased !== null }, 'person erased');
    if (erased === null) return done(TO.people, DO.erase.nothing);
    return done(TO.people, erasedWords(erased.addresses, erased.assertions, erased.entries));
  });
}

/** Acts, or says on the page what stands in the way. */
async function unlessBusy(back: string, act: () => Promise<Answer>): Promise<Answer> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof AwardInFlight) return notDone(back, DO.underWay);
    const isLate = error instanceof DOMException && error.name === 'TimeoutError';
    if (isLate || error instanceof RegionUnreadable || error instanceof ObfError)
      return notDone(back, DO.unreadable);
    throw error;
  }
}

/** All that is held, for the person alone. */
export async function exportPerson(context: PageContext): Promise<Answer> {
  const { pipeline, user, log, clock } = context;
  const earner = keyInPath(context);
  const held = await collectPersonalData(pipeline, earner);
  log.info({ user: user.name, earner }, 'person exported');
  const whole = earnerJson(
    held,
    { address: ({ contact }) => contact?.address ?? null, name: ({ contact }) => contact?.name ?? null },
    clock,
  );
  const name = `palier-personne-${earner}-${secondsOf(clock)}.json`;
  return download(name, 'application/json', `${JSON.stringify(whole, null, 2)}\n`);
}
