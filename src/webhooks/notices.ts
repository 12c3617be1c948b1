import { z } from 'zod';
import { asClientId, asEventId, type ClientId, type EventId } from '../ids.js';
import type { Arrival } from '../queue/jobs.js';
import type { WebhookDeps } from './context.js';
import { asObject, type VerifiedJson } from './json.js';
import { Problem } from './problems.js';
import type { PushMessage } from './push-body.js';

/** "Something happened to this event of this client." Palier believes nothing of it but where to look. */
export interface EventMessage {
  readonly kind: 'event';
  readonly type: 'issued' | 'revoked';
  readonly clientId: ClientId;
  readonly eventId: EventId;
}

/** An event of a type that Palier does not know. */
export interface UnknownType {
  readonly kind: 'unknown_type';
}

/** The senders' word for each. */
export const EVENT_TYPES: ReadonlyMap<string, EventMessage['type']> = new Map([
  ['badge.issued', 'issued'],
  ['badge.revoked', 'revoked'],
]);

const id = z.string().regex(/^[\w-]{1,128}$/);
export const eventData = z.looseObject({ client_id: id, event_id: id });

/** Whether the body has the form of an event, and not of a push. */
export function isEventBody({ value }: VerifiedJson): boolean {
  const body = asObject(value);
  return body !== null && (Object.hasOwn(body, 'type') || Object.hasOwn(body, 'data'));
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

/**
 * The notices that a message becomes. What it says twice has one job id.
 * @param request the id of the request that brought it
 */
export function noticesOf(
  message: EventMessage | PushMessage,
  { earnerKeyOf, seal }: Pick<WebhookDeps, 'earnerKeyOf' | 'seal'>,
  request: string,
): readonly Arrival[] {
  if (message.kind === 'event') {
    const { type, clientId, eventId } = message;
    const about = { kind: 'event', clientId, eventId, source: 'webhook', request } as const;
    return [{ type, job: type === 'revoked' ? { ...about, revoked: true } : about }];
  }
  return message.credentials.map(({ address, url }) => {
    const earner = earnerKeyOf(address);
    // The address leaves this process only sealed, bound to its person's key.
    const recipient = seal(address, earner);
    return {
      type: 'issued',
      job: { kind: 'credential', earner, recipient, url, source: 'passport', request },
    };
  });
}
