import { secondsOf, type Clock } from '../platform/clock.js';
import { madeUpAssertionId, madeUpEventId, madeUpSalt } from './made-up-ids.js';

/** What a local OBF knows. Times are Unix seconds. */
export interface Client {
  readonly id: string;
  readonly secret: string;
  readonly name: string;
  readonly ctimeS: number;
}

export interface Badge {
  readonly clientId: string;
  readonly id: string;
  readonly name: string;
  /** 0: never. */
  readonly expiresMonths: number;
  readonly draft: boolean;
  readonly ctimeS: number;
}

export interface Issued {
  readonly id: string;
  readonly event: IssuingEvent;
  /** As typed. */
  readonly email: string;
  readonly name: string;
  readonly salt: string;
  expiresOnS: number | null;
  revoked: boolean;
}

/** What an act of issuing says; the world adds the rest. */
export interface IssuingAct {
  readonly badge: Badge;
  readonly issuedOnS: number;
  readonly expiresOnS: number | null;
  readonly apiConsumerId: string | null;
  /** JSON, or null. */
  readonly logEntry: string | null;
  readonly emailMessage: unknown;
}

export interface IssuingEvent extends IssuingAct {
  readonly id: string;
  readonly ctimeS: number;
  /** In the order in which the recipients were given; it never changes. */
  readonly assertions: readonly Issued[];
}

const WORD = /^\w{1,100}$/;

/** The one form under which addresses are compared. */
export const sameAddressForm = (email: string): string => email.trim().toLowerCase();

/**
 * Everything that the sandbox remembers, in memory. Events and assertions stand in the order in which
 * they were made, for ever: pages of a list never shift under a reader. Issuing twice issues twice.
 */
export class World {
  readonly #clients = new Map<string, Client>();
  readonly #badges = new Map<string, Badge>();
  readonly #events = new Map<string, IssuingEvent>();
  readonly #assertions = new Map<string, Issued>();

  constructor(private readonly clock: Clock) {}

  addClient(client: { id: string; secret: string; name: string }): void {
    if (!WORD.test(client.id) || !WORD.test(client.secret))
      throw new Error(`Sandbox: client "${client.id}" or its secret holds more than letters, digits and "_"`);
    if (this.#clients.has(client.id)) throw new Error(`Sandbox: there is a client "${client.id}" already`);
    this.#clients.set(client.id, { ...client, ctimeS: secondsOf(this.clock) });
  }

  addBadge(badge: Omit<Badge, 'ctimeS'>): void {
    if (!this.#clients.has(badge.clientId)) throw new Error(`Sandbox: no client "${badge.clientId}"`);
    if (!WORD.test(badge.id)) throw new Error(`Sandbox: "${badge.id}" cannot be a badge's id`);
    const key = `${badge.clientId}/${badge.id}`;
    if (this.#badges.has(key)) throw new Error(`Sandbox: there is a badge "${key}" already`);
    this.#badges.set(key, { ...badge, ctimeS: secondsOf(this.clock) });
  }

  issue(act: IssuingAct, recipients: readonly { email: string; name: string }[]): IssuingEvent {
    const assertions: Issued[] = [];
    const event = { ...act, id: madeUpEventId(), ctimeS: secondsOf(this.clock), assertions };
    for (const { email, name } of recipients) {
      const own = { expiresOnS: act.expiresOnS, revoked: false };
      assertions.push({ id: madeUpAssertionId(), event, email, name, salt: madeUpSalt(), ...own });
    }
    for (const assertion of assertions) this.#assertions.set(assertion.id, assertion);
    this.#events.set(event.id, event);
    return event;
  }

  /** Revokes one event for some of its recipients; returns how many copies that concerned. */
  revoke(event: IssuingEvent, emails: readonly string[]): number {
    const wanted = new Set(emails.map(sameAddressForm));
    const concerned = event.assertions.filter(({ email }) => wanted.has(sameAddressForm(email)));
    for (const assertion of concerned) assertion.revoked = true;
    return concerned.length;
  }

  expire(assertionId: string, expiresOnS: number): void {
    const assertion = this.#assertions.get(assertionId);
    if (assertion === undefined) throw new Error(`Sandbox: no assertion "${assertionId}"`);
    assertion.expiresOnS = expiresOnS;
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
    return [...this.#events.values()].filter(({ badge }) => badge.clientId === clientId);
  }

  assertion(id: string): Issued | null {
    return this.#assertions.get(id) ?? null;
  }

  assertions(): readonly Issued[] {
    return [...this.#assertions.values()];
  }
}
