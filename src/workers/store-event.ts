import type { ClientId, EarnerKey } from '../ids.js';
import type { ObfAccount, ObfEvent, ObfRecipient } from '../obf/types.js';
import { secondsOf, type Clock } from '../platform/clock.js';
import { withoutUnseenEnds } from '../platform/invisible.js';
import type { Replicas } from '../platform/replicas.js';
import type { Vault } from '../platform/vault.js';
import { earnerKeyOf } from '../portfolio/earner-key.js';
import type { IgnoredBoard } from '../portfolio/ignored.js';
import type { NewsBoard } from '../portfolio/news.js';
import type { SeenEvents } from '../portfolio/seen-events.js';
import { SomeUnreadable, type NewAssertion, type PortfolioStore } from '../portfolio/store.js';
import type { Schemes } from './schemes.js';

export interface EventStoring {
  readonly portfolios: PortfolioStore;
  readonly seen: Pick<SeenEvents, 'add'>;
  readonly news: Pick<NewsBoard, 'seen'>;
  readonly ignored: Pick<IgnoredBoard, 'badge'>;
  readonly vault: Vault;
  readonly clock: Clock;
  /** The Région's own client. */
  readonly region: ClientId;
  readonly schemes: Pick<Schemes, 'now'>;
  readonly replicas: Pick<Replicas, 'mark' | 'untilHeld'>;
}

const WRITTEN_WITHIN_MS = 10 * 60_000;

/** What must be known of an event to keep it. */
export type EventToStore = Pick<ObfEvent, 'id' | 'clientId' | 'badgeId'> &
  Partial<Pick<ObfEvent, 'recipientCount' | 'createdS'>>;

/** What is done around the storing of an event. */
export interface EventSteps {
  /** Told what was read, before it is stored. */
  readonly compare?: (found: readonly NewAssertion[]) => Promise<void>;
  /** Has these earners evaluated. Done before the event counts as seen: were we stopped in between, the event is read again. */
  readonly evaluate: (earners: readonly EarnerKey[]) => Promise<void>;
  /** Told what was stored, once all of the event was; before it counts as seen. */
  readonly account?: (found: readonly NewAssertion[]) => Promise<void>;
}

/** Who told of an event. A poll may find what is old; whoever sends a notice means news. */
export type ToldBy = 'notice' | 'list';

/**
 * Reads every recipient of an event, puts each one's assertion into their portfolio, and has them
 * evaluated. May be repeated. Resolves with how many they are.
 * @throws SomeUnreadable when the others are stored and evaluated
 */
export async function storeEvent(
  storing: EventStoring,
  account: Pick<ObfAccount, 'recipientsOf'>,
  event: EventToStore,
  steps: EventSteps,
  toldBy: ToldBy,
  signal: AbortSignal,
): Promise<number> {
  const { portfolios, seen, clock, replicas } = storing;
  const mark = replicas.mark();
  const recipients = await account.recipientsOf(event.id, signal);
  const found = recipients.map((recipient) => newAssertion(storing, event, recipient));
  await steps.compare?.(found);
  const generation = await generationFor(storing, event, toldBy);
  const { stored, left } = await storedOf(portfolios.upsert(found, generation));
  signal.throwIfAborted();
  await tellNews(storing, event, recipients);
  await steps.evaluate(stored.map(({ earner }) => earner));
  // The event stays to be read, and says why, until all of it is kept; the others of the class do not wait for that.
  if (left !== null) throw left;
  if (!isWhole(event, found.length, clock())) return stored.length;
  await steps.account?.(stored);
  // In a cluster the portfolios stand on other servers than the list of what was seen: one that fails must not
  // lose them while the list says that there is nothing left to read.
  await replicas.untilHeld(mark);
  await seen.add(event.clientId, event.id);
  await tellIgnored(storing, event);
  return stored.length;
}

async function storedOf(
  upserting: Promise<readonly NewAssertion[]>,
): Promise<{ readonly stored: readonly NewAssertion[]; readonly left: SomeUnreadable | null }> {
  try {
    return { stored: await upserting, left: null };
  } catch (left) {
    if (!(left instanceof SomeUnreadable)) throw left;
    return { stored: left.stored, left };
  }
}

/** When somebody last issued anything: an organisation that has fallen silent stands out. */
async function tellNews(
  { news, clock }: EventStoring,
  { clientId, id, createdS }: EventToStore,
  [first]: readonly ObfRecipient[],
): Promise<void> {
  if (first === undefined) return;
  await news.seen(clientId, {
    eventId: id,
    happenedS: createdS ?? first.issuedOnS,
    atS: secondsOf(clock),
  });
}

/** A badge that is not enrolled counts for nobody: its partner may have forgotten it. */
async function tellIgnored(
  { schemes, ignored, region, clock }: EventStoring,
  { clientId, badgeId, id }: EventToStore,
): Promise<void> {
  if (clientId === region || (await schemes.now()).scheme.enrolments.has(badgeId)) return;
  await ignored.badge(clientId, badgeId, id, secondsOf(clock));
}

/**
 * While a change of the rules waits: whether the event is news, that is judged by the new ones. What OBF
 * recorded before the change is not (a partner that was just enrolled has a past), nor is what the Région
 * gave: an award that one applied brings nobody under the rest.
 */
async function generationFor(
  { schemes, region }: EventStoring,
  { clientId, createdS = null }: EventToStore,
  toldBy: ToldBy,
): Promise<number | null> {
  const { change } = await schemes.now();
  if (change === null || clientId === region) return null;
  const isNews = toldBy === 'notice' || (createdS !== null && createdS >= change.sinceS);
  return isNews ? change.generation : null;
}

/**
 * Whether all recipients were read. An event that OBF is still writing is read again the next time; an
 * older one is what it is: OBF may count recipients whom it no longer lists.
 */
function isWhole({ recipientCount, createdS }: EventToStore, read: number, nowMs: number): boolean {
  const missing = (recipientCount ?? 0) > read;
  return !missing || nowMs - (createdS ?? 0) * 1000 > WRITTEN_WITHIN_MS;
}

function newAssertion(
  { vault, region }: EventStoring,
  event: EventToStore,
  recipient: ObfRecipient,
): NewAssertion {
  return {
    recordedS: event.createdS ?? null,
    own: event.clientId === region,
    earner: earnerKeyOf(vault, recipient.email),
    contact: { address: withoutUnseenEnds(recipient.email), name: recipient.name },
    assertion: {
      id: recipient.assertionId,
      clientId: event.clientId,
      badgeId: event.badgeId,
      eventId: event.id,
      issuedOnS: recipient.issuedOnS,
      expiresOnS: recipient.expiresOnS,
      revoked: recipient.revoked,
    },
  };
}
