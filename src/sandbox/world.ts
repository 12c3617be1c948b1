import { secondsOf, type Clock } from '../platform/clock.js';
import { madeUpAssertionId, madeUpEventId, madeUpSalt } from './made-up-ids.js';
import { Quota } from './quota.js';
import {
  copiesOf,
  type Badge,
  type Client,
  type Issued,
  type IssuingAct,
  type IssuingEvent,
  type Recipient,
} from './records.js';

const WORD = /^\w{1,100}$/;

interface Account {
  readonly events: IssuingEvent[];
  assertions: Issued[];
}

/** The next event of a client or badge shows only so many copies. */
interface SlowWriting {
  readonly of: string;
  readonly visible: number;
}

/**
 * Everything that the sandbox remembers, in memory. Rows stand in the order of recording, and what comes
 * is last: pages shift only when an event is removed. Issuing twice issues twice.
 */
export class World {
  readonly #clients = new Map<string, Client>();
  readonly #badges = new Map<string, Badge>();
  readonly #events = new Map<string, IssuingEvent>();
  readonly #assertions = new Map<string, Issued>();
  /** The same events and assertions by client. */
  readonly #accounts = new Map<string, Account>();
  readonly #slow: SlowWriting[] = [];
  readonly quota: Quota;

  constructor(
    private readonly clock: Clock,
    issuingLimit: number | null = null,
  ) {
    this.quota = new Quota(issuingLimit);
  }

  addClient(client: { id: string; secret: string; name: string }): void {
    if (!WORD.test(client.id) || !WORD.test(client.secret))
      throw new Error(`Sandbox: client "${client.id}" or its secret holds more than letters, digits and "_"`);
    if (this.#clients.has(client.id)) throw new Error(`Sandbox: there is a client "${client.id}" already`);
    this.#clients.set(client.id, { ...client, ctimeS: secondsOf(this.clock), suspended: false });
    this.#accounts.set(client.id, { events: [], assertions: [] });
  }

  addBadge(badge: Omit<Badge, 'ctimeS'>): void {
    if (!this.#clients.has(badge.clientId)) throw new Error(`Sandbox: no client "${badge.clientId}"`);
    if (!WORD.test(badge.id)) throw new Error(`Sandbox: "${badge.id}" cannot be a badge's id`);
    const key = `${badge.clientId}/${badge.id}`;
    if (this.#badges.has(key)) throw new Error(`Sandbox: there is a badge "${key}" already`);
    this.#badges.set(key, { ...badge, ctimeS: secondsOf(this.clock) });
  }

  /** Its events stay. */
  removeBadge({ clientId, id }: Badge): void {
    this.#badges.delete(`${clientId}/${id}`);
  }

  issue(act: IssuingAct, recipients: readonly Recipient[]): IssuingEvent {
    const nowS = secondsOf(this.clock);
    const visible = this.#takeSlow(act.badge);
    const event = { ...act, id: madeUpEventId(), ctimeS: nowS, mtimeS: nowS, assertions: [], visible };
    this.#events.set(event.id, event);
    this.#accountOf(act.badge.clientId).events.push(event);
    this.append(event, recipients);
    return event;
  }

  /** More recipients for an event. */
  append(event: IssuingEvent, recipients: readonly Recipient[]): void {
    const given = recipients.map(({ email, name }, at): Issued => {
      const own = { expiresOnS: event.expiresOnS, revoked: false, hidden: false };
      const place = event.assertions.length + at;
      return { id: madeUpAssertionId(), event, place, email, name, salt: madeUpSalt(), ...own };
    });
    event.assertions = [...event.assertions, ...given];
    const account = this.#accountOf(event.badge.clientId);
    for (const assertion of given) {
      account.assertions.push(assertion);
      this.#assertions.set(assertion.id, assertion);
    }
    this.quota.spend(event.badge.clientId, given.length);
  }

  /** Moves the `mtime`, which nobody should rely on. */
  touch(event: IssuingEvent): void {
    event.mtimeS = secondsOf(this.clock);
  }

  /** With all of its copies. What it spent of the quota stays spent. */
  remove(event: IssuingEvent): void {
    const account = this.#accountOf(event.badge.clientId);
    account.events.splice(account.events.indexOf(event), 1);
    account.assertions = account.assertions.filter((assertion) => assertion.event !== event);
    for (const { id } of event.assertions) this.#assertions.delete(id);
    this.#events.delete(event.id);
  }

  /** Revokes one event for some of its recipients; returns how many copies that concerned. */
  revoke(event: IssuingEvent, emails: readonly string[]): number {
    const concerned = copiesOf(event, emails);
    for (const assertion of concerned) assertion.revoked = true;
    return concerned.length;
  }

  expire(assertionId: string, expiresOnS: number): void {
    const assertion = this.#assertions.get(assertionId);
    if (assertion === undefined) throw new Error(`Sandbox: no assertion "${assertionId}"`);
    assertion.expiresOnS = expiresOnS;
  }

  /** The next event of that client, or of that badge, shows only its first `visible` copies. */
  writeSlowly(clientOrBadge: string, visible: number): void {
    this.#slow.push({ of: clientOrBadge, visible });
  }

  /** Null: every event, and none that comes is slow any more. */
  written(event: IssuingEvent | null): void {
    if (event === null) this.#slow.length = 0;
    for (const one of event === null ? this.#events.values() : [event]) one.visible = Infinity;
  }

  client(id: string): Client | null {
    return this.#clients.get(id) ?? null;
  }

  badge(clientId: string, id: string): Badge | null {
    return this.#badges.get(`${clientId}/${id}`) ?? null;
  }

  badges(): readonly Badge[] {
    return [...this.#badges.values()];
  }

  event(id: string): IssuingEvent | null {
    return this.#events.get(id) ?? null;
  }

  eventsOf(clientId: string): readonly IssuingEvent[] {
    return this.#accounts.get(clientId)?.events ?? [];
  }

  assertion(id: string): Issued | null {
    return this.#assertions.get(id) ?? null;
  }

  assertions(): Iterable<Issued> {
    return this.#assertions.values();
  }

  assertionsOf(clientId: string): readonly Issued[] {
    return this.#accounts.get(clientId)?.assertions ?? [];
  }

  #accountOf(clientId: string): Account {
    const account = this.#accounts.get(clientId);
    if (account === undefined) throw new Error(`Sandbox: no client "${clientId}"`);
    return account;
  }

  #takeSlow({ clientId, id }: Badge): number {
    const at = this.#slow.findIndex(({ of }) => of === clientId || of === id);
    return at < 0 ? Infinity : (this.#slow.splice(at, 1)[0]?.visible ?? Infinity);
  }
}
