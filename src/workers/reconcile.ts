import type { ClientId, EarnerKey, EventId } from '../ids.js';
import type { ObfAccount, ObfEvent } from '../obf/types.js';
import { isOfRedis } from '../platform/redis-silence.js';
import type { NewAssertion } from '../portfolio/store.js';
import { accountForEvent } from './account.js';
import { enqueueEarners } from './enqueue-earners.js';
import type { Pipeline } from './pipeline.js';
import { patiently } from './patiently.js';
import { polledClients } from './poll-events.js';
import { someAtOnce } from './some-at-once.js';
import { storeEvent, type EventSteps } from './store-event.js';

/** What OBF had and we did not; all of it is mended when this is told. */
export interface Drift {
  /** Events of which nothing was stored. */
  events: number;
  /** Assertions that no portfolio had. */
  assertions: number;
  /** Revocations of partners' badges that we did not know of. */
  revocations: number;
  /** Awards of the Région that OBF holds and we did not know of, by hand or of a lost Redis. */
  awards: number;
  /** Awards that were revoked in OBF without our knowledge. */
  awardsRevoked: number;
  /** Earners who are evaluated anew. */
  earners: number;
  /** Accounts that could not be read, and what stood in the way; the others were. */
  unreadable: { readonly clientId: ClientId; readonly error: unknown }[];
}

export type Progress = (done: number, total: number) => void;

const PAGE = 1000;
/** How many events of an account are read at a time: OBF's rate is to be the limit, not how long it takes to answer. */
const AT_ONCE = 8;

/**
 * Reads everything back from OBF: the Région's own account first, so that what is held is known before
 * anybody is evaluated. Safe at any time, beside running workers; costs a call an event.
 */
export async function reconcileFull(
  pipeline: Pipeline,
  progress: Progress,
  signal: AbortSignal,
): Promise<Drift> {
  const drift: Drift = {
    events: 0,
    assertions: 0,
    revocations: 0,
    awards: 0,
    awardsRevoked: 0,
    earners: 0,
    unreadable: [],
  };
  const touched = new Set<EarnerKey>();
  const read = new Map<ClientId, readonly EventId[]>();
  for (const clientId of polledClients(pipeline)) {
    try {
      await reconcileClient(pipeline, clientId, { drift, touched, read, progress, signal });
    } catch (error) {
      // Without the Région's account nobody is evaluated: what is held would not be known.
      if (clientId === pipeline.region || isOfRedis(error) || signal.aborted) throw error;
      drift.unreadable.push({ clientId, error });
    }
  }
  await patiently(async () => {
    const mark = pipeline.replicas.mark();
    await enqueueEarners(pipeline.queues.earners, touched, 'reconcile');
    await pipeline.replicas.untilHeld(mark);
  }, signal);
  // Only now do the events count as seen: were this stopped before, the poll would find them again.
  for (const [clientId, events] of read)
    await patiently(() => pipeline.seen.replace(clientId, events), signal);
  drift.earners = touched.size;
  return drift;
}

interface Run {
  readonly drift: Drift;
  readonly touched: Set<EarnerKey>;
  readonly read: Map<ClientId, readonly EventId[]>;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

async function reconcileClient(pipeline: Pipeline, clientId: ClientId, run: Run): Promise<void> {
  const account = pipeline.accounts(clientId);
  if (account === null) return;
  const events = await allEvents(account, run.signal);
  const ids = events.map(({ id }) => id);
  const unseen = await pipeline.seen.unseen(clientId, ids);
  const whole: EventId[] = [];
  run.drift.events += unseen.size;
  let done = 0;
  await someAtOnce(events, AT_ONCE, async (event) => {
    run.signal.throwIfAborted();
    const storing = { ...pipeline, seen: { add: async (_: ClientId, id: EventId) => void whole.push(id) } };
    const steps = stepsOf(pipeline, event, run);
    await patiently(() => storeEvent(storing, account, event, steps, 'list', run.signal), run.signal);
    done += 1;
    run.progress(done, events.length);
  });
  // One that OBF is still writing is read again the next time.
  run.read.set(clientId, whole);
}

/** Nobody is evaluated before all is read: half a portfolio tells half the truth. */
function stepsOf(pipeline: Pipeline, event: ObfEvent, { drift, touched, signal }: Run): EventSteps {
  const accounting = { ...pipeline, account: pipeline.regionAccount };
  let isCompared = false;
  return {
    ...(event.clientId === pipeline.region
      ? { account: (found) => accountForEvent(accounting, event, found, signal) }
      : {}),
    // Once: when the event is read again, some of it may stand there from the first time.
    async compare(found) {
      if (!isCompared) await noteDrift(pipeline, found, drift);
      isCompared = true;
    },
    async evaluate(earners) {
      for (const earner of earners) touched.add(earner);
    },
  };
}

/** Compares what OBF says with what stands in the portfolios, before it is written there. */
async function noteDrift(
  { portfolios, region }: Pipeline,
  found: readonly NewAssertion[],
  drift: Drift,
): Promise<void> {
  const known = await Promise.all(
    found.map(({ earner, assertion }) => portfolios.knows(earner, assertion.id)),
  );
  for (const [at, { assertion }] of found.entries()) {
    const before = known[at] ?? null;
    if (before === 'gone') continue;
    const own = assertion.clientId === region;
    if (before === null && own) drift.awards += 1;
    else if (before === null) drift.assertions += 1;
    if (!assertion.revoked || before === 'revoked') continue;
    if (own) drift.awardsRevoked += 1;
    else drift.revocations += 1;
  }
}

async function allEvents(account: ObfAccount, signal: AbortSignal): Promise<readonly ObfEvent[]> {
  const events = new Map<string, ObfEvent>();
  for (let offset = 0; ;) {
    const read = () => account.events({ limit: PAGE, offset }, signal);
    // An account that does not answer at all is told at once.
    const page = await (offset === 0 ? patiently(read, signal, { tries: 1 }) : patiently(read, signal));
    const before = events.size;
    for (const event of page.rows) events.set(event.id, event);
    offset += page.rows.length;
    const ends = page.total === null ? page.rows.length < PAGE : offset >= page.total;
    // A page with nothing new also ends it: a server that ignores `offset` would go on for ever.
    if (ends || events.size === before) return [...events.values()];
  }
}
