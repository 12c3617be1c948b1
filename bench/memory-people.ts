import { createHash, randomBytes } from 'node:crypto';
import { DateTime } from 'luxon';
import type { AuditEntry } from '../src/audit/types.js';
import {
  asAssertionId,
  asAwardId,
  asBadgeId,
  asClientId,
  asEarnerKey,
  asEventId,
  asSchemeVersion,
  type EarnerKey,
} from '../src/ids.js';
import type { ClientBadge } from '../src/portfolio/badge-book.js';
import type { Assertion } from '../src/portfolio/assertion.js';
import type { Contact } from '../src/portfolio/contact.js';
import { madeUpAssertionId, madeUpEventId } from '../src/sandbox/made-up-ids.js';

/** A class: people who were given the same badges in the same events, and awards in the same batches. */
export interface Class {
  readonly people: readonly Made[];
  /** Whose events they were, and which. */
  readonly events: readonly Pick<Assertion, 'clientId' | 'eventId'>[];
  readonly account: readonly AuditEntry[];
}

/** Somebody with six badges of partners, and two of the Région's that were read back. */
export interface Made {
  readonly earner: EarnerKey;
  readonly contact: Contact;
  readonly assertions: readonly Assertion[];
}

export const CLASS = 20;
const BADGES_EACH = 6;
const PARTNERS = 300;
const BADGES_OF_A_PARTNER = 5;
export const AWARDS = ['communiquer-1', 'organiser-1'];
const NOW_S = Date.UTC(2026, 10, 23, 11) / 1000;
const DAY_S = 86_400;

const made = (count: number): readonly string[] => Array.from({ length: count }, madeUpEventId);
const REGION = asClientId(madeUpEventId());
const OWN: readonly ClientBadge[] = made(AWARDS.length).map((id) => ({
  clientId: REGION,
  badgeId: asBadgeId(id),
}));
const PARTNER_BADGES: readonly ClientBadge[] = made(PARTNERS).flatMap((client) =>
  made(BADGES_OF_A_PARTNER).map((badge) => ({ clientId: asClientId(client), badgeId: asBadgeId(badge) })),
);
/** Every badge that anybody has. */
export const BADGES: readonly ClientBadge[] = [...OWN, ...PARTNER_BADGES];
export const isOwn = ({ clientId }: Pick<Assertion, 'clientId'>): boolean => clientId === REGION;

const FIRST =
  'Marie Jean Nathalie Mohamed Isabelle Philippe Léa Théo Françoise Jean-Baptiste Chloé Enzo'.split(' ');
const LAST =
  'Martin Lefebvre Duval Hamel Lecomte Leroy Marie Lemonnier Da-Silva Vasseur Delamare Benali'.split(' ');
const HOSTS = 'gmail.com orange.fr hotmail.fr wanadoo.fr laposte.net outlook.fr mission-locale-caen.fr'.split(
  ' ',
);

const oneOf = <T>(all: readonly T[], at: number): T => {
  const one = all[at % all.length];
  if (one === undefined) throw new Error('nothing to choose from');
  return one;
};
const any = (below: number): number => randomBytes(4).readUInt32BE() % below;
const plain = (text: string): string =>
  text
    .normalize('NFD')
    .replaceAll(/[^a-zA-Z-]/g, '')
    .toLowerCase();

function contact(): Contact {
  const [first, last] = [oneOf(FIRST, any(FIRST.length)), oneOf(LAST, any(LAST.length))];
  const number = any(3) === 0 ? '' : String(any(1000));
  return {
    address: `${plain(first)}.${plain(last)}${number}@${oneOf(HOSTS, any(HOSTS.length))}`,
    name: `${first} ${last}`,
  };
}

/** Mostly a midnight of Normandie's; now and then the second it was typed in. */
function issuedOnS(): number {
  const day = DateTime.fromSeconds(NOW_S - any(900) * DAY_S, { zone: 'Europe/Paris' });
  return any(10) === 0 ? NOW_S - any(900 * DAY_S) : day.startOf('day').toSeconds();
}

type Event = Omit<Assertion, 'id' | 'revoked'>;

function eventOf(badge: ClientBadge, when: number): Event {
  const expiresOnS = any(8) === 0 ? when + 1000 * DAY_S : null;
  return { ...badge, eventId: asEventId(madeUpEventId()), issuedOnS: when, expiresOnS };
}

/** @param nth the how manieth class: people are numbered */
export function madeUpClass(nth: number): Class {
  const partners = Array.from({ length: BADGES_EACH }, () =>
    eventOf(oneOf(PARTNER_BADGES, any(PARTNER_BADGES.length)), issuedOnS()),
  );
  const own = OWN.map((badge) => ({ ...eventOf(badge, NOW_S - any(900 * DAY_S)), expiresOnS: null }));
  const events = [...partners, ...own];
  const people = Array.from({ length: CLASS }, (_, at): Made => {
    const key = createHash('sha256').update(`${nth} ${at}`).digest('base64url').slice(0, 22);
    const assertions = events.map((event): Assertion => ({
      ...event,
      id: asAssertionId(madeUpAssertionId()),
      revoked: any(40) === 0,
    }));
    return { earner: asEarnerKey(key), contact: contact(), assertions };
  });
  return { people, events, account: own.flatMap((event, at) => people.map((one) => told(one, event, at))) };
}

/** As the worker tells of an award that it gave. */
const told = (
  { earner, assertions }: Made,
  { badgeId, eventId, issuedOnS: atS }: Event,
  at: number,
): AuditEntry => ({
  kind: 'issued',
  atS,
  earner,
  award: asAwardId(oneOf(AWARDS, at)),
  badgeId,
  assertions: assertions.slice(at * 3, at * 3 + 3).map(({ id }) => id),
  cause: `webhook.event.${assertions[0]?.clientId}.${assertions[0]?.eventId}`,
  version: asSchemeVersion('0123456789abcdef'),
  event: eventId,
  detail: null,
});
