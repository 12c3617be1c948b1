import { DateTime } from 'luxon';
import type { ChangesByHand, EventRecord, HandIssue } from './types.js';
import { copiesOf, sameAddressForm, type Badge, type IssuingEvent, type Recipient } from './records.js';
import type { World } from './world.js';

const DAY_S = 86_400;

/** What a human does on OBF's site: no call, no rate, no quota. */
export function issueByHand(world: World, hand: HandIssue, nowS: number): IssuingEvent {
  const badge = world.badge(hand.clientId, hand.badgeId);
  if (badge === null) throw new Error(`Sandbox: client "${hand.clientId}" has no badge "${hand.badgeId}"`);
  if (hand.recipients.length === 0) throw new Error('Sandbox: issuing needs a recipient');
  const issuedOnS = hand.issuedOnS ?? nowS - (nowS % DAY_S);
  const act = {
    badge,
    issuedOnS,
    expiresOnS: hand.expiresOnS === undefined ? endOf(issuedOnS, badge.expiresMonths) : hand.expiresOnS,
    apiConsumerId: null,
    logEntry: hand.logEntry === undefined ? null : JSON.stringify(hand.logEntry),
    emailMessage: null,
  };
  return world.issue(act, hand.recipients.map(recipientOf));
}

/** What a human, or OBF itself, changes afterwards: without a call, and without a notice. */
export function handsOf(world: World, url: string): ChangesByHand {
  const eventNamed = (id: string): IssuingEvent => found(world.event(id), `event "${id}"`);
  const badgeNamed = (clientId: string, id: string): Badge =>
    found(world.badge(clientId, id), `badge "${id}" of client "${clientId}"`);
  return {
    appendByHand(eventId, recipients, { movesMtime = true } = {}) {
      const event = eventNamed(eventId);
      world.append(event, recipients.map(recipientOf));
      if (movesMtime) world.touch(event);
      return eventRecord(event, url);
    },
    revokeByHand(eventId, emails, { movesMtime = false } = {}) {
      const event = eventNamed(eventId);
      if (world.revoke(event, emails) === 0)
        throw new Error(`Sandbox: event "${eventId}" has none of these recipients`);
      if (movesMtime) world.touch(event);
    },
    removeByHand: (eventId) => world.remove(eventNamed(eventId)),
    expire: (assertionId, expiresOnS) => world.expire(assertionId, expiresOnS),
    hideRecipients(eventId, emails, hidden = true) {
      const copies = copiesOf(eventNamed(eventId), emails);
      if (copies.length === 0) throw new Error(`Sandbox: event "${eventId}" has none of these recipients`);
      for (const copy of copies) copy.hidden = hidden;
    },
    stillWriting: (eventId, visible) => void (eventNamed(eventId).visible = visible),
    writeSlowly: (clientOrBadge, visible) => world.writeSlowly(clientOrBadge, visible),
    written: (eventId) => world.written(eventId === undefined ? null : eventNamed(eventId)),
    setIssuingLimit: (clientId, limit) => world.quota.set(clientId, limit),
    setDraft: (clientId, badgeId, draft) => void (badgeNamed(clientId, badgeId).draft = draft),
    removeBadge: (clientId, badgeId) => world.removeBadge(badgeNamed(clientId, badgeId)),
    suspend(clientId, suspended = true) {
      found(world.client(clientId), `client "${clientId}"`).suspended = suspended;
    },
  };
}

/** A story or a test that names what is not there means something else. */
function found<T>(value: T | null, what: string): T {
  if (value === null) throw new Error(`Sandbox: no ${what}`);
  return value;
}

const recipientOf = (to: string | Recipient): Recipient =>
  typeof to === 'string' ? { email: to, name: '' } : to;

export const eventRecord = (event: IssuingEvent, url: string): EventRecord => ({
  id: event.id,
  clientId: event.badge.clientId,
  badgeId: event.badge.id,
  assertions: event.assertions.map(({ id, email, revoked }) => ({
    id,
    email,
    revoked,
    url: `${url}/obv3/credentials/${id}.json`,
    urlV1: `${url}/v1/assertion/${id}`,
  })),
});

/** The unrevoked badges of an address, as `client/badge`. */
export const awarded = (world: World, email: string): string[] =>
  [...world.assertions()]
    .filter((one) => !one.revoked && sameAddressForm(one.email) === sameAddressForm(email))
    .map(({ event }) => `${event.badge.clientId}/${event.badge.id}`);

const endOf = (issuedOnS: number, months: number): number | null =>
  months === 0 ? null : DateTime.fromSeconds(issuedOnS, { zone: 'utc' }).plus({ months }).toSeconds();
