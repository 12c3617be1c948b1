import { randomBytes } from 'node:crypto';
import type { ChainableCommander, Redis } from 'ioredis';
import type { AwardRecord } from '../src/earners/award-record.js';
import { EMPTY_RECORD, type EarnerRecord } from '../src/earners/record.js';
import { createEarnerStore, recordKey, sealRecord } from '../src/earners/store.js';
import type { ClientId, EarnerKey, EventId } from '../src/ids.js';
import { createJournal } from '../src/journal/journal.js';
import { createVault } from '../src/platform/vault.js';
import { createEventIndex } from '../src/obf/event-index.js';
import { CLASS, isOwn, madeUpClass, madeUpEvents, type Class } from './memory-people.js';

/** Filled one after the other, so that what each adds can be told. Each makes its people again: none are held. */
export interface Filling {
  /** The record of each. */
  readonly people: () => Promise<void>;
  readonly seen: () => Promise<void>;
  /** The index of their journals. */
  readonly index: () => Promise<void>;
}

const vault = createVault(randomBytes(32));
/** How many classes are written together, and are in memory at a time. */
const TOGETHER = 50;
/** The same of their events alone, which are few: of each client a few dozen. */
const EVENTS_TOGETHER = 2000;

/** Each of a class as the stores leave them: test/guards/bytes-per-earner.test.ts sees to that. */
export const recordsOf = ({ people, account }: Class): readonly (readonly [EarnerKey, EarnerRecord])[] =>
  people.map(({ earner, contact, assertions }, at) => {
    const given = assertions.filter(isOwn).flatMap(({ badgeId, eventId, issuedOnS: atS }) => {
      if (eventId === null) return [];
      const award: AwardRecord = { state: 'issued', atS, forgiven: [], event: eventId };
      return [[badgeId, award] as const];
    });
    const journal = account.flatMap((batch) => batch[at] ?? []);
    return [earner, { ...EMPTY_RECORD, contact, assertions, awards: new Map(given), journal }];
  });

/** @param earners at least; classes are whole */
export function fillingOf(redis: Redis, prefix: string, earners: number): Filling {
  const classes = Math.ceil(earners / CLASS);
  const write = (nth: number, writing: ChainableCommander): void => {
    for (const [earner, record] of recordsOf(madeUpClass(nth)))
      writing.set(recordKey(prefix, earner), sealRecord(vault, earner, record) ?? '');
  };
  return {
    people: () =>
      eachSome(classes, async (from, before) => {
        const writing = redis.pipeline();
        for (let nth = from; nth < before; nth += 1) write(nth, writing);
        await writing.exec();
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
    index() {
      const store = createEarnerStore(redis, prefix, vault);
      const journal = createJournal({ redis, prefix, earners: store, vault, timeZone: 'Europe/Paris' });
      return journal.rebuild(
        (async function* () {
          for (let nth = 0; nth < classes; nth += 1) yield recordsOf(madeUpClass(nth));
        })(),
      );
    },
  };
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
