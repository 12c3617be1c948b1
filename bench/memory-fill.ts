import { randomBytes } from 'node:crypto';
import type { ChainableCommander, Redis } from 'ioredis';
import type { ClientId, EventId } from '../src/ids.js';
import type { AwardRecord } from '../src/issuing/award-record.js';
import { encodeLedger } from '../src/issuing/ledger-codec.js';
import { createVault } from '../src/platform/vault.js';
import { badgeNumberOf, createBadgeBook, type ClientBadge } from '../src/portfolio/badge-book.js';
import { encodePortfolio } from '../src/portfolio/codec.js';
import { sealContact } from '../src/portfolio/contact.js';
import { NOTHING_KEPT } from '../src/portfolio/kept.js';
import { createEventIndex } from '../src/obf/event-index.js';
import { recordKey } from '../src/record/key.js';
import { joinRecord } from '../src/record/record.js';
import { accountFilling, notesOf, rowsOfClass } from './memory-account.js';
import { BADGES, CLASS, isOwn, madeUpClass, madeUpEvents, type Made } from './memory-people.js';

/** Filled one after the other, so that what each adds can be told. Each makes its people again: none are held. */
export interface Filling {
  readonly badges: () => Promise<void>;
  /** The record of each: portfolio, ledger, and what is noted there of the account. */
  readonly people: () => Promise<void>;
  readonly seen: () => Promise<void>;
  /** What tells of the awards in the order of writing, and all that leads to it. */
  readonly account: () => Promise<void>;
}

const vault = createVault(randomBytes(32));
/** How many classes are written together, and are in memory at a time. */
const TOGETHER = 50;
/** The same of their events alone, which are few: of each client a few dozen. */
const EVENTS_TOGETHER = 2000;

/**
 * A record as the stores leave it: that it is so is what test/guards/bytes-per-earner.full.test.ts sees to.
 * @param account the notes of the person
 */
export function recordOf({ earner, contact, assertions }: Made, account: Buffer): Buffer {
  const kept = assertions.map(({ clientId, badgeId, ...rest }) => ({
    ...rest,
    badge: numberOf({ clientId, badgeId }),
  }));
  const portfolio = encodePortfolio({
    ...NOTHING_KEPT,
    contact: sealContact(vault, earner, contact),
    assertions: kept,
  });
  const given = assertions.filter(isOwn).flatMap(({ badgeId, eventId, issuedOnS: atS }) => {
    if (eventId === null) return [];
    const record: AwardRecord = { state: 'issued', atS, forgiven: [], event: eventId };
    return [[badgeId, record] as const];
  });
  return joinRecord({ portfolio, ledger: encodeLedger(new Map(given)), account }) ?? Buffer.alloc(0);
}

/** @param earners at least; classes are whole */
export function fillingOf(redis: Redis, prefix: string, earners: number): Filling {
  const classes = Math.ceil(earners / CLASS);
  const eachClass = (write: (nth: number, writing: ChainableCommander) => void): Promise<void> =>
    eachSome(classes, async (from, before) => {
      const writing = redis.pipeline();
      for (let nth = from; nth < before; nth += 1) write(nth, writing);
      await writing.exec();
    });
  return {
    async badges() {
      const book = createBadgeBook(redis, prefix);
      for (const badge of BADGES) await book.enter(badge);
    },
    people: () =>
      eachClass((nth, writing) => {
        const { people, account } = madeUpClass(nth);
        for (const [at, one] of people.entries())
          writing.set(recordKey(prefix, one.earner), recordOf(one, notesOf(at, account, rowsOfClass(nth))));
      }),
    seen() {
      const index = createEventIndex(redis, prefix);
      return eachSome(
        classes,
        async (from, before) => {
          const added = [...eventsOf(from, before)].map(([client, events]) =>
            index.put(
              client,
              events.map((id) => ({ id, recipientCount: 25, modifiedS: 1_760_000_000 })),
            ),
          );
          await Promise.all(added);
        },
        EVENTS_TOGETHER,
      );
    },
    async account() {
      const account = accountFilling(redis, prefix);
      await eachClass((nth, writing) => account.write(nth, writing));
      await account.end();
    },
  };
}

const numbers = new Map<string, number>();
/** A badge has one number for ever. */
function numberOf(badge: ClientBadge): number {
  const number = numbers.get(badge.badgeId) ?? badgeNumberOf(badge);
  numbers.set(badge.badgeId, number);
  return number;
}

async function eachSome(
  classes: number,
  write: (from: number, before: number) => Promise<void>,
  together = TOGETHER,
): Promise<void> {
  for (let from = 0; from < classes; from += together) await write(from, Math.min(from + together, classes));
}

function eventsOf(from: number, before: number): ReadonlyMap<ClientId, readonly EventId[]> {
  const events = new Map<ClientId, EventId[]>();
  for (let nth = from; nth < before; nth += 1)
    for (const { clientId, eventId } of madeUpEvents(nth))
      if (eventId !== null) events.set(clientId, [...(events.get(clientId) ?? []), eventId]);
  return events;
}
