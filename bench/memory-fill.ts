import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Audit, AuditEntry } from '../src/audit/types.js';
import type { ClientId, EventId } from '../src/ids.js';
import type { AwardRecord } from '../src/issuing/award-record.js';
import { encodeLedger } from '../src/issuing/ledger-codec.js';
import { createVault } from '../src/platform/vault.js';
import { badgeNumberOf, createBadgeBook } from '../src/portfolio/badge-book.js';
import { encodePortfolio } from '../src/portfolio/codec.js';
import { sealContact } from '../src/portfolio/contact.js';
import { NOTHING_KEPT } from '../src/portfolio/kept.js';
import { createSeenEvents } from '../src/portfolio/seen-events.js';
import { recordKey } from '../src/record/key.js';
import { joinRecord } from '../src/record/record.js';
import { BADGES, CLASS, isOwn, madeUpClass, type Made } from './memory-people.js';

/** Filled one after the other, so that what each adds can be told. */
export interface Filling {
  readonly badges: () => Promise<void>;
  readonly people: () => Promise<void>;
  readonly seen: () => Promise<void>;
  readonly account: () => Promise<void>;
}

const vault = createVault(randomBytes(32));
/** How many classes are written together. */
const TOGETHER = 50;

/** A record as the stores leave it: that it is so to the byte is what test/guards/bytes-per-earner.test.ts sees to. */
export function recordOf({ earner, contact, assertions }: Made): Buffer {
  const kept = assertions.map(({ clientId, badgeId, ...rest }) => ({
    ...rest,
    badge: badgeNumberOf({ clientId, badgeId }),
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
  return joinRecord({ portfolio, ledger: encodeLedger(new Map(given)) }) ?? Buffer.alloc(0);
}

/** @param earners at least; classes are whole */
export function fillingOf(redis: Redis, prefix: string, audit: Audit, earners: number): Filling {
  const events = new Map<ClientId, EventId[]>();
  const entries: AuditEntry[][] = [];
  const classes = Math.ceil(earners / CLASS);
  return {
    async badges() {
      const book = createBadgeBook(redis, prefix);
      for (const badge of BADGES) await book.enter(badge);
    },
    async people() {
      for (let from = 0; from < classes; from += TOGETHER) {
        const writing = redis.pipeline();
        for (let nth = from; nth < Math.min(from + TOGETHER, classes); nth += 1) {
          const { people, events: of, account } = madeUpClass(nth);
          for (const one of people) writing.set(recordKey(prefix, one.earner), recordOf(one));
          for (const { clientId, eventId } of of)
            if (eventId !== null) events.set(clientId, [...(events.get(clientId) ?? []), eventId]);
          entries.push([...account]);
        }
        await writing.exec();
      }
    },
    async seen() {
      const seen = createSeenEvents(redis, prefix);
      for (const [clientId, of] of events) await seen.addAll(clientId, of);
    },
    async account() {
      for (const some of entries) await audit.write(some);
    },
  };
}
