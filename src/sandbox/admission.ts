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
 * Milliseconds since the start, by the clock or by real time, whichever has moved further at each look.
 * A test that moves its clock moves the limits; one that holds it still does not freeze them.
 */
function createTimeLine(clock: Clock): () => number {
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

/** Who may call OBF's API: clients with a token, and so many calls of each in any sliding second. */
export function createAdmission(world: World, options: SandboxOptions) {
  const { tokenEveryMs = 10_000, tokenTtlS = 3600, maxRps = 10 } = options;
  const timeLine = createTimeLine(world.clock);
  const passedMs = new Map<string, number[]>();
  const grantedMs = new Map<string, number>();
  const tokens = new Map<string, { readonly clientId: string; readonly untilMs: number }>();
  /** For a call now: null when it may pass, else how long to wait, ms. A refused call does not count. */
  const overRate = (clientId: string): number | null => {
    const nowMs = timeLine();
    const recent = (passedMs.get(clientId) ?? []).filter((atMs) => atMs > nowMs - WINDOW_MS);
    passedMs.set(clientId, recent);
    if (recent.length >= (maxRps ?? Infinity)) return (recent[0] ?? nowMs) + WINDOW_MS - nowMs;
    recent.push(nowMs);
    return null;
  };
  return {
    /** OAuth 2.0 client credentials (RFC 6749, section 4.4). Earlier tokens stay good. */
    giveToken(request: ApiRequest): SandboxReply {
      if (form.safeParse(request.body).data?.grant_type !== 'client_credentials')
        return refused(400, 'grant_type must be "client_credentials", in a form');
      const { id: clientId = '', secret } = credentialsOf(request);
      if (secret === undefined || world.clients.get(clientId)?.secret !== secret)
        return refused(403, 'unknown client, or wrong secret');
      const nowMs = timeLine();
      const waitMs = (grantedMs.get(clientId) ?? -tokenEveryMs) + tokenEveryMs - nowMs;
      if (waitMs > 0) return throttled(waitMs, 'one token per client every ten seconds');
      const token = randomText(40);
      grantedMs.set(clientId, nowMs);
      tokens.set(token, { clientId, untilMs: nowMs + tokenTtlS * 1000 });
      return ok({ access_token: token, expires_in: tokenTtlS, token_type: 'Bearer' });
    },
    /** A bearer token of the client in the path, and not too soon. */
    letIn(request: ApiRequest, answer: ClientHandler): SandboxReply {
      const [, token = ''] = /^Bearer (\S+)$/.exec(request.authorization) ?? [];
      const client = world.clients.get(request.client);
      const granted = tokens.get(token);
      const isGood = granted?.clientId === client?.id && timeLine() < (granted?.untilMs ?? 0);
      // An unknown or expired token, or one of another client: OBF answers it in plain text.
      if (client === undefined || !isGood) return { status: 403, body: '403 Forbidden' };
      if (client.suspended) return refused(403, 'client suspended');
      const waitMs = overRate(client.id);
      return waitMs === null ? answer(request, world, client) : throttled(waitMs, 'Too many requests');
    },
  };
}

/** Who asks for a token, as HTTP Basic or in the body, before anything is checked. */
export function credentialsOf({ authorization, body }: ApiRequest) {
  const [, encoded = ''] = /^Basic ([\w+/=-]+)$/i.exec(authorization) ?? [];
  const [, id, secret] = /^(.*?):(.*)$/.exec(Buffer.from(encoded, 'base64').toString()) ?? [];
  const { client_id, client_secret } = form.safeParse(body).data ?? {};
  return id === undefined ? { id: client_id, secret: client_secret } : { id, secret };
}
