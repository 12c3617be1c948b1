import { randomUUID } from 'node:crypto';
import { Agent } from 'node:http';
import axios from 'axios';
import { secondsOf, type Clock } from '../platform/clock.js';
import { webhookKey, webhookSignature } from '../platform/secrets.js';

/** What a notice says; identifiers and no more. */
interface NoticeContent {
  readonly type: 'badge.issued' | 'badge.revoked' | 'badge.updated' | (string & {});
  readonly client_id: string;
  readonly event_id: string;
}

/** A request ready to be sent, once or often: a repeat is the same bytes under the same id. */
export interface Notice {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How a batch of requests reaches the other side. */
interface Delivery {
  /** How often each is sent. Default 1. */
  readonly times?: number;
  /** Which are never sent, by their place in the batch. */
  readonly drop?: (index: number) => boolean;
  /** Default `'in order'`, one after the other. */
  readonly order?: 'in order' | 'reversed' | 'at once';
}

/**
 * A notice signed with a `whsec_...` secret. The clock stamps it: a clock that is off makes a stale one.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function signedNotice(secret: string, { type, ...data }: NoticeContent, clock: Clock): Notice {
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

/** @returns the status that came back. @throws when nobody answered within ten seconds. */
export async function postNotice(url: string, { headers, body }: Notice): Promise<number> {
  const answer = await axios.post(url, body, {
    headers: { ...headers },
    httpAgent: new Agent({ keepAlive: false }),
    proxy: false,
    timeout: 10_000,
    maxRedirects: 0,
    validateStatus: () => true,
    transformRequest: (data: string) => data,
  });
  return answer.status;
}

export const postPassport = (
  url: string,
  basic: { readonly key: string; readonly secret: string },
  credentials: Readonly<Record<string, readonly string[]>>,
): Promise<number> => postNotice(url, passportNotice(basic, credentials));

/** Sends a batch as badly as `delivery` asks. @returns the statuses, in the order of sending. */
export async function deliver(
  url: string,
  notices: readonly Notice[],
  { times = 1, drop = () => false, order = 'in order' }: Delivery = {},
): Promise<readonly number[]> {
  const kept = notices.filter((_notice, index) => !drop(index));
  const repeated = kept.flatMap((notice) => Array.from({ length: times }, () => notice));
  const sent = order === 'reversed' ? repeated.toReversed() : repeated;
  if (order === 'at once') return Promise.all(sent.map((notice) => postNotice(url, notice)));
  const statuses: number[] = [];
  for (const notice of sent) statuses.push(await postNotice(url, notice));
  return statuses;
}
