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
  retryAfterMsOf,
  type CallFacts,
  type HttpReply,
  type ObfError,
} from './errors.js';

interface HttpRequest extends CallFacts {
  /** The client that calls; null: a public read, without credentials. */
  readonly clientId: ClientId | null;
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Path and query below the base URL; begins with `/`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly maxBytes: number;
  /** From the first byte sent to the last received; default: that of `createHttp`. */
  readonly timeoutMs?: number;
}

/** One call to OBF and its outcome, without its content. */
export interface CallReport {
  /** Null: a public read. */
  readonly clientId: ClientId | null;
  readonly route: string;
  /** Null: no complete answer came. */
  readonly status: number | null;
  /** From sending to the answer, without the wait in the rate limiter. */
  readonly durationMs: number;
}

/** Receives each call. Must not throw: the call has been made. */
export type OnCall = (made: CallReport) => void;

interface HttpOptions {
  readonly baseUrl: string;
  readonly timeoutMs: number;
  readonly report: OnCall;
  readonly log: Logger | undefined;
}

export type Http = ReturnType<typeof createHttp>;

/**
 * Creates the HTTP client, which sends below one base URL alone: no absolute URLs, no redirects. Ignores proxies of the
 * environment, which would see tokens and addresses (`http_proxy` even for loopback). Opens nothing before the first call.
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
    // axios would pass broken JSON through as text.
    transformRequest: [(data: unknown) => data],
    transformResponse: [(data: unknown) => data],
    headers: { 'User-Agent': 'palier', Accept: 'application/json' },
  });
  const keepAliveAgents = agentsOf(true);
  // Each write opens a connection. A kept one may be closed just as it is used: whether the write was done would be
  // unknown.
  const singleUseAgents = agentsOf(false);
  let closed = false;
  return {
    /** Resolves with an answer of any status. @throws ObfError by certainty, when no complete answer came */
    async send(request: HttpRequest, signal?: AbortSignal): Promise<HttpReply> {
      const { clientId, name: route, method, path: url, headers = {}, body: data, maxBytes } = request;
      if (closed) throw new ObfNotSent(route, 'the client is closed');
      const deadline = AbortSignal.timeout(request.timeoutMs ?? timeoutMs);
      const deadlineOrAbort = signal === undefined ? deadline : AbortSignal.any([deadline, signal]);
      const startedMs = performance.now();
      let status: number | null = null;
      try {
        const response = await axios.request<unknown>({
          method,
          url,
          headers: { ...headers },
          data,
          maxContentLength: maxBytes,
          signal: deadlineOrAbort,
          ...(method === 'GET' ? keepAliveAgents : singleUseAgents),
        });
        ({ status } = response);
        return httpReplyOf(response);
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
      for (const agent of [keepAliveAgents, singleUseAgents].flatMap((agents) => Object.values(agents)))
        agent.destroy();
    },
  };
}

function httpReplyOf({ status, headers, data }: AxiosResponse<unknown>): HttpReply {
  const header = (name: string): string | null => {
    const value: unknown = headers[name];
    return typeof value === 'string' ? value : null;
  };
  return {
    status,
    retryAfterMs: retryAfterMsOf(header('retry-after'), header('date')),
    body: typeof data === 'string' ? data : '',
  };
}

/** Classifies a call without a complete answer. @param why null: the error says it */
function failureOf({ name, write, secrets }: HttpRequest, error: unknown, why: string | null): ObfError {
  const cause = plainCause(error, secrets);
  const text = why ?? cause.message;
  if (write && mayHaveLeft(error))
    return new ObfOutcomeUnknown(name, `${text}, after it was sent`, { cause });
  if (why === null && text.startsWith('maxContentLength'))
    return new ObfTooLarge(name, 'the answer is too large', { cause });
  return new ObfNotSent(name, text, { cause });
}

/** Sockets that have connected: no byte of a request can have left by any other. */
const connected = new WeakSet<Duplex>();

/** False only when certainly nothing left. */
function mayHaveLeft(error: unknown): boolean {
  const socket = fieldOf(fieldOf(error, 'request'), 'socket');
  return !(socket instanceof Duplex) || connected.has(socket);
}

const agentsOf = (keepAlive: boolean) => ({
  httpAgent: recordConnections(new HttpAgent({ keepAlive }), 'connect'),
  httpsAgent: recordConnections(new HttpsAgent({ keepAlive }), 'secureConnect'),
});

/** Adds the agent's sockets to `connected` as they connect. */
function recordConnections<A extends HttpAgent>(agent: A, event: 'connect' | 'secureConnect'): A {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (...args) => {
    const socket = connect(...args);
    socket?.once(event, () => connected.add(socket));
    return socket;
  };
  return agent;
}
