import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { DateTime } from 'luxon';
import { z } from 'zod';
import { systemClock } from '../platform/clock.js';
import { createApp, type Service } from './app.js';
import { CallFaults } from './faults.js';
import { createRateLimit, createTimeLine, Tokens } from './limits.js';
import { ListFaults } from './lists.js';
import type {
  EventRecord,
  Fault,
  HandIssue,
  ListName,
  PageHook,
  PageOrder,
  ReceivedCall,
  ReceivedIssue,
  RowKind,
  SandboxOptions,
} from './types.js';
import { copiesOf, sameAddressForm, World, type Badge, type IssuingEvent, type Recipient } from './world.js';

/**
 * Opens a local Open Badge Factory on 127.0.0.1. It serves tests and the demo, and nothing else: it is
 * as strict as OBF, and knows no client but those it is given.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { clock = systemClock, maxRps = 10 } = options;
  const server = createServer().listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const timeLine = createTimeLine(clock);
  const stop = new AbortController();
  const service: Service = {
    obf: {
      world: new World(clock, options.issuingLimit ?? null),
      tokens: new Tokens(options.tokenEveryMs ?? 10_000, options.tokenTtlS ?? 3600, timeLine),
      lists: new ListFaults(options.pageRows ?? 1000),
      url: urlOf(server),
    },
    faults: new CallFaults(),
    calls: [],
    overRate: createRateLimit(maxRps, timeLine),
    closing: stop.signal,
    clock,
  };
  server.on('request', createApp(service));
  return new Sandbox(service, server, stop);
}

function urlOf(server: Server): string {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('The sandbox listens on no port');
  return `http://127.0.0.1:${address.port}`;
}

/** A local OBF: what it received, and all that people do on OBF's site, without a call, a rate or a notice. */
export class Sandbox {
  /** Like `http://127.0.0.1:40123`, without a slash at its end. */
  readonly url: string;
  readonly calls: readonly ReceivedCall[];
  readonly #service: Service;
  readonly #world: World;
  readonly #server: Server;
  readonly #stop: AbortController;
  readonly #closed: Promise<unknown>;

  constructor(service: Service, server: Server, stop: AbortController) {
    this.url = service.obf.url;
    this.calls = service.calls;
    this.#service = service;
    this.#world = service.obf.world;
    this.#server = server;
    this.#stop = stop;
    this.#closed = once(server, 'close');
  }

