import { DateTime } from 'luxon';
import type { EventRecord, HandIssue } from './types.js';
import { sameAddressForm, type IssuingEvent, type World } from './world.js';

/** What a human does on OBF's site: no call, no rate, no quota. */
export function issueByHand(world: World, hand: HandIssue, nowS: number): IssuingEvent {
  const badge = world.badge(hand.clientId, hand.badgeId);
  if (badge === null) throw new Error(`Sandbox: client "${hand.clientId}" has no badge "${hand.badgeId}"`);
  if (hand.recipients.length === 0) throw new Error('Sandbox: issuing needs a recipient');
  const issuedOnS = hand.issuedOnS ?? DateTime.fromSeconds(nowS, { zone: 'utc' }).startOf('day').toSeconds();
  const act = {
    badge,
    issuedOnS,
    expiresOnS: hand.expiresOnS === undefined ? endOf(issuedOnS, badge.expiresMonths) : hand.expiresOnS,
    apiConsumerId: null,
    logEntry: hand.logEntry === undefined ? null : JSON.stringify(hand.logEntry),
    emailMessage: null,
  };
  return world.issue(
    act,
    hand.recipients.map((to) => (typeof to === 'string' ? { email: to, name: '' } : to)),
  );
}

/** @throws when nothing would be revoked: a story or test that means somebody else. */
export function revokeByHand(world: World, eventId: string, emails: readonly string[]): void {
  const event = world.event(eventId);
  if (event === null) throw new Error(`Sandbox: no event "${eventId}"`);
  if (world.revoke(event, emails) === 0)
    throw new Error(`Sandbox: event "${eventId}" has none of these recipients`);
}

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
  world
    .assertions()
    .filter((found) => !found.revoked && sameAddressForm(found.email) === sameAddressForm(email))
    .map(({ event }) => `${event.badge.clientId}/${event.badge.id}`);

const endOf = (issuedOnS: number, months: number): number | null =>
  months === 0 ? null : DateTime.fromSeconds(issuedOnS, { zone: 'utc' }).plus({ months }).toSeconds();
