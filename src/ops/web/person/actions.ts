import { asBadgeId } from '../../../ids.js';
import { secondsOf } from '../../../platform/clock.js';
import { enqueueEarners } from '../../../queue/enqueue-earners.js';
import { linkAddresses } from '../../../workers/link-addresses.js';
import { unblockAward } from '../../../workers/unblock.js';
import { unlinkAddress } from '../../../workers/link-addresses.js';
import { collectPersonalData } from '../../shared/personal-data.js';
import { earnerJson } from '../../shared/personal-data.js';
import { done, download, notDone, type Answer } from '../answer.js';
import type { PageContext } from '../context.js';
import { show } from '../route.js';
import { DO } from './action-words.js';
import { inTheWay, patience } from './in-the-way.js';
import { personHref } from './links.js';
import { keyInPath, readPersonModel } from './read.js';
import { isKnown, PERSON_PAGE } from './page.js';
import { keyIn, keyOfAddress } from './typed.js';

/** Shows the addresses whole, this once: the page is not one that can be asked for. */
export async function showAddress(context: PageContext): Promise<Answer> {
  const { pipeline, user, log, lang } = context;
  const earner = keyInPath(context);
  log.info({ user: user.name, earner }, 'address shown');
  return show(PERSON_PAGE, await readPersonModel(pipeline, earner, true), lang);
}

export async function unblock(context: PageContext): Promise<Answer> {
  const { pipeline, user, log, form } = context;
  const earner = keyInPath(context);
  const badge = asBadgeId(form.get('badge') ?? '');
  const lifted = await unblockAward(pipeline, earner, badge);
  log.info({ user: user.name, earner, badge, lifted }, 'block asked to be lifted');
  return lifted ? done(personHref(earner), DO.unblock.done) : notDone(personHref(earner), DO.unblock.not);
}

export async function evaluateAgain(context: PageContext): Promise<Answer> {
  const { pipeline, user, log } = context;
  const earner = keyInPath(context);
  await enqueueEarners(pipeline.queues.earners, [earner], 'ops');
  log.info({ user: user.name, earner }, 'evaluation asked for');
  return done(personHref(earner), DO.evaluate.done);
}

export async function link(context: PageContext): Promise<Answer> {
  const { pipeline, user, log, form } = context;
  const earner = keyInPath(context);
  const back = personHref(earner);
  const other = keyOfAddress(form.get('other'), pipeline.vault);
  if (other === null) return notDone(back, DO.noAddress);
  if (other === earner) return notDone(back, DO.link.same);
  if (!(await isKnown(pipeline, other)) || !(await isKnown(pipeline, earner)))
    return notDone(back, DO.link.unknown);
  return inTheWay(back, async () => {
    const { person, changed } = await linkAddresses(pipeline, earner, other);
    log.info({ user: user.name, earner: person, changed }, 'addresses asked to be linked');
    return done(personHref(person), changed ? DO.link.done : DO.link.already);
  });
}

export async function unlink(context: PageContext): Promise<Answer> {
  const { pipeline, user, log, form } = context;
  const earner = keyInPath(context);
  const back = personHref(earner);
  const other = keyIn(form.get('other'));
  if (other === null || other === earner) return notDone(back, DO.unlink.not);
  return inTheWay(back, async () => {
    const { changed } = await unlinkAddress(pipeline, earner, other, patience());
    log.info({ user: user.name, earner, other, changed }, 'addresses asked to be parted');
    return changed ? done(back, DO.unlink.done) : notDone(back, DO.unlink.not);
  });
}

/** All that is held, for the person. */
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
