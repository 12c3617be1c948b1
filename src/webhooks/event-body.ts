import { z } from 'zod';
import { asClientId, asEventId, type ClientId, type EventId } from '../ids.js';
import { asObject, type VerifiedJson } from './json.js';
import { Problem } from './problem.js';

/** "Something happened to this event of this client." All that is believed of it is where to look. */
export interface EventMessage {
  readonly kind: 'event';
  readonly type: 'issued' | 'revoked';
  readonly clientId: ClientId;
  readonly eventId: EventId;
}

/** An event of a type that means nothing to us. */
export interface UnknownType {
  readonly kind: 'unknown_type';
}

/** What a sender calls them. */
export const TYPES: ReadonlyMap<string, EventMessage['type']> = new Map([
  ['badge.issued', 'issued'],
  ['badge.revoked', 'revoked'],
]);

const ID = /^[\w-]{1,128}$/;
const id = z.string().regex(ID);
/** For the interface's description; `readEvent` asks for the same, without what a schema costs each notice. */
export const eventData = z.object({ client_id: id, event_id: id });

const isId = (value: unknown): value is string => typeof value === 'string' && ID.test(value);

/** Whether the body has the form of an event at all. */
export function isEventBody({ value }: VerifiedJson): boolean {
  const body = asObject(value);
  return body !== null && (Object.hasOwn(body, 'type') || Object.hasOwn(body, 'data'));
}

/** Reads `{ type, data: { client_id, event_id } }`. Keys that we do not know are left alone. */
export function readEvent({ value }: VerifiedJson): EventMessage | UnknownType | Problem {
  const body = asObject(value);
  if (body === null) return new Problem('body_unknown', '$');
  if (typeof body['type'] !== 'string') return at(body, 'type', 'type');
  const type = TYPES.get(body['type']);
  if (type === undefined) return { kind: 'unknown_type' };
  const data = asObject(body['data']);
  if (data === null) return at(body, 'data', 'data');
  const { client_id: client, event_id: event } = data;
  if (!isId(client)) return at(data, 'client_id', 'data.client_id');
  if (!isId(event)) return at(data, 'event_id', 'data.event_id');
  return { kind: 'event', type, clientId: asClientId(client), eventId: asEventId(event) };
}

const at = (object: Readonly<Record<string, unknown>>, key: string, field: string): Problem =>
  new Problem(object[key] === undefined ? 'field_missing' : 'field_invalid', field);
