import { asAssertionId, asBadgeId, asClientId, asEventId } from '../../src/ids.js';
import type { Assertion } from '../../src/earners/record.js';
import type { EventRecord } from '../../src/sandbox/world.js';
import type { Sandbox } from '../../src/sandbox/server.js';
import { naive } from '../rules/model.js';
import { parse } from '../support/house.js';
import { addressOf, type Earner } from './cast.js';
import { PARTNERS, PARTNERS_YAML, REGION, SCHEME } from './world.js';

/** One copy of a badge of the Région, as OBF has it. */
export interface Copy {
  readonly badgeId: string;
  readonly eventId: string;
  readonly assertionId: string;
  readonly revoked: boolean;
  readonly by: 'palier' | 'hand';
}

export interface Truth {
  /** Région badges that the earner is to have: what a human gave, and what the rules give. */
  readonly expected: ReadonlySet<string>;
  /** What OBF has, in order of issuing. */
  readonly copies: readonly Copy[];
}

/** Expiry of a copy, as the harness set it: the sandbox does not say. */
export type Expiries = ReadonlyMap<string, number>;

const plain = (address: string): string => address.trim().toLowerCase();

/** What should be, by a second evaluator and from OBF's own account alone; and what is. */
export function truthOf(
  sandbox: Sandbox,
  earners: readonly Earner[],
  expiries: Expiries,
): ReadonlyMap<Earner, Truth> {
  const scheme = parse(SCHEME, PARTNERS_YAML);
  const nowS = Math.floor(Date.now() / 1000);
  const given = byAddress(PARTNERS.flatMap((partner) => sandbox.eventsOf(partner)));
  const issued = byAddress(sandbox.eventsOf(REGION));
  const ours = new Set(sandbox.issues().flatMap(({ eventId }) => eventId ?? []));
  return new Map(
    earners.map((earner): [Earner, Truth] => {
      const address = plain(addressOf(earner));
      const copies = (issued.get(address) ?? []).map(({ event, at }): Copy => {
        const { id, revoked } = copyAt(event, at);
        const by = ours.has(event.id) ? 'palier' : 'hand';
        return { badgeId: event.badgeId, eventId: event.id, assertionId: id, revoked, by };
      });
      const held = (issued.get(address) ?? [])
        .filter(({ event }) => !ours.has(event.id))
        .map((one) => assertionOf(one, expiries));
      const assertions = (given.get(address) ?? []).map((one) => assertionOf(one, expiries));
      const verdicts = naive(scheme, { assertions, held, blocked: [] }, nowS);
      const expected = scheme.awards
        .filter((_, at) => ['held', 'due'].includes(verdicts[at]?.status ?? ''))
        .map(({ badgeId }): string => badgeId);
      return [earner, { expected: new Set(expected), copies }];
    }),
  );
}

interface Place {
  readonly event: EventRecord;
  /** Which of its recipients. */
  readonly at: number;
}

function byAddress(events: readonly EventRecord[]): ReadonlyMap<string, Place[]> {
  const found = new Map<string, Place[]>();
  for (const event of events)
    for (const [at, { email }] of event.assertions.entries()) {
      const address = plain(email);
      found.set(address, [...(found.get(address) ?? []), { event, at }]);
    }
  return found;
}

function copyAt(event: EventRecord, at: number) {
  const copy = event.assertions[at];
  if (copy === undefined) throw new Error('an event without this recipient');
  return copy;
}

function assertionOf({ event, at }: Place, expiries: Expiries): Assertion {
  const { id, revoked } = copyAt(event, at);
  return {
    id: asAssertionId(id),
    clientId: asClientId(event.clientId),
    badgeId: asBadgeId(event.badgeId),
    eventId: asEventId(event.id),
    issuedOnS: Math.floor(Date.now() / 1000) - 86_400,
    expiresOnS: expiries.get(id) ?? null,
    revoked,
  };
}
