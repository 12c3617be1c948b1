import { randomBytes } from 'node:crypto';
import { secondsOf, type Clock } from '../platform/clock.js';
import { Lists } from './lists.js';

/** How the local Open Badge Factory behaves. `startSandbox` (server.ts) opens it. */
export interface SandboxOptions {
  readonly port?: number;
  /** Unix milliseconds, for dates, token expiry and limits. Limits also advance with real time. */
  readonly clock?: () => number;
  /** One token per client in so many ms; a sooner request gets 429. Default 10 000; 0: no limit. */
  readonly tokenEveryMs?: number;
  readonly tokenTtlS?: number;
  /** Calls per client in any sliding second, tokens aside; above: 429. Default 10; null: no limit. */
  readonly maxRps?: number | null;
  /** The most rows of a page, whatever `limit` is: a few rows then act as a long list. Default 1000. */
  readonly pageRows?: number;
  /** Badges that each client may issue: counts down, then the issue call is refused. Default: no limit. */
  readonly issuingLimit?: number;
}

/** An account of the local OBF. Times are Unix seconds. */
export interface Client {
  readonly id: string;
  readonly secret: string;
  readonly name: string;
  readonly ctimeS: number;
  /** Every call but the token's is refused with 403 and JSON. */
  suspended: boolean;
  /** Badges that it may still issue; null: no limit. */
  issuingLimit: number | null;
  /** In the order of recording, as are its assertions. */
  events: EventRecord[];
  assertions: AssertionRecord[];
}

export interface Badge {
  readonly clientId: string;
  readonly id: string;
  readonly name: string;
  draft: boolean;
  readonly ctimeS: number;
}

/** One recipient's badge. Callers share this object, so later changes show in it. */
export interface AssertionRecord {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  /** The URL of its Open Badges 3.0 credential; `urlV1` is that of its 2.0 assertion. */
  readonly url: string;
  readonly urlV1: string;
  readonly event: EventRecord;
  /** Its index in its event, from 0. */
  readonly place: number;
  readonly salt: string;
  expiresOnS: number | null;
  revoked: boolean;
  /** Left out of every list that is not filtered by its event. */
  hidden: boolean;
}

interface IssuingAct {
  readonly badge: Badge;
  readonly issuedOnS: number;
  readonly expiresOnS: number | null;
  readonly apiConsumerId: string | null;
  readonly logEntry: string | null;
}

/** One act of issuing. */
export interface EventRecord extends IssuingAct {
  readonly id: string;
  readonly clientId: string;
  readonly badgeId: string;
  readonly ctimeS: number;
  mtimeS: number;
  /** In the order of the recipients; only ever appended to. */
  assertions: readonly AssertionRecord[];
  /** How many of them lists show, from the first; Infinity: all. */
  visible: number;
}

export interface ManualIssue {
  readonly clientId: string;
  readonly badgeId: string;
  readonly recipients: readonly (string | { readonly email: string; readonly name: string })[];
  /** Default: midnight (UTC) of the clock's day, as on OBF's own page. */
  readonly issuedOnS?: number;
  /** Null, the default: never. */
  readonly expiresOnS?: number | null;
  readonly logEntry?: unknown;
}

/** Returns the form in which e-mail addresses are compared. */
export const sameAddressForm = (email: string): string => email.trim().toLowerCase();

export function assertionsOf(event: EventRecord, emails: readonly string[]): readonly AssertionRecord[] {
  const wanted = new Set(emails.map(sameAddressForm));
  return event.assertions.filter(({ email }) => wanted.has(sameAddressForm(email)));
}

/** Whether a list shows an assertion: never before it is written, and only by its event when hidden. */
export const isListed = ({ event, place, hidden }: AssertionRecord, byEvent: boolean): boolean =>
  place < event.visible && (byEvent || !hidden);

const WORD = /^\w{1,100}$/;
const DAY_S = 86_400;

export const randomText = (length: number): string => randomBytes(length).toString('hex').slice(0, length);

/**
 * The sandbox's data, in memory, and what people do by hand on OBF's site, without calls, rates or notices.
 * Issuing twice issues twice. A method that is given an unknown id throws.
 */
