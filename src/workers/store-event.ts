import type { EarnerKey } from '../ids.js';
import type { ObfAccount, ObfEvent, ObfRecipient } from '../obf/types.js';
import type { Vault } from '../platform/vault.js';
import { earnerKeyOf } from '../portfolio/earner-key.js';
import type { SeenEvents } from '../portfolio/seen-events.js';
import type { NewAssertion, PortfolioStore } from '../portfolio/store.js';

export interface EventStoring {
  readonly portfolios: PortfolioStore;
  readonly seen: SeenEvents;
  readonly vault: Vault;
}

/** What must be known of an event to keep it. */
export type EventToStore = Pick<ObfEvent, 'id' | 'clientId' | 'badgeId'>;

/** Reads every recipient of an event and puts each one's assertion into their portfolio; resolves with whose. */
export async function storeEvent(
  { portfolios, seen, vault }: EventStoring,
  account: ObfAccount,
  event: EventToStore,
  signal: AbortSignal,
  beforeStoring: (found: readonly NewAssertion[]) => Promise<void> = async () => {},
): Promise<readonly EarnerKey[]> {
  const recipients = await account.recipientsOf(event.id, signal);
  const found = recipients.map((recipient) => newAssertion(vault, event, recipient));
  await beforeStoring(found);
  await portfolios.upsert(found);
  await seen.add(event.clientId, event.id);
  return found.map(({ earner }) => earner);
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
