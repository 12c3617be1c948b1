import { systemClock } from '../../platform/clock.js';
import type { EventRecord } from '../../sandbox/types.js';
import { deliver, passportNotice, signedNotice, type NoticeContent } from '../../sandbox/webhooks.js';
import type { Keys } from '../stage/environment.js';

export const EVENT_PATH = '/webhooks/obf';
export const PASSPORT_PATH = '/obpv1/factory/users_badges';

export interface Target {
  readonly webUrl: string;
  readonly keys: Pick<Keys, 'webhookSecret' | 'basic'>;
}

/** Sends a signed notice, `times` at the same moment. @returns the statuses */
export const sendNotice = (
  { webUrl, keys }: Target,
  notice: NoticeContent,
  times: number,
): Promise<readonly number[]> =>
  deliver(webUrl + EVENT_PATH, [signedNotice(keys.webhookSecret, notice, systemClock)], {
    times,
    order: 'at once',
  });

/** What Open Badge Factory pushes to a Passport: where each person's credential of this event is. */
export const sendCredentials = (
  { webUrl, keys }: Target,
  { assertions }: EventRecord,
): Promise<readonly number[]> => {
  const where = Object.fromEntries(assertions.map(({ email, url }) => [email, [url]]));
  return deliver(webUrl + PASSPORT_PATH, [passportNotice(keys.basic, where)]);
};
