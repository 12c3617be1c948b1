import type { Logger } from '../platform/logger.js';
import { errorOfStatus, isGood, ObfOutcomeUnknown, ObfRefused, ObfUnreadable } from './errors.js';
import type { Bearer, TokenParts, Tokens } from './token.js';

export interface Call<T> {
  /** Names it in errors and logs, e.g. `GET event`. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  /** The path's parts after `/v2`, not encoded. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string | number | undefined>> | undefined;
  readonly body?: unknown;
  /** Reads a 2xx answer. @throws ObfUnreadable */
  readonly reply: (name: string, body: string) => T;
  /** Of the body: what no error may show. */
  readonly secrets?: readonly string[];
}

/** @throws ObfError, typed by certainty */
export type Caller = <T>(call: Call<T>, signal?: AbortSignal) => Promise<T>;

interface CallerParts extends Pick<TokenParts, 'clientId' | 'http' | 'rate'> {
  readonly tokens: Tokens;
  readonly log: Logger | undefined;
}

const MAX_BYTES = 20 * 1024 * 1024;

/**
 * Makes calls as one client: token, rate, call; once more with a new token after a 401 or 403.
 * @param isIdle they leave only while no other call of the client waits
 */
export function createCaller(parts: CallerParts, isIdle: boolean): Caller {
  const { clientId, http, tokens, rate, log } = parts;
  return async (call, signal) => {
    const { name, method, body, secrets = [] } = call;
    const path = pathOf(call);
    const write = method !== 'GET';
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const type = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const attempt = async ({ token }: Bearer) => {
      const headers = { Authorization: `Bearer ${token}`, ...type };
      const facts = { name, clientId, write, secrets: [token, ...secrets] };
      const request = { ...facts, method, path, headers, ...content, maxBytes: MAX_BYTES };
      await rate.acquire(name, clientId, { signal, isIdle });
      const reply = await http.send(request, signal);
      if (reply.status === 429) await rate.hold(clientId, reply.retryAfterMs);
      return { reply, request };
    };

    const bearer = await tokens(signal);
    let { reply, request } = await attempt(bearer);
    if (reply.status === 401 || reply.status === 403) {
      log?.info({ call: name, client: clientId, status: reply.status }, 'OBF token renewed');
      ({ reply, request } = await attempt(await tokens(signal, bearer)));
    }
    if (!isGood(reply)) throw errorOfStatus(request, reply);
    try {
      return call.reply(name, reply.body);
    } catch (error) {
      // OBF said yes: what we cannot read of it has been done.
      if (write && error instanceof ObfUnreadable)
        throw new ObfOutcomeUnknown(name, `answered ${reply.status}, but: ${error.message}`);
      throw error;
    }
  };
}

/**
 * `/v2/...`, every part encoded. @throws ObfRefused for a part that no encoding keeps in its place:
 * URLs take `..` and `%2e%2e` alike as "one up".
 */
function pathOf({ name, path, query = {} }: Call<unknown>): string {
  if (path.some((part) => !/^(?!\.{1,2}$)\P{Surrogate}+$/u.test(part)))
    throw new ObfRefused(name, 404, 'one of the ids given is none that OBF could have made');
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query))
    if (value !== undefined) search.append(key, String(value));
  const route = ['v2', ...path].map(encodeURIComponent).join('/');
  return `/${route}${search.size === 0 ? '' : `?${search.toString()}`}`;
}
