import { isEventGone, ObfRefused } from '../obf/errors.js';
import type { WrittenAssertion } from '../earners/assertions.js';
import type { EventNotice } from '../queue/jobs.js';
import { accountForEvent } from './account.js';
import type { Done } from './done.js';
import { enqueueEarners } from './enqueue-earners.js';
import type { Pipeline } from './pipeline.js';
import type { EventToStore } from './read-event.js';
import { storeEvent, type EventSteps } from './store-event.js';

/**
 * A notice only says where to look: the event and its recipients are read from OBF, kept, and everyone
 * whom it touched is evaluated. Where awards may follow, the Région's account is read meanwhile.
 */
export async function ingestEvent(
  pipeline: Pipeline,
  notice: EventNotice,
  signal: AbortSignal,
): Promise<Done> {
  const { mirror, pace, region } = pipeline;
  const mayGive = notice.clientId !== region && notice.revoked !== true;
  // Nobody waits for it now: the look before an issue call then has nothing to read back.
  const looking = mayGive ? mirror.refreshIfOutdated(pace.mirrorMaxAgeMs, signal) : null;
  try {
    return await readAndStore(pipeline, notice, signal);
  } finally {
    await looking;
  }
}

async function readAndStore(pipeline: Pipeline, notice: EventNotice, signal: AbortSignal): Promise<Done> {
  const account = pipeline.accounts(notice.clientId);
  if (account === null) throw withoutKey(notice);
  const read = await pipeline.reading.read(account, notice, signal).catch(whenDeleted(notice));
  if (read === null) {
    const scope = { clientId: notice.clientId, list: 'recipients', eventId: notice.eventId } as const;
    await pipeline.readProblems.clear(scope);
    return {
      did: 'event deleted since it was listed',
      facts: { client: notice.clientId, event: notice.eventId },
    };
  }
  const { event } = read;
  const { clientId, id, badgeId } = event;
  const source = notice.source === 'poll' ? 'list' : 'notice';
  const earners = await storeEvent(pipeline, read, stepsOf(pipeline, notice, event, signal), source, signal);
  const facts = { client: clientId, event: id, badge: badgeId, earners, cause: causeOf(notice, event) };
  return { did: 'event stored', facts };
}

/** Of an event that OBF itself listed: the daily reading finds what was stored of it. @throws the error of others */
const whenDeleted =
  ({ badgeId }: EventNotice) =>
  (error: unknown): null => {
    if (badgeId !== undefined && isEventGone(error)) return null;
    throw error;
  };

function stepsOf(
  pipeline: Pipeline,
  notice: EventNotice,
  event: EventToStore,
  signal: AbortSignal,
): EventSteps {
  const { queues, region, regionAccount } = pipeline;
  const evaluate = (written: readonly WrittenAssertion[]): Promise<void> =>
    enqueueEarners(
      queues.earners,
      written.map(({ earner }) => earner),
      causeOf(notice, event),
    );
  if (event.clientId !== region) return { evaluate };
  return {
    evaluate,
    account: (found) => accountForEvent({ ...pipeline, account: regionAccount }, event, found, signal),
  };
}

/** What joins a notice to the evaluations and the awards that it set off. */
const causeOf = ({ source }: EventNotice, { clientId, id }: EventToStore): string =>
  `${source}.event.${clientId}.${id}`;

const withoutKey = ({ clientId }: EventNotice): ObfRefused =>
  new ObfRefused(
    'GET event',
    403,
    `we hold no API key of client ${clientId}: name it as secret_env in partners.yaml and set it, ` +
      'or let OBF push the credentials to the Passport address',
  );
