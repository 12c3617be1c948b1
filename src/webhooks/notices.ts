import type { WebhookDeps, StorableNotice } from './deps.js';
import type { EventMessage } from './event-body.js';
import type { PushMessage } from './push-body.js';

/** What a message of either kind asks to be looked at. What it says twice is one job, by its id. */
export function noticesOf(
  message: EventMessage | PushMessage,
  deps: Pick<WebhookDeps, 'earnerKeyOf' | 'seal'>,
): readonly StorableNotice[] {
  if (message.kind === 'push') return credentialNotices(message, deps);
  const { type, clientId, eventId } = message;
  return [{ type, job: { kind: 'event', clientId, eventId, source: 'webhook' } }];
}

/** The address leaves this process only sealed, under the key of the person it belongs to. */
const credentialNotices = (
  { credentials }: PushMessage,
  { earnerKeyOf, seal }: Pick<WebhookDeps, 'earnerKeyOf' | 'seal'>,
): readonly StorableNotice[] =>
  credentials.map(({ address, url }) => {
    const earner = earnerKeyOf(address);
    const recipient = seal(address, earner);
    return { type: 'issued', job: { kind: 'credential', earner, recipient, url, source: 'passport' } };
  });
