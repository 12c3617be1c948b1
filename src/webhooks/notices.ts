import type { Arrival } from '../queue/jobs.js';
import type { WebhookDeps } from './deps.js';
import type { EventMessage } from './event-body.js';
import type { PushMessage } from './push-body.js';

/**
 * What a message of either kind asks to be looked at. What it says twice is one job, by its id.
 * @param request the id of the request that it came by
 */
export function noticesOf(
  message: EventMessage | PushMessage,
  deps: Pick<WebhookDeps, 'earnerKeyOf' | 'seal'>,
  request: string,
): readonly Arrival[] {
  if (message.kind === 'push') return credentialNotices(message, deps, request);
  const { type, clientId, eventId } = message;
  const about = { kind: 'event', clientId, eventId, source: 'webhook', request } as const;
  return [{ type, job: type === 'revoked' ? { ...about, revoked: true } : about }];
}

/** The address leaves this process only sealed, under the key of the person it belongs to. */
const credentialNotices = (
  { credentials }: PushMessage,
  { earnerKeyOf, seal }: Pick<WebhookDeps, 'earnerKeyOf' | 'seal'>,
  request: string,
): readonly Arrival[] =>
  credentials.map(({ address, url }) => {
    const earner = earnerKeyOf(address);
    const recipient = seal(address, earner);
    const job = { kind: 'credential', earner, recipient, url, source: 'passport', request } as const;
    return { type: 'issued', job };
  });
