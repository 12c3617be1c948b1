import { readBody } from './body.js';
import type { WebhookDeps } from './deps.js';
import { isEventBody, readEvent, type EventMessage, type UnknownType } from './event-body.js';
import type { Exchange, Facts, Outcome, Reply } from './exchange.js';
import { parseJson, type VerifiedJson } from './json.js';
import { mediaTypeFault } from './media-type.js';
import { noticesOf } from './notices.js';
import { Problem } from './problem.js';
import { readPush, type PushMessage } from './push-body.js';

type Message = EventMessage | PushMessage | UnknownType;

/** One of the two addresses that notices come to. */
export interface Door {
  readonly accepted: Reply;
  readonly read: (json: VerifiedJson, deps: WebhookDeps) => Message | Problem;
}

/** `POST /webhooks/obf`: events, and pushes. */
export const webhookDoor: Door = {
  accepted: { status: 202, body: { status: 'accepted' } },
  read: (json, { obfBaseUrl }) => (isEventBody(json) ? readEvent(json) : readPush(json, obfBaseUrl)),
};

/** The address that a Passport has: pushes only, and the answer that OBF expects of a Passport. */
export const passportDoor: Door = {
  accepted: { status: 200, body: { success: true } },
  read: (json, { obfBaseUrl }) => readPush(json, obfBaseUrl),
};

/** Raw bytes, verified, parsed, stored: each step gets only what the one before it made. */
export async function receive(exchange: Exchange, deps: WebhookDeps, door: Door): Promise<Outcome> {
  const { req, res, facts, log, requestId } = exchange;
  const misfit = mediaTypeFault(req.headers);
  if (misfit !== null) return misfit;
  const bytes = await readBody(req, res);
  if (bytes instanceof Problem) return bytes;
  const body = deps.verify(bytes, req.headers);
  if (body instanceof Problem) return body;
  facts.by = body.by;
  const json = parseJson(body);
  if (json instanceof Problem) return json;
  const message = door.read(json, deps);
  if (message instanceof Problem) return message;
  Object.assign(facts, factsOf(message));
  if (message.kind === 'unknown_type') return ignored(exchange, 'unknown_type');
  if (message.kind === 'event' && !deps.participants.has(message.clientId))
    return ignored(exchange, 'unknown_client');
  try {
    await deps.putNotices(noticesOf(message, deps, requestId));
    return door.accepted;
  } catch (err) {
    log.warn({ requestId, err }, 'notices could not be stored');
    return new Problem('try_again');
  }
}

/** Good answers, since a 4xx would make senders switch their hook off. */
function ignored({ facts }: Exchange, reason: 'unknown_type' | 'unknown_client'): Reply {
  facts.reason = reason;
  return { status: 202, body: { status: 'ignored', reason } };
}

/** How many hosts a log line names. */
const HOSTS_NAMED = 5;

function factsOf(message: Message): Facts {
  if (message.kind === 'unknown_type') return { kind: message.kind };
  if (message.kind === 'event')
    return { kind: message.kind, clientId: message.clientId, eventId: message.eventId };
  const { kind, credentials, foreignHosts, unusable } = message;
  return {
    kind,
    credentials: credentials.length,
    ignored: foreignHosts.length + unusable,
    ignoredHosts: [...new Set(foreignHosts)].slice(0, HOSTS_NAMED),
  };
}
