import type { ClientId } from '../ids.js';
import type { Clock } from '../platform/clock.js';
import type { Logger } from '../platform/logger.js';
import { errorOfFailure, errorOfStatus, type CallFacts } from './certainty.js';
import { ObfOutcomeUnknown, ObfRefused, ObfUnreadable } from './errors.js';
import { HttpFailure, type Http, type HttpReply, type HttpRequest } from './http.js';
import { holdIfAsked, type Rate } from './rate.js';
import { reported, type Report } from './report.js';
import type { Bearer } from './token-store.js';
import type { Tokens } from './token.js';

/** One call of OBF's API v2, as its route is written there. */
export interface Call<T> {
  /** Names it in errors and logs, e.g. `GET event`. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  /** The path's parts after `/v2`; ids stand in it as they are. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  /** Reads a 2xx answer. @throws ObfUnreadable */
  readonly reply: (name: string, body: string) => T;
  /** Of the body: what may not stand in an error. */
  readonly hidden?: readonly string[];
}

/** @throws ObfError, typed by certainty */
export type Caller = <T>(call: Call<T>, signal?: AbortSignal) => Promise<T>;

export interface CallerParts {
  readonly clientId: ClientId;
  readonly http: Http;
  /** Of the API, without a slash at its end. */
  readonly apiPath: string;
  readonly tokens: Tokens;
  /** Waits for the call's place in the line. */
  readonly take: Rate['take'];
  readonly rate: Pick<Rate, 'hold'>;
  readonly clock: Clock;
  readonly log: Logger | undefined;
  readonly report: Report;
}

/** A list of 1000 recipients is under 1 MiB. */
const MAX_BYTES = 20 * 1024 * 1024;

/** Makes calls as one client: token, place in the line, call; once more with a new token after a 403. */
export function createCaller(parts: CallerParts): Caller {
  return async (call, signal) => {
    const path = pathOf(parts.apiPath, call);
    const bearer = await parts.tokens.current(signal);
    const first = await attempt(parts, call, path, bearer, signal);
    if (!isDenied(first)) return resultOf(parts, call, first, bearer);
    parts.log?.info({ call: call.name, client: parts.clientId, status: first.status }, 'OBF token renewed');
    const renewed = await parts.tokens.insteadOf(bearer, signal);
    return resultOf(parts, call, await attempt(parts, call, path, renewed, signal), renewed);
  };
}

const isDenied = ({ status }: HttpReply): boolean => status === 401 || status === 403;

async function attempt<T>(
  { clientId, http, take, rate, clock, log, report }: CallerParts,
  call: Call<T>,
  path: string,
  bearer: Bearer,
  signal?: AbortSignal,
): Promise<HttpReply> {
  await take(call.name, clientId, signal);
  const startedAt = performance.now();
  const done = (status: number | string): void =>
    log?.debug(
      { call: call.name, client: clientId, status, ms: Math.round(performance.now() - startedAt) },
      'OBF called',
    );
  try {
    const send = (): Promise<HttpReply> => http.send(requestOf(call, path, bearer), signal);
    const reply = await reported(report, { clientId, route: call.name }, send);
    done(reply.status);
    await holdIfAsked(rate, clientId, reply, clock());
    return reply;
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    done(error.reason);
    throw errorOfFailure(factsOf(call, bearer), error);
  }
}

function requestOf<T>(call: Call<T>, path: string, bearer: Bearer): HttpRequest {
  const authorization = { Authorization: `Bearer ${bearer.token}` };
  const { hidden } = factsOf(call, bearer);
  const basis = { method: call.method, path, maxBytes: MAX_BYTES, hidden };
  if (call.body === undefined) return { ...basis, headers: authorization };
  const headers = { ...authorization, 'Content-Type': 'application/json' };
  return { ...basis, headers, body: JSON.stringify(call.body) };
}

const factsOf = <T>(call: Call<T>, bearer: Bearer): CallFacts => ({
  name: call.name,
  write: call.method !== 'GET',
  hidden: [bearer.token, ...(call.hidden ?? [])],
});

function resultOf<T>({ clock }: CallerParts, call: Call<T>, reply: HttpReply, bearer: Bearer): T {
  const facts = factsOf(call, bearer);
  if (reply.status < 200 || reply.status > 299) throw errorOfStatus(facts, reply, clock());
  try {
    return call.reply(call.name, reply.body);
  } catch (error) {
    // OBF said yes: what we cannot read of it has been done.
    if (facts.write && error instanceof ObfUnreadable)
      throw new ObfOutcomeUnknown(call.name, `answered ${reply.status}, but: ${error.message}`);
    throw error;
  }
}

/**
 * `/v2/...`, every part encoded. @throws ObfRefused for a part that no encoding keeps in its place:
 * URLs take `..` and `%2e%2e` alike as "one up".
 */
function pathOf<T>(apiPath: string, { name, path, query = {} }: Call<T>): string {
  if (path.some((part) => !/^(?!\.{1,2}$)\P{Surrogate}+$/u.test(part)))
    throw new ObfRefused(name, 404, 'one of the ids given is none that OBF could have made');
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query))
    if (value !== undefined) search.append(key, String(value));
  const route = ['v2', ...path].map(encodeURIComponent).join('/');
  return `${apiPath}/${route}${search.size === 0 ? '' : `?${search.toString()}`}`;
}
