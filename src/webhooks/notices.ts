import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { asClientId, asEventId, type ClientId, type EventId } from '../ids.js';
import { withoutUnseenEnds } from '../platform/invisible.js';
import { NOTICE_TYPES, type NoticeJob, type NoticeType } from '../queue/jobs.js';
import type { VerifiedBody } from './authenticate.js';
import type { WebhookDeps } from './context.js';
import { Problem } from './problems.js';

class Parsed {
  /** Nominal: nothing else has this type, and only this file constructs it. */
  declare protected readonly made: never;
  constructor(readonly value: unknown) {}
}
/** The JSON of a verified body. Only `parseBody` makes one. */
export type VerifiedJson = Parsed;

const UTF_8 = new TextDecoder('utf-8', { fatal: true });

/** Parses strict UTF-8 and strict JSON. */
export function parseBody({ bytes }: VerifiedBody): VerifiedJson | Problem {
  try {
    return new Parsed(JSON.parse(UTF_8.decode(bytes)));
  } catch {
    return new Problem('json_invalid');
  }
}

/** Keys that reach JavaScript's prototypes: no honest sender uses them. */
const HOSTILE_KEYS = ['__proto__', 'constructor', 'prototype'];

/** A JSON object; null for anything else, and for one with a hostile key. */
const asObject = (value: unknown): Readonly<Record<string, unknown>> | null =>
  isObject(value) && !HOSTILE_KEYS.some((key) => Object.hasOwn(value, key)) ? value : null;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A notice that an event was issued or changed. Palier believes only its ids, and reads the event from OBF. */
export interface EventMessage {
  readonly kind: 'event';
  readonly type: NoticeType;
  readonly clientId: ClientId;
  readonly eventId: EventId;
}

/** An event of a type that Palier does not know. */
export interface UnknownType {
  readonly kind: 'unknown_type';
}

/** By the `type` that senders write, e.g. `badge.issued`. */
export const EVENT_TYPES: ReadonlyMap<string, NoticeType> = new Map(
  NOTICE_TYPES.map((type) => [`badge.${type}`, type]),
);

const id = z.string().regex(/^[\w-]{1,128}$/);
export const eventData = z.looseObject({ client_id: id, event_id: id });

/** True for the form of an event. A push may have the same keys beside its addresses. */
export function isEventBody({ value }: VerifiedJson): boolean {
  if (!isObject(value) || !(Object.hasOwn(value, 'type') || Object.hasOwn(value, 'data'))) return false;
  return !Object.keys(value).some(isAddress);
}

/** Reads `{ type, data: { client_id, event_id } }`; other keys are ignored. */
export function readEvent({ value }: VerifiedJson): EventMessage | UnknownType | Problem {
  const body = asObject(value);
  if (body === null) return new Problem('body_unknown', '$');
  if (typeof body['type'] !== 'string') return faultAt(body, 'type', 'type');
  const type = EVENT_TYPES.get(body['type']);
  if (type === undefined) return { kind: 'unknown_type' };
  const data = asObject(body['data']);
  if (data === null) return faultAt(body, 'data', 'data');
  const { data: ids, error } = eventData.safeParse(data);
  if (ids === undefined) {
    const key = String(error.issues[0]?.path[0]);
    return faultAt(data, key, `data.${key}`);
  }
  return { kind: 'event', type, clientId: asClientId(ids.client_id), eventId: asEventId(ids.event_id) };
}

const faultAt = (object: Readonly<Record<string, unknown>>, key: string, field: string): Problem =>
  new Problem(object[key] === undefined ? 'field_missing' : 'field_invalid', field);

/** Credential URLs by address, as OBF sends them to a Passport. */
export interface PushMessage {
  readonly kind: 'push';
  /** The credentials at OBF, one for each pair of address and URL. */
  readonly credentials: readonly { readonly address: string; readonly url: string }[];
  /** Hosts of the other URLs, which are left out: Palier reads from OBF alone. */
  readonly foreignHosts: readonly string[];
  /** How many other entries are left out: no address, no list, too long a list, no URL. */
  readonly unusable: number;
}

export const MAX_URLS_EACH = 100;
export const MAX_URLS = 5000;
export const MAX_ADDRESS_LENGTH = 254;
export const MAX_URL_LENGTH = 2048;

/** One "@" with something on either side; no blanks, controls or broken characters. Nothing stricter. */
const ADDRESS = /^[^\s@\p{Cc}\p{Cs}]+@[^\s@\p{Cc}\p{Cs}]+$/u;

