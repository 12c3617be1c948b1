import { z } from 'zod';
import type { Clock } from '../platform/clock.js';
import {
  ok,
  refused,
  throttled,
  type ApiRequest,
  type ClientHandler,
  type SandboxReply,
} from './exchange.js';
import { randomText, type SandboxOptions, type World } from './world.js';

/**
 * Returns a count of elapsed milliseconds. Each call adds the larger step of the clock and of real time.
 * A test that moves its clock moves the limits; one that stops it does not freeze them.
 */
function createTimeline(clock: Clock): () => number {
  let atMs = 0;
  let last = { clockMs: clock(), realMs: performance.now() };
  return () => {
    const now = { clockMs: clock(), realMs: performance.now() };
    atMs += Math.max(0, now.clockMs - last.clockMs, now.realMs - last.realMs);
    last = now;
    return atMs;
  };
}

const WINDOW_MS = 1000;
const form = z.object({ grant_type: z.string(), client_id: z.string(), client_secret: z.string() }).partial();

/** Admits calls to OBF's API: with a token, and at most `maxRps` per client in any sliding second. */
export function createAdmission(world: World, options: SandboxOptions) {
  const { tokenEveryMs = 10_000, tokenTtlS = 3600, maxRps = 10 } = options;
  const elapsedMs = createTimeline(world.clock);
  const callTimesMs = new Map<string, number[]>();
  const lastTokenMs = new Map<string, number>();
  const tokens = new Map<string, { readonly clientId: string; readonly untilMs: number }>();
  /** Counts a call and returns null, or returns how many ms it must wait. Refused calls do not count. */
  const rateDelayMs = (clientId: string): number | null => {
    const nowMs = elapsedMs();
    const recent = (callTimesMs.get(clientId) ?? []).filter((atMs) => atMs > nowMs - WINDOW_MS);
    callTimesMs.set(clientId, recent);
    if (recent.length >= (maxRps ?? Infinity)) return (recent[0] ?? nowMs) + WINDOW_MS - nowMs;
    recent.push(nowMs);
    return null;
  };
  return {
    /** Grants a token by OAuth 2.0 client credentials (RFC 6749, section 4.4). Earlier tokens stay valid. */
    grantToken(request: ApiRequest): SandboxReply {
      if (form.safeParse(request.body).data?.grant_type !== 'client_credentials')
        return refused(400, 'grant_type must be "client_credentials", in a form');
      const { id: clientId = '', secret } = credentialsOf(request);
      if (secret === undefined || world.clients.get(clientId)?.secret !== secret)
        return refused(403, 'unknown client, or wrong secret');
      const nowMs = elapsedMs();
      const waitMs = (lastTokenMs.get(clientId) ?? -tokenEveryMs) + tokenEveryMs - nowMs;
      if (waitMs > 0) return throttled(waitMs, 'one token per client every ten seconds');
      const token = randomText(40);
      lastTokenMs.set(clientId, nowMs);
      tokens.set(token, { clientId, untilMs: nowMs + tokenTtlS * 1000 });
      return ok({ access_token: token, expires_in: tokenTtlS, token_type: 'Bearer' });
    },
    /** Answers a call with a valid token of the path's client, within its rate. */
    authorize(request: ApiRequest, answer: ClientHandler): SandboxReply {
      const [, token = ''] = /^Bearer (\S+)$/.exec(request.authorization) ?? [];
      const client = world.clients.get(request.client);
      const issued = tokens.get(token);
      const isValid = issued?.clientId === client?.id && elapsedMs() < (issued?.untilMs ?? 0);
      // OBF answers in plain text to a token that is unknown, expired or of another client.
      if (client === undefined || !isValid) return { status: 403, body: '403 Forbidden' };
      if (client.suspended) return refused(403, 'client suspended');
      const waitMs = rateDelayMs(client.id);
      return waitMs === null ? answer(request, world, client) : throttled(waitMs, 'Too many requests');
    },
  };
}

/** Returns the credentials of a token request, unchecked, from HTTP Basic or the body. */
export function credentialsOf({ authorization, body }: ApiRequest) {
  const [, encoded = ''] = /^Basic ([\w+/=-]+)$/i.exec(authorization) ?? [];
  const [, id, secret] = /^(.*?):(.*)$/.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  const { client_id, client_secret } = form.safeParse(body).data ?? {};
  return id === undefined ? { id: client_id, secret: client_secret } : { id, secret };
}
