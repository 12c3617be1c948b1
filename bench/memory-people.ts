import { createHash } from 'node:crypto';
import { DateTime } from 'luxon';
import type { JournalEntry } from '../src/earners/journal-entry.js';
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
import type { Assertion } from '../src/earners/assertion.js';
import type { Contact } from '../src/earners/record.js';

/** A badge, and the OBF client that it is of. */
type ClientBadge = Pick<Assertion, 'clientId' | 'badgeId'>;

/** A class: people who were given the same badges in the same events, and awards in the same batches. */
export interface Class {
  readonly people: readonly Made[];
  /** One batch an award, in which the whole class was given it. */
  readonly account: readonly (readonly JournalEntry[])[];
}

type Event = Omit<Assertion, 'id' | 'revoked'>;

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
const AWARDS = ['communiquer-1', 'organiser-1'];
const NOW_S = Date.UTC(2026, 10, 23, 11) / 1000;
const DAY_S = 86_400;

/** The same seed, the same numbers: a class is made again, instead of being held, for each thing written of it. */
class Chance {
  #at = 0;
  #held = Buffer.alloc(0);
  #next = 0;

  constructor(private readonly seed: string) {}

  bytes(count: number): Buffer {
    if (this.#next + count > this.#held.length) {
      this.#held = createHash('sha512').update(`${this.seed} ${this.#at}`).digest();
      this.#at += 1;
      this.#next = 0;
    }
    this.#next += count;
    return this.#held.subarray(this.#next - count, this.#next);
  }

  below(limit: number): number {
    return this.bytes(4).readUInt32BE() % limit;
  }

  letters(count: number): string {
    return Array.from({ length: count }, () => BASE36.charAt(this.below(36))).join('');
  }

  /** As sandbox/made-up-ids.ts makes them: thirteen word characters. */
  eventId(): string {
    return `T${this.letters(5)}a${this.letters(4)}a${this.below(10)}`;
  }
}

const BASE36 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const partners = new Chance('partners');
const made = (count: number): readonly string[] => Array.from({ length: count }, () => partners.eventId());
const REGION = asClientId(partners.eventId());
const OWN: readonly ClientBadge[] = made(AWARDS.length).map((id) => ({
  clientId: REGION,
  badgeId: asBadgeId(id),
}));
const PARTNER_BADGES: readonly ClientBadge[] = made(PARTNERS).flatMap((client) =>
  made(BADGES_OF_A_PARTNER).map((badge) => ({ clientId: asClientId(client), badgeId: asBadgeId(badge) })),
);
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
const plain = (text: string): string =>
  text
    .normalize('NFD')
    .replaceAll(/[^a-zA-Z-]/g, '')
    .toLowerCase();

function contact(chance: Chance): Contact {
  const [first, last] = [oneOf(FIRST, chance.below(FIRST.length)), oneOf(LAST, chance.below(LAST.length))];
  const number = chance.below(3) === 0 ? '' : String(chance.below(1000));
  return {
    address: `${plain(first)}.${plain(last)}${number}@${oneOf(HOSTS, chance.below(HOSTS.length))}`,
    name: `${first} ${last}`,
  };
}

/** Mostly a midnight of Normandie's; now and then the second it was typed in. */
function issuedOnS(chance: Chance): number {
  const day = DateTime.fromSeconds(NOW_S - chance.below(900) * DAY_S, { zone: 'Europe/Paris' });
  return chance.below(10) === 0 ? NOW_S - chance.below(900 * DAY_S) : day.startOf('day').toSeconds();
}

function eventOf(chance: Chance, badge: ClientBadge, when: number): Event {
  const expiresOnS = chance.below(8) === 0 ? when + 1000 * DAY_S : null;
  return { ...badge, eventId: asEventId(chance.eventId()), issuedOnS: when, expiresOnS };
}

/** Those of partners first, then the two awards. @param nth the how manieth class */
export function madeUpEvents(nth: number): readonly Event[] {
  const chance = new Chance(`events ${nth}`);
  const ofPartners = Array.from({ length: BADGES_EACH }, () =>
    eventOf(chance, oneOf(PARTNER_BADGES, chance.below(PARTNER_BADGES.length)), issuedOnS(chance)),
  );
  const own = OWN.map((badge) => ({
    ...eventOf(chance, badge, NOW_S - chance.below(900 * DAY_S)),
    expiresOnS: null,
  }));
  return [...ofPartners, ...own];
}

/** Who is in a class: people are numbered. */
const madeUpEarners = (nth: number): readonly EarnerKey[] =>
  Array.from({ length: CLASS }, (_, at) =>
    asEarnerKey(createHash('sha256').update(`${nth} ${at}`).digest().subarray(0, 16).toString('base64url')),
  );

/** @param nth the how manieth class */
export function madeUpClass(nth: number): Class {
  const chance = new Chance(`people ${nth}`);
  const events = madeUpEvents(nth);
  const people = madeUpEarners(nth).map((earner): Made => {
    const assertions = events.map((event): Assertion => ({
      ...event,
      id: asAssertionId(chance.bytes(20).toString('hex')),
      revoked: chance.below(40) === 0,
    }));
    return { earner, contact: contact(chance), assertions };
  });
  return { people, account: told(events, people) };
}

/** As the worker tells of the awards that it gave, a batch each. */
const told = (events: readonly Event[], people: readonly Pick<Made, 'earner' | 'assertions'>[]) =>
  events.filter(isOwn).map(({ badgeId, eventId, issuedOnS: atS }, at) =>
    people.map(({ earner, assertions }): JournalEntry => ({
      kind: 'issued',
      atS,
      earner,
      award: asAwardId(oneOf(AWARDS, at)),
      badgeId,
      assertions: assertions.slice(at * 3, at * 3 + 3).map(({ id }) => id),
      cause: `webhook.event.${events[0]?.clientId}.${events[0]?.eventId}`,
      version: asSchemeVersion('0123456789abcdef'),
      event: eventId,
      detail: null,
    })),
  );
