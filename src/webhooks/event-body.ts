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

const id = z.string().regex(/^[\w-]{1,128}$/);
export const eventData = z.object({ client_id: id.transform(asClientId), event_id: id.transform(asEventId) });

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
  const read = eventData.safeParse(data);
  if (!read.success) {
    const key = String(read.error.issues[0]?.path[0] ?? '');
    return at(data, key, `data.${key}`);
  }
  return { kind: 'event', type, clientId: read.data.client_id, eventId: read.data.event_id };
}

const at = (object: Readonly<Record<string, unknown>>, key: string, field: string): Problem =>
  new Problem(object[key] === undefined ? 'field_missing' : 'field_invalid', field);