export class World {
  readonly clients = new Map<string, Client>();
  readonly events = new Map<string, EventRecord>();
  readonly assertions = new Map<string, AssertionRecord>();
  readonly badges = new Map<string, Badge>();
  readonly lists: Lists;
  /** The next event of a client or badge shows only so many assertions. */
  #slow: { readonly ownerId: string; readonly visible: number }[] = [];

  /** @param url like `http://127.0.0.1:40123`, without a slash at its end */
  constructor(
    readonly url: string,
    readonly clock: Clock,
    private readonly options: Pick<SandboxOptions, 'issuingLimit' | 'pageRows'>,
  ) {
    this.lists = new Lists(options.pageRows ?? 1000);
  }

  nowS(): number {
    return secondsOf(this.clock);
  }

  /** Returns the client itself, so that tests can change it. @throws when there is none */
  clientNamed(id: string): Client {
    return existing(this.clients.get(id), `client "${id}"`);
  }

  badgeNamed(clientId: string, id: string): Badge {
    return existing(this.badges.get(`${clientId}/${id}`), `badge "${id}" of client "${clientId}"`);
  }

  eventNamed(id: string): EventRecord {
    return existing(this.events.get(id), `event "${id}"`);
  }

  issue(act: IssuingAct, recipients: ManualIssue['recipients']): EventRecord {
    const nowS = this.nowS();
    const slow = this.#slow.find(({ ownerId }) => [act.badge.clientId, act.badge.id].includes(ownerId));
    this.#slow = this.#slow.filter((one) => one !== slow);
    const id = `T${randomText(12)}`;
    const visible = slow?.visible ?? Infinity;
    const { clientId, id: badgeId } = act.badge;
    const times = { ctimeS: nowS, mtimeS: nowS };
    const event = { ...act, id, clientId, badgeId, ...times, assertions: [], visible };
    this.events.set(id, event);
    this.clientNamed(clientId).events.push(event);
    this.#append(event, recipients);
    return event;
  }

