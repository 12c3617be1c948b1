import { randomUUID } from 'node:crypto';
import { secondsOf, type Clock } from '../platform/clock.js';
import { webhookKey, webhookSignature } from '../platform/secrets.js';

/** A request ready to be sent, once or often: a repeat is the same bytes under the same id. */
export interface Notice {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * A notice signed with a `whsec_...` secret. The clock stamps it: a clock that is off makes a stale one.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function signedNotice(
  secret: string,
  { type, ...data }: { readonly type: string; readonly client_id: string; readonly event_id: string },
  clock: Clock,
): Notice {
  const body = JSON.stringify({ type, data });
  const id = `msg_${randomUUID().replaceAll('-', '')}`;
  const stamp = String(secondsOf(clock));
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': stamp,
    'webhook-signature': webhookSignature(webhookKey(secret), id, stamp, body),
  };
  return { headers, body };
}

/** OBF's push to a Passport: for each address, the addresses of its credentials. */
export const passportNotice = (
  { key, secret }: { readonly key: string; readonly secret: string },
  credentials: Readonly<Record<string, readonly string[]>>,
): Notice => ({
  headers: {
    'content-type': 'application/json',
    authorization: `Basic ${Buffer.from(`${key}:${secret}`).toString('base64')}`,
  },
  body: JSON.stringify(credentials),
});

/** Over a connection of its own. @returns the status that came back @throws when nobody answered within ten seconds */
export async function postNotice(url: string, { headers, body }: Notice): Promise<number> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { ...headers, connection: 'close' },
    body,
    redirect: 'manual',
    signal: AbortSignal.timeout(10_000),
  });
  await answer.arrayBuffer();
  return answer.status;
}
