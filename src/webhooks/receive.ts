import type { Verify } from './authenticate.js';
import { checkHeaders, readBody } from './body.js';
import type { LogFields, Outcome, Reply, RequestContext } from './context.js';
import {
  isEventBody,
  noticesOf,
  parseBody,
  readEvent,
  readPush,
  type EventMessage,
  type PushMessage,
  type UnknownType,
  type VerifiedJson,
} from './notices.js';
import { Problem } from './problems.js';

type Message = EventMessage | PushMessage | UnknownType;

/** `POST /webhooks/obf`: events, and pushes. */
export const receiveWebhook = (context: RequestContext): Promise<Outcome> =>
  receive(context, { status: 202, body: { status: 'accepted' } }, (json) =>
    isEventBody(json) ? readEvent(json) : readPush(json, context.app.obfBaseUrl),
  );

/** A Passport's own path: pushes only, and the answer that OBF expects of a Passport. */
export const receivePassport = (context: RequestContext): Promise<Outcome> =>
  receive(context, { status: 200, body: { success: true } }, (json) =>
    readPush(json, context.app.obfBaseUrl),
  );

/** Reads the messages that a path accepts. */
type ReadMessage = (json: VerifiedJson) => Message | Problem | Promise<Message | Problem>;

/** Checks the headers first, so that the body of an unknown sender is not read. */
async function receive(context: RequestContext, accepted: Reply, readMessage: ReadMessage): Promise<Outcome> {
  const { app, req } = context;
  const refusal = checkHeaders(req.headers);
  if (refusal !== null) return refusal;
  const verify = app.authenticate(req.headers);
  if (verify instanceof Problem) return verify;
  const reservation = app.bodies.reserve(req);
  if (reservation === null) return new Problem('too_busy');
  try {
    return await verifyAndEnqueue(context, accepted, verify, readMessage);
  } finally {
    reservation.release();
  }
}

/** Reads, verifies, parses and enqueues. Each step accepts only the type that the one before it makes. */
async function verifyAndEnqueue(
  { app, req, res, fields, requestId }: RequestContext,
  accepted: Reply,
  verify: Verify,
  readMessage: ReadMessage,
): Promise<Outcome> {
  const bytes = await readBody(req, res);
  if (bytes instanceof Problem) return bytes;
  const body = verify(bytes);
  if (body instanceof Problem) return body;
  fields.by = body.by;
  const json = parseBody(body);
  if (json instanceof Problem) return json;
  const message = await readMessage(json);
  if (message instanceof Problem) return message;
  Object.assign(fields, logFieldsOf(message));
  if (message.kind === 'unknown_type') return ignored(fields, 'unknown_type');
  if (message.kind === 'event' && !app.participants.has(message.clientId))
    return ignored(fields, 'unknown_client');
  try {
    await app.enqueueNotices(await noticesOf(message, app, requestId));
    return accepted;
  } catch (err) {
    app.log.warn({ requestId, err }, 'notices could not be stored');
    return new Problem('try_again');
  }
}

/** Answers 202: a 4xx would make senders switch their hook off. */
function ignored(fields: LogFields, reason: 'unknown_type' | 'unknown_client'): Reply {
  fields.reason = reason;
  return { status: 202, body: { status: 'ignored', reason } };
}

/** How many foreign hosts a log line names. */
const MAX_HOSTS_LOGGED = 5;

function logFieldsOf(message: Message): LogFields {
  if (message.kind === 'unknown_type') return { kind: message.kind };
  if (message.kind === 'event')
    return { kind: message.kind, clientId: message.clientId, eventId: message.eventId };
  const { kind, credentials, foreignHosts, unusable } = message;
  return {
    kind,
    credentials: credentials.length,
    ignored: foreignHosts.length + unusable,
    ignoredHosts: [...new Set(foreignHosts)].slice(0, MAX_HOSTS_LOGGED),
  };
}
