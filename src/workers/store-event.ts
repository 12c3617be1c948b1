import type { EarnerKey } from '../ids.js';
import type { ObfAccount, ObfEvent, ObfRecipient } from '../obf/types.js';
import type { Clock } from '../platform/clock.js';
import type { Vault } from '../platform/vault.js';
import { earnerKeyOf } from '../portfolio/earner-key.js';
import type { SeenEvents } from '../portfolio/seen-events.js';
import type { NewAssertion, PortfolioStore } from '../portfolio/store.js';

export interface EventStoring {
  readonly portfolios: PortfolioStore;
  readonly seen: Pick<SeenEvents, 'add'>;
  readonly vault: Vault;
  readonly clock: Clock;
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
}

/**
 * Reads every recipient of an event, puts each one's assertion into their portfolio, and has them
 * evaluated. May be repeated. Resolves with how many they are.
 */
export async function storeEvent(
  { portfolios, seen, vault, clock }: EventStoring,
  account: ObfAccount,
  event: EventToStore,
  steps: EventSteps,
  signal: AbortSignal,
): Promise<number> {
  const recipients = await account.recipientsOf(event.id, signal);
  const found = recipients.map((recipient) => newAssertion(vault, event, recipient));
  await steps.compare?.(found);
  await portfolios.upsert(found);
  signal.throwIfAborted();
  await steps.evaluate(found.map(({ earner }) => earner));
  if (isWhole(event, found.length, clock())) await seen.add(event.clientId, event.id);
  return found.length;
}

/**
 * Whether all recipients were read. An event that OBF is still writing is read again the next time; an
 * older one is what it is: OBF may count recipients whom it no longer lists.
 */
function isWhole({ recipientCount, createdS }: EventToStore, read: number, nowMs: number): boolean {
  const missing = (recipientCount ?? 0) > read;
  return !missing || nowMs - (createdS ?? 0) * 1000 > WRITTEN_WITHIN_MS;
}

function newAssertion(vault: Vault, event: EventToStore, recipient: ObfRecipient): NewAssertion {
  return {
    earner: earnerKeyOf(vault, recipient.email),
    contact: { address: recipient.email.trim(), name: recipient.name },
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
