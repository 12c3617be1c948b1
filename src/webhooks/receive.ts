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

/** Reads what one of the two paths takes. */
type Read = (json: VerifiedJson) => Message | Problem | Promise<Message | Problem>;

/** Refuses by the headers what it can: the body of a stranger is not read. Then takes in the notice. */
async function receive(context: RequestContext, accepted: Reply, read: Read): Promise<Outcome> {
  const { app, req } = context;
  const misfit = checkHeaders(req.headers);
  if (misfit !== null) return misfit;
  const verify = app.authenticate(req.headers);
  if (verify instanceof Problem) return verify;
  const room = app.bodies.reserve(req);
  if (room === null) return new Problem('too_busy');
  try {
    return await takeIn(context, accepted, verify, read);
  } finally {
    room.release();
  }
}

/** Raw bytes, verified, parsed, enqueued. Each step takes only what the one before it made. */
async function takeIn(
  { app, req, res, fields, requestId }: RequestContext,
  accepted: Reply,
  verify: Verify,
  read: Read,
): Promise<Outcome> {
  const bytes = await readBody(req, res);
  if (bytes instanceof Problem) return bytes;
  const body = verify(bytes);
  if (body instanceof Problem) return body;
  fields.by = body.by;
  const json = parseBody(body);
  if (json instanceof Problem) return json;
  const message = await read(json);
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

/** A good answer: a 4xx would make senders switch their hook off. */
function ignored(fields: LogFields, reason: 'unknown_type' | 'unknown_client'): Reply {
  fields.reason = reason;
  return { status: 202, body: { status: 'ignored', reason } };
}

/** How many hosts a log line names. */
const HOSTS_NAMED = 5;

function logFieldsOf(message: Message): LogFields {
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