  /** Every issue call received, committed or not, in order. */
  issues(): readonly ReceivedIssue[] {
    return this.#service.calls.flatMap((call): ReceivedIssue[] => {
      const { clientId, badgeId } = call;
      if (clientId === null || badgeId === null) return [];
      const { expires_on, ...rest } = legible.parse(call.body);
      const body = { ...rest, ...(expires_on === undefined ? {} : { expires_on }) };
      const recipients = body.recipient.map(({ email }) => email);
      return [{ ...call, clientId, badgeId, recipients, body }];
    });
  }

  /**
   * The unrevoked badges of an address, in any letter case, as `client/badge` in order of issuing:
   * one given twice stands twice. Expired ones are included.
   */
  awarded(email: string): readonly string[] {
    return [...this.#world.assertions.values()]
      .filter((one) => !one.revoked && sameAddressForm(one.email) === sameAddressForm(email))
      .map(({ event: { badge } }) => `${badge.clientId}/${badge.id}`);
  }

  /** What a client has issued (of one badge), in order, by hand or through the API. */
  eventsOf(clientId: string, badgeId?: string): readonly EventRecord[] {
    const events = this.#world.clients.get(clientId)?.events ?? [];
    return events
      .filter(({ badge }) => badgeId === undefined || badge.id === badgeId)
      .map((event) => recordOf(event, this.url));
  }

  addClient(client: { readonly id: string; readonly secret: string; readonly name: string }): void {
    this.#world.addClient(client);
  }

  addBadge(badge: Pick<Badge, 'clientId' | 'id' | 'name'> & Partial<Pick<Badge, 'expiresMonths' | 'draft'>>) {
    this.#world.addBadge({ expiresMonths: 0, draft: false, ...badge });
  }

  /** Issues as a human would on OBF's site. */
  issueByHand({ clientId, badgeId, recipients, ...hand }: HandIssue): EventRecord {
    if (recipients.length === 0) throw new Error('Sandbox: issuing needs a recipient');
    const badge = this.#badgeNamed(clientId, badgeId);
    const nowS = this.#world.nowS();
    const issuedOnS = hand.issuedOnS ?? nowS - (nowS % DAY_S);
    const act = {
      badge,
      issuedOnS,
      expiresOnS: hand.expiresOnS === undefined ? expiryOf(badge, issuedOnS) : hand.expiresOnS,
      apiConsumerId: null,
      logEntry: hand.logEntry === undefined ? null : JSON.stringify(hand.logEntry),
      emailMessage: null,
    };
    return recordOf(this.#world.issue(act, recipients.map(recipientOf)), this.url);
  }

  /** `recipient_count` grows, and `mtime` moves unless `movesMtime` is false: what OBF does is unknown. */
  appendByHand(
    eventId: string,
    recipients: HandIssue['recipients'],
    { movesMtime = true } = {},
  ): EventRecord {
    const event = this.#eventNamed(eventId);
    this.#world.append(event, recipients.map(recipientOf));
    if (movesMtime) event.mtimeS = this.#world.nowS();
    return recordOf(event, this.url);
  }

  /** `mtime` stays unless asked to move. @throws when none of the addresses is its recipient */
  revokeByHand(eventId: string, emails: readonly string[], { movesMtime = false } = {}): void {
    const event = this.#eventNamed(eventId);
    for (const copy of copiesNamed(event, emails)) copy.revoked = true;
    if (movesMtime) event.mtimeS = this.#world.nowS();
  }

  /** The event is gone, with its copies: from lists, by its id, and from `eventsOf`. */
  removeByHand(eventId: string): void {
    this.#world.remove(this.#eventNamed(eventId));
  }

  /** Sets the end of one recipient's copy. */
  expire(assertionId: string, expiresOnS: number): void {
    found(this.#world.assertions.get(assertionId), `assertion "${assertionId}"`).expiresOnS = expiresOnS;
  }

  /** Lists of recipients leave these out, unless they are asked for by `event_id`. */
  hideRecipients(eventId: string, emails: readonly string[], hidden = true): void {
    for (const copy of copiesNamed(this.#eventNamed(eventId), emails)) copy.hidden = hidden;
  }

  /** Lists of recipients show the first `visible` copies only, until `written`; `recipient_count` is whole. */
  stillWriting(eventId: string, visible: number): void {
    this.#eventNamed(eventId).visible = visible;
  }

  /** The same for the next event of a client or badge, by hand or by API. Several wait their turn. */
  writeSlowly(clientOrBadgeId: string, visible: number): void {
    this.#world.slow.push({ of: clientOrBadgeId, visible });
  }

  /** Without an event: all of them, and none that comes is slow any more. */
  written(eventId?: string): void {
    if (eventId === undefined) this.#world.slow.length = 0;
    const events = eventId === undefined ? this.#world.events.values() : [this.#eventNamed(eventId)];
    for (const event of events) event.visible = Infinity;
  }

  /** Badges that may still be issued from now on; null: no limit. Null as client: every one. */
  setIssuingLimit(clientId: string | null, limit: number | null): void {
    this.#world.setIssuingLimit(clientId, limit);
  }

  setDraft(clientId: string, badgeId: string, draft: boolean): void {
    this.#badgeNamed(clientId, badgeId).draft = draft;
  }

  /** Its events stay. */
  removeBadge(clientId: string, badgeId: string): void {
    this.#world.removeBadge(this.#badgeNamed(clientId, badgeId));
  }

  /** Every call of the client but that for a token is refused with 403 and JSON. */
  suspend(clientId: string, suspended = true): void {
    this.#world.clientNamed(clientId).suspended = suspended;
  }

  /** @returns what takes the hook away */
  beforePage(clientId: string, list: ListName, hook: PageHook): () => void {
    return this.#service.obf.lists.beforePage(clientId, list, hook);
  }

  /** `seed` decides how rows are shuffled. */
  orderPages(clientId: string, list: ListName, order: PageOrder, seed = 1): void {
    this.#service.obf.lists.orderPages(clientId, list, order, seed);
  }

  /** A row, or the reply about one event, shows these fields instead of its own, until `mendRows`. */
  oddRow(kind: RowKind, id: string, fields: Readonly<Record<string, unknown>>): void {
    this.#service.obf.lists.oddRow(kind, id, fields);
  }

  mendRows(): void {
    this.#service.obf.lists.mendRows();
  }

  fault(fault: Fault): void {
    this.#service.faults.add(fault);
  }

  clearFaults(): void {
    this.#service.faults.clear();
  }

  /** Ends faults that wait, destroys every connection, and resolves when the port is free. */
  async close(): Promise<void> {
    const first = !this.#stop.signal.aborted;
    this.#stop.abort();
    if (first) this.#server.close();
    this.#server.closeAllConnections();
    await this.#closed;
  }

  #eventNamed(id: string): IssuingEvent {
    return found(this.#world.events.get(id), `event "${id}"`);
  }

  #badgeNamed(clientId: string, id: string): Badge {
    return found(this.#world.badge(clientId, id), `badge "${id}" of client "${clientId}"`);
  }
}

/** A story or a test that names what is not there means something else. */
function found<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`Sandbox: no ${what}`);
  return value;
}

function copiesNamed(event: IssuingEvent, emails: readonly string[]) {
  const copies = copiesOf(event, emails);
  if (copies.length === 0) throw new Error(`Sandbox: event "${event.id}" has none of these recipients`);
  return copies;
}

const DAY_S = 86_400;

const expiryOf = ({ expiresMonths: months }: Badge, issuedOnS: number): number | null =>
  months === 0 ? null : DateTime.fromSeconds(issuedOnS, { zone: 'utc' }).plus({ months }).toSeconds();

const recipientOf = (to: string | Recipient): Recipient =>
  typeof to === 'string' ? { email: to, name: '' } : to;

const recordOf = ({ id, badge, assertions }: IssuingEvent, url: string): EventRecord => ({
  id,
  clientId: badge.clientId,
  badgeId: badge.id,
  assertions: assertions.map((one) => ({
    id: one.id,
    email: one.email,
    revoked: one.revoked,
    url: `${url}/obv3/credentials/${one.id}.json`,
    urlV1: `${url}/v1/assertion/${one.id}`,
  })),
});

/** What can be read of an issue body, whatever state it is in. */
const legible = z.preprocess(
  (body) => Object.assign({}, body),
  z.object({
    recipient: z.array(z.object({ email: z.string(), name: z.string().catch('') })).catch([]),
    issued_on: z.number().catch(0),
    expires_on: z.number().optional().catch(undefined),
    api_consumer_id: z.string().catch(''),
    send_email: z.boolean().catch(false),
    show_report: z.boolean().catch(false),
    log_entry: z.unknown().catch(null),
  }),
);
