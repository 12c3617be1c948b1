import { randomUUID } from 'node:crypto';
import { secondsOf, type Clock } from '../platform/clock.js';
import { webhookKey, webhookSignature } from '../platform/secrets.js';

/** A request to send, once or repeatedly: a repeat has the same bytes and the same id. */
export interface Notice {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Returns a notice signed with a `whsec_...` secret. The clock gives its time: a wrong clock makes it stale.
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

/** Returns OBF's push to a Passport: the URLs of the credentials of each e-mail address. */
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

/** Posts a notice over its own connection. @returns the status @throws without an answer within ten seconds */
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
