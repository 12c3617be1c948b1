import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { performance } from 'node:perf_hooks';
import { Duplex } from 'node:stream';
import { create, type AxiosResponse } from 'axios';
import type { ClientId } from '../ids.js';
import { fieldOf, type Logger } from '../platform/logger.js';
import {
  ObfNotSent,
  ObfOutcomeUnknown,
  ObfTooLarge,
  plainCause,
  waitAskedMs,
  type CallFacts,
  type HttpReply,
  type ObfError,
} from './errors.js';

interface HttpRequest extends CallFacts {
  /** As which client; null: without credentials, of what OBF publishes. */
  readonly clientId: ClientId | null;
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Below the base URL, with its query: begins with `/`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly maxBytes: number;
  /** From the first byte sent to the last received; default: that of `createHttp`. */
  readonly timeoutMs?: number;
}

/** One call that left for OBF, as it ended; nothing of what was in it. */
export interface CallMade {
  /** Null: what OBF publishes was read. */
  readonly clientId: ClientId | null;
  readonly route: string;
  /** Null: no whole answer came. */
  readonly status: number | null;
  /** From its leaving to its answer, without the wait for the rate. */
  readonly durationMs: number;
}

/** Receives each call. May not throw: a call that was made has been made. */
export type OnCall = (made: CallMade) => void;

interface HttpOptions {
  readonly baseUrl: string;
  readonly timeoutMs: number;
  readonly report: OnCall;
  readonly log: Logger | undefined;
}

export type Http = ReturnType<typeof createHttp>;

/**
 * Sends calls below one address and nowhere else: no absolute URLs, no redirects, and no proxy of the environment, which
 * would be handed tokens and addresses (`http_proxy` even for a loopback address). Opens nothing until the first.
 */
export function createHttp({ baseUrl, timeoutMs, report, log }: HttpOptions) {
  const axios = create({
    adapter: 'http',
    baseURL: baseUrl,
    allowAbsoluteUrls: false,
    maxRedirects: 0,
    proxy: false,
    responseType: 'text',
    validateStatus: () => true,
    // axios would let a broken JSON through as text.
    transformRequest: [(data: unknown) => data],
    transformResponse: [(data: unknown) => data],
    headers: { 'User-Agent': 'palier', Accept: 'application/json' },
  });
  const kept = agentsOf(true);
  // A write has a connection of its own: a kept one may be closed just as we use it, and the reset
  // would leave open whether the write was done.
  const fresh = agentsOf(false);
  let closed = false;
  return {
    /** Resolves with any answer at all. @throws ObfError by certainty, where no whole answer came */
    async send(request: HttpRequest, signal?: AbortSignal): Promise<HttpReply> {
      const { clientId, name: route, method, path: url, headers = {}, body: data, maxBytes } = request;
      if (closed) throw new ObfNotSent(route, 'the client is closed');
      const deadline = AbortSignal.timeout(request.timeoutMs ?? timeoutMs);
      const ending = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
      const startedMs = performance.now();
      let status: number | null = null;
      try {
        const sent = {
          method,
          url,
          headers: { ...headers },
          data,
          maxContentLength: maxBytes,
          signal: ending,
        };
        const reply = replyOf(
          await axios.request<unknown>({ ...sent, ...(method === 'GET' ? kept : fresh) }),
        );
        status = reply.status;
        return reply;
      } catch (error) {
        if (signal?.aborted === true) throw failureOf(request, error, 'given up by the caller');
        throw failureOf(request, error, deadline.aborted ? 'no answer in time' : null);
      } finally {
        const durationMs = performance.now() - startedMs;
        report({ clientId, route, status, durationMs });
        log?.debug({ call: route, client: clientId, status, ms: Math.round(durationMs) }, 'OBF called');
      }
    },
    close(): void {
      closed = true;
      for (const agent of [kept, fresh].flatMap((agents) => Object.values(agents))) agent.destroy();
    },
  };
}

function replyOf({ status, headers, data }: AxiosResponse<unknown>): HttpReply {
  const header = (name: string): string | null => {
    const value: unknown = headers[name];
    return typeof value === 'string' ? value : null;
  };
  return {
    status,
    retryAfterMs: waitAskedMs(header('retry-after'), header('date')),
    body: typeof data === 'string' ? data : '',
  };
}

/** What the lack of an answer means. @param why null: the error says it */
function failureOf({ name, write, secrets }: HttpRequest, error: unknown, why: string | null): ObfError {
  const cause = plainCause(error, secrets);
  const text = why ?? cause.message;
  if (write && mayHaveLeft(error))
    return new ObfOutcomeUnknown(name, `${text}, after it was sent`, { cause });
  if (why === null && text.startsWith('maxContentLength'))
    return new ObfTooLarge(name, 'the answer is too large', { cause });
  return new ObfNotSent(name, text, { cause });
}

/** The connections that came about: on any other, not a byte of a request can have left. */
const connected = new WeakSet<Duplex>();

/** False only where it is certain that nothing left. */
function mayHaveLeft(error: unknown): boolean {
  const socket = fieldOf(fieldOf(error, 'request'), 'socket');
  return !(socket instanceof Duplex) || connected.has(socket);
}

const agentsOf = (keepAlive: boolean) => ({
  httpAgent: watched(new HttpAgent({ keepAlive }), 'connect'),
  httpsAgent: watched(new HttpsAgent({ keepAlive }), 'secureConnect'),
});

/** Notes which of its connections came about. */
function watched<A extends HttpAgent>(agent: A, event: 'connect' | 'secureConnect'): A {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (...args) => {
    const socket = connect(...args);
    socket?.once(event, () => connected.add(socket));
    return socket;
  };
  return agent;
}