const isAddress = (key: string): boolean =>
  key.length <= MAX_ADDRESS_LENGTH && key.includes('@') && ADDRESS.test(withoutUnseenEnds(key));

/**
 * Reads `{ "<address>": ["<assertion URL>", ...] }`. Leaves out unusable entries, so that one loses nobody else's badge.
 * When none is left, returns the first fault. It names a position (`#0[1]`: the second URL of the first address), since
 * the keys are addresses. Works in slices.
 * @param obfBaseUrl a URL must have its scheme, host and port
 */
export async function readPush({ value }: VerifiedJson, obfBaseUrl: string): Promise<PushMessage | Problem> {
  const entries = isObject(value) ? Object.entries(value) : [];
  const { origin } = new URL(obfBaseUrl);
  const credentials: { address: string; url: string }[] = [];
  const foreignHosts: string[] = [];
  let [unusable, firstFault]: [number, Problem | null] = [0, null];
  const yieldIfDue = createPacer();
  for (const [at, [key, given]] of entries.entries()) {
    await yieldIfDue();
    // Kept as typed: OBF may have hashed this spelling.
    const address = key.trim();
    const urls = isAddress(key) ? readUrls(given, `#${at}`) : [new Problem('field_invalid', `#${at}`)];
    for (const url of urls) {
      if (url instanceof Problem) {
        unusable += 1;
        if (!HOSTILE_KEYS.includes(key)) firstFault ??= url;
      } else if (isAt(origin, url)) credentials.push({ address, url: url.origin + url.pathname });
      else foreignHosts.push(url.host);
    }
    if (credentials.length + foreignHosts.length > MAX_URLS)
      return new Problem('too_many', at < MAX_URLS ? `#${at}` : '$');
  }
  if (credentials.length > 0) return { kind: 'push', credentials, foreignHosts, unusable };
  if (firstFault !== null) return firstFault;
  return foreignHosts.length > 0 ? new Problem('url_not_obf') : new Problem('body_unknown', '$');
}

/** How long a push is worked on before other requests get their turn, milliseconds. */
const SLICE_MS = 10;

/** Returns a function that yields to the event loop once a slice is over. */
function createPacer(): () => Promise<void> {
  let startedMs = performance.now();
  return async () => {
    if (performance.now() - startedMs < SLICE_MS) return;
    await setImmediate();
    startedMs = performance.now();
  };
}

/** A credential's path is plain words. Any other could hold an address, which the job would store. */
const PLAIN_PATH = /^(\/[\w.-]+)+$/;

const isAt = (origin: string, url: URL): boolean =>
  url.origin === origin && url.username === '' && url.password === '' && PLAIN_PATH.test(url.pathname);

/** Reads each URL of a list. Returns a fault for each unusable URL, or a single one for an unusable list. */
function readUrls(urls: unknown, field: string): readonly (URL | Problem)[] {
  if (!Array.isArray(urls) || urls.length === 0) return [new Problem('field_invalid', field)];
  if (urls.length > MAX_URLS_EACH) return [new Problem('too_many', field)];
  return urls.map((text, at) => readUrl(text) ?? new Problem('field_invalid', `${field}[${at}]`));
}

function readUrl(text: unknown): URL | null {
  if (typeof text !== 'string' || text.length > MAX_URL_LENGTH || !URL.canParse(text)) return null;
  const url = new URL(text);
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
  return isWeb && url.href.length <= MAX_URL_LENGTH ? url : null;
}

/**
 * Makes the notices of a message, in slices: sealing 5 000 addresses takes half a second. Repeated entries share one
 * job id.
 * @param request the id of the request that brought it
 */
export async function noticesOf(
  message: EventMessage | PushMessage,
  { earnerKeyOf, seal }: Pick<WebhookDeps, 'earnerKeyOf' | 'seal'>,
  request: string,
): Promise<readonly NoticeJob[]> {
  if (message.kind === 'event') {
    // Field by field: a spread would cost a twentieth of the whole request.
    const { kind, type, clientId, eventId } = message;
    return [{ kind, type, clientId, eventId, source: 'webhook', request }];
  }
  const notices: NoticeJob[] = [];
  const yieldIfDue = createPacer();
  for (const { address, url } of message.credentials) {
    await yieldIfDue();
    const earner = earnerKeyOf(address);
    // The address leaves this process only sealed, bound to the earner key.
    const recipient = seal(address, earner);
    notices.push({ kind: 'credential', earner, recipient, url, source: 'passport', request });
  }
  return notices;
}
