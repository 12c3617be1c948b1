import { createHash, randomBytes } from 'node:crypto';
import { secondsOf, type Clock } from '../platform/clock.js';

/** What a local OBF knows. Times are Unix seconds. */
export interface Client {
  readonly id: string;
  readonly secret: string;
  readonly name: string;
  readonly ctimeS: number;
  /** Each of its calls is refused. */
  suspended: boolean;
  /** Badges that it may still issue; null: no limit. */
  issuingLimit: number | null;
  /** In the order of recording, as are its assertions. */
  events: IssuingEvent[];
  assertions: Issued[];
}

export interface Badge {
  readonly clientId: string;
  readonly id: string;
  readonly name: string;
  /** 0: never. */
  readonly expiresMonths: number;
  draft: boolean;
  readonly ctimeS: number;
}

/** One recipient's copy of an event. */
export interface Issued {
  readonly id: string;
  readonly event: IssuingEvent;
  /** Which of its event's copies, from 0. */
  readonly place: number;
  /** As typed. */
  readonly email: string;
  readonly name: string;
  readonly salt: string;
  expiresOnS: number | null;
  revoked: boolean;
  /** Left out of every list that does not ask for its event. */
  hidden: boolean;
}

/** What an act of issuing says; the world adds the rest. */
interface IssuingAct {
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
  mtimeS: number;
  /** In the order of the recipients: it grows at its end, and loses none. */
  assertions: readonly Issued[];
  /** How many of them lists show, from the first; Infinity once all are written. */
  visible: number;
}

export interface Recipient {
  readonly email: string;
  readonly name: string;
}

/** The one form under which addresses are compared. */
export const sameAddressForm = (email: string): string => email.trim().toLowerCase();

/** The copies of an event that these addresses were given. */
export function copiesOf(event: IssuingEvent, emails: readonly string[]): readonly Issued[] {
  const wanted = new Set(emails.map(sameAddressForm));
  return event.assertions.filter(({ email }) => wanted.has(sameAddressForm(email)));
}

/** Whether lists show a copy: one still unwritten is nowhere, a hidden one only under its event. */
export const isListed = ({ event, place, hidden }: Issued, byEvent: boolean): boolean =>
  place < event.visible && (byEvent || !hidden);

const WORD = /^\w{1,100}$/;
const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

const inBase58 = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => BASE58.charAt(byte % BASE58.length)).join('');
export const randomText = (length: number): string => inBase58(randomBytes(length));
/** Always the same for `seed`: the look of a key or a signature, and no more. */
export const lookOfBase58 = (seed: string, length: number): string =>
  inBase58(createHash('shake256', { outputLength: length }).update(seed).digest());

/** Everything that the sandbox remembers, in memory. Issuing twice issues twice. */
export class World {
  readonly clients = new Map<string, Client>();
  readonly events = new Map<string, IssuingEvent>();
  readonly assertions = new Map<string, Issued>();
  readonly #badges = new Map<string, Badge>();
  /** The next event of a client or badge shows only so many copies. */
  readonly slow: { readonly of: string; readonly visible: number }[] = [];

  constructor(
    private readonly clock: Clock,
    private issuingLimit: number | null,
  ) {}

  nowS(): number {
    return secondsOf(this.clock);
  }

  addClient({ id, secret, name }: { id: string; secret: string; name: string }): void {
    if (!WORD.test(id) || !WORD.test(secret))
      throw new Error(`Sandbox: client "${id}" or its secret holds more than letters, digits and "_"`);
    if (this.clients.has(id)) throw new Error(`Sandbox: there is a client "${id}" already`);
    const empty = { suspended: false, issuingLimit: this.issuingLimit, events: [], assertions: [] };
    this.clients.set(id, { id, secret, name, ctimeS: this.nowS(), ...empty });
  }

  /** Null as client: each of them, those to come too. */
  setIssuingLimit(clientId: string | null, limit: number | null): void {
    if (clientId === null) this.issuingLimit = limit;
    const clients = clientId === null ? this.clients.values() : [this.clientNamed(clientId)];
    for (const client of clients) client.issuingLimit = limit;
  }

  addBadge(badge: Omit<Badge, 'ctimeS'>): void {
    this.clientNamed(badge.clientId);
    if (!WORD.test(badge.id)) throw new Error(`Sandbox: "${badge.id}" cannot be a badge's id`);
    const key = `${badge.clientId}/${badge.id}`;
    if (this.#badges.has(key)) throw new Error(`Sandbox: there is a badge "${key}" already`);
    this.#badges.set(key, { ...badge, ctimeS: this.nowS() });
  }

  badge(clientId: string, id: string): Badge | null {
    return this.#badges.get(`${clientId}/${id}`) ?? null;
  }

  badges(): readonly Badge[] {
    return [...this.#badges.values()];
  }

  /** Its events stay. */
  removeBadge({ clientId, id }: Badge): void {
    this.#badges.delete(`${clientId}/${id}`);
  }

  issue(act: IssuingAct, recipients: readonly Recipient[]): IssuingEvent {
    const nowS = this.nowS();
    const at = this.slow.findIndex(({ of }) => of === act.badge.clientId || of === act.badge.id);
    const visible = at < 0 ? Infinity : (this.slow.splice(at, 1)[0]?.visible ?? Infinity);
    const id = `T${randomText(12)}`;
    const event = { ...act, id, ctimeS: nowS, mtimeS: nowS, assertions: [], visible };
    this.events.set(id, event);
    this.clientNamed(act.badge.clientId).events.push(event);
    this.append(event, recipients);
    return event;
  }

  /** More recipients for an event; each spends one of the client's limit. */
  append(event: IssuingEvent, recipients: readonly Recipient[]): void {
    const client = this.clientNamed(event.badge.clientId);
    const added = recipients.map(({ email, name }, at): Issued => {
      const place = event.assertions.length + at;
      const fresh = { salt: randomText(10), expiresOnS: event.expiresOnS, revoked: false, hidden: false };
      return { id: randomBytes(20).toString('hex'), event, place, email, name, ...fresh };
    });
    event.assertions = [...event.assertions, ...added];
    for (const assertion of added) {
      client.assertions.push(assertion);
      this.assertions.set(assertion.id, assertion);
    }
    if (client.issuingLimit !== null)
      client.issuingLimit = Math.max(0, client.issuingLimit - recipients.length);
  }

  /** With all of its copies. What it spent stays spent. */
  remove(event: IssuingEvent): void {
    const client = this.clientNamed(event.badge.clientId);
    client.events = client.events.filter((one) => one !== event);
    client.assertions = client.assertions.filter((assertion) => assertion.event !== event);
    for (const { id } of event.assertions) this.assertions.delete(id);
    this.events.delete(event.id);
  }

  /** @returns how many copies that concerned */
  revoke(event: IssuingEvent, emails: readonly string[]): number {
    const copies = copiesOf(event, emails);
    for (const copy of copies) copy.revoked = true;
    return copies.length;
  }

  /** @throws on one that was not added: a story or test that names it means something else */
  clientNamed(id: string): Client {
    const client = this.clients.get(id);
    if (client === undefined) throw new Error(`Sandbox: no client "${id}"`);
    return client;
  }
}