  /** Adds recipients to an event; each uses one of the client's `issuingLimit`. */
  #append(event: EventRecord, recipients: ManualIssue['recipients']): void {
    const client = this.clientNamed(event.clientId);
    const added = recipients.map((to, at): AssertionRecord => {
      const id = randomBytes(20).toString('hex');
      return {
        id,
        url: `${this.url}/obv3/credentials/${id}.json`,
        urlV1: `${this.url}/v1/assertion/${id}`,
        event,
        place: event.assertions.length + at,
        ...(typeof to === 'string' ? { email: to, name: '' } : to),
        salt: randomText(10),
        expiresOnS: event.expiresOnS,
        revoked: false,
        hidden: false,
      };
    });
    event.assertions = [...event.assertions, ...added];
    client.assertions.push(...added);
    for (const assertion of added) this.assertions.set(assertion.id, assertion);
    if (client.issuingLimit !== null) client.issuingLimit = Math.max(0, client.issuingLimit - added.length);
  }

  /**
   * Returns the unrevoked badges of an address, in any letter case, as `client/badge` in order of issuing.
   * A badge issued twice is listed twice; expired ones are included.
   */
  awarded(email: string): readonly string[] {
    return [...this.assertions.values()]
      .filter((one) => !one.revoked && sameAddressForm(one.email) === sameAddressForm(email))
      .map(({ event: { clientId, badgeId } }) => `${clientId}/${badgeId}`);
  }

  /** Returns a client's events (of one badge) in order, issued by hand or through the API. */
  eventsOf(clientId: string, badgeId?: string): readonly EventRecord[] {
    const events = this.clients.get(clientId)?.events ?? [];
    return events.filter((event) => badgeId === undefined || event.badgeId === badgeId);
  }

  addClient({ id, secret, name }: Pick<Client, 'id' | 'secret' | 'name'>): void {
    if (!WORD.test(id) || !WORD.test(secret))
      throw new Error(`Sandbox: client "${id}" or its secret holds more than letters, digits and "_"`);
    if (this.clients.has(id)) throw new Error(`Sandbox: there is a client "${id}" already`);
    const { issuingLimit = null } = this.options;
    const empty = { suspended: false, issuingLimit, events: [], assertions: [] };
    this.clients.set(id, { id, secret, name, ctimeS: this.nowS(), ...empty });
  }

  addBadge(badge: Pick<Badge, 'clientId' | 'id' | 'name'> & { readonly draft?: boolean }): void {
    this.clientNamed(badge.clientId);
    const key = `${badge.clientId}/${badge.id}`;
    if (!WORD.test(badge.id)) throw new Error(`Sandbox: "${badge.id}" cannot be a badge's id`);
    if (this.badges.has(key)) throw new Error(`Sandbox: there is a badge "${key}" already`);
    this.badges.set(key, { draft: false, ...badge, ctimeS: this.nowS() });
  }

  issueByHand({ clientId, badgeId, recipients, ...hand }: ManualIssue): EventRecord {
    if (recipients.length === 0) throw new Error('Sandbox: issuing needs a recipient');
    const nowS = this.nowS();
    const act = {
      badge: this.badgeNamed(clientId, badgeId),
      issuedOnS: hand.issuedOnS ?? nowS - (nowS % DAY_S),
      expiresOnS: hand.expiresOnS ?? null,
      apiConsumerId: null,
      logEntry: hand.logEntry === undefined ? null : JSON.stringify(hand.logEntry),
    };
    return this.issue(act, recipients);
  }

  /** Adds recipients to an event. `mtime` moves unless `movesMtime` is false: what OBF does is unknown. */
  appendByHand(eventId: string, to: ManualIssue['recipients'], { movesMtime = true } = {}): EventRecord {
    const event = this.eventNamed(eventId);
    this.#append(event, to);
    if (movesMtime) event.mtimeS = this.nowS();
    return event;
  }

  /** Revokes recipients' badges. `mtime` stays unless `movesMtime`. @throws when no address is a recipient */
  revokeByHand(eventId: string, emails: readonly string[], { movesMtime = false } = {}): void {
    const event = this.eventNamed(eventId);
    for (const copy of copiesNamed(event, emails)) copy.revoked = true;
    if (movesMtime) event.mtimeS = this.nowS();
  }

  /** Removes an event and its assertions everywhere. What it used of the `issuingLimit` stays used. */
  removeByHand(eventId: string): void {
    const event = this.eventNamed(eventId);
    const client = this.clientNamed(event.clientId);
    client.events = client.events.filter((one) => one !== event);
    client.assertions = client.assertions.filter((assertion) => assertion.event !== event);
    for (const { id } of event.assertions) this.assertions.delete(id);
    this.events.delete(eventId);
  }

  expire(assertionId: string, expiresOnS: number): void {
    existing(this.assertions.get(assertionId), `assertion "${assertionId}"`).expiresOnS = expiresOnS;
  }

  /** Hides recipients from lists that are not filtered by `event_id`. */
  hideRecipients(eventId: string, emails: readonly string[], hidden = true): void {
    for (const copy of copiesNamed(this.eventNamed(eventId), emails)) copy.hidden = hidden;
  }

  /** Lists show only so many assertions of the next event. Further calls are for the events after it. */
  writeSlowly(clientOrBadgeId: string, visible: number): void {
    this.#slow.push({ ownerId: clientOrBadgeId, visible });
  }

  /** Lists show all assertions of an event; without an id, those of all events and of the next ones. */
  written(eventId?: string): void {
    if (eventId === undefined) this.#slow = [];
    const events = eventId === undefined ? this.events.values() : [this.eventNamed(eventId)];
    for (const event of events) event.visible = Infinity;
  }
}

function existing<T>(value: T | undefined, label: string): T {
  if (value === undefined) throw new Error(`Sandbox: no ${label}`);
  return value;
}

function copiesNamed(event: EventRecord, emails: readonly string[]): readonly AssertionRecord[] {
  const copies = assertionsOf(event, emails);
  if (copies.length === 0) throw new Error(`Sandbox: event "${event.id}" has none of these recipients`);
  return copies;
}
