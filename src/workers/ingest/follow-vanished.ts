import { iteratePeople } from '../../earners/people.js';
import { markAssertion, type WrittenAssertion } from '../../earners/assertions.js';
import type { AssertionId, ClientId, EarnerKey, EventId } from '../../ids.js';
import { isEventGone } from '../../obf/errors.js';
import type { IdSet } from '../../obf/id-set.js';
import { EventIncomplete, readAlone } from '../../obf/read-event.js';
import type { Pipeline } from '../pipeline.js';
import { retryTransient } from '../runtime/retry-transient.js';
import { storeEvent } from './store-event.js';

export interface VanishedOptions {
  /** Of each account that was read whole: every assertion that its list shows. */
  readonly listed: ReadonlyMap<ClientId, Pick<IdSet, 'has'>>;
  readonly signal: AbortSignal;
  /** What was stored of an event that was read again. @param isOwn whether it is one of the Région's */
  readonly onWritten: (written: readonly WrittenAssertion[], isOwn: boolean) => void;
  readonly onGone: (earner: EarnerKey, isOwn: boolean) => void;
  /** @throws what stands in the way of all accounts */
  readonly onFailure: (clientId: ClientId, error: unknown) => void;
}

/** Unrevoked assertions of portfolios that their account's list does not show. */
interface SuspectEvent {
  readonly clientId: ClientId;
  readonly eventId: EventId;
  readonly suspects: { readonly keys: readonly EarnerKey[]; readonly id: AssertionId }[];
}

/**
 * What a list no longer shows is asked for by the name of its event, and counts as revoked once OBF says that it is
 * not there: a partner's badge counts no more until it is shown again, and an award that a human took away stays away.
 */
export async function followVanished(pipeline: Pipeline, options: VanishedOptions): Promise<void> {
  for (const event of (await suspectEvents(pipeline, options)).values())
    await followEvent(pipeline, event, options).catch((error: unknown) =>
      options.onFailure(event.clientId, error),
    );
}

async function suspectEvents(
  { people }: Pipeline,
  { listed, signal }: VanishedOptions,
): Promise<ReadonlyMap<string, SuspectEvent>> {
  const events = new Map<string, SuspectEvent>();
  for await (const some of iteratePeople(people, signal))
    for (const { keys, portfolio } of some)
      for (const { id, clientId, eventId, revoked } of [...portfolio.assertions, ...portfolio.held]) {
        const shown = listed.get(clientId);
        if (shown === undefined || revoked || eventId === null || shown.has(id)) continue;
        const name = `${clientId} ${eventId}`;
        const event = events.get(name) ?? { clientId, eventId, suspects: [] };
        event.suspects.push({ keys, id });
        events.set(name, event);
      }
  return events;
}

async function followEvent(
  pipeline: Pipeline,
  { clientId, eventId, suspects }: SuspectEvent,
  { signal, onWritten, onGone }: VanishedOptions,
): Promise<void> {
  const account = pipeline.accounts(clientId, 'idle');
  if (account === null) return;
  const isOwn = clientId === pipeline.region;
  const asked = { clientId, eventId };
  const read = await retryTransient(() => readAlone(account, asked, signal), signal).catch(
    (error: unknown) => {
      if (isEventGone(error)) return 'gone' as const;
      throw error;
    },
  );
  const present = new Set<AssertionId>();
  if (read !== 'gone') {
    const { recipients, isWhole, odd } = read.recipients;
    // A list that does not hold still says nothing. One that does, and counts more than it shows, may hide the revoked.
    if (!isWhole || odd.length > 0) return;
    for (const { assertionId } of recipients) present.add(assertionId);
    const evaluate = (written: readonly WrittenAssertion[]): void => onWritten(written, isOwn);
    await storeEvent(pipeline, read, { evaluate, source: 'list' }, signal).catch((error: unknown) => {
      // Named where people look, and read again by its own job.
      if (!(error instanceof EventIncomplete)) throw error;
    });
  }
  for (const { keys, id } of suspects.filter((one) => !present.has(one.id)))
    for (const key of keys)
      if (await markAssertion(pipeline.earners, key, id, 'vanished')) onGone(key, isOwn);
}
