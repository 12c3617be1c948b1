import { create, type AxiosInstance, type AxiosResponse } from 'axios';
import { Connections, createAgents, type Agents } from './agents.js';
import { fieldOf, plainCause } from './clean.js';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** From the root of the host, with its query: begins with `/`. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Of the answer, unpacked. */
  readonly maxBytes: number;
  /** From the first byte sent to the last received; default: that of `createHttp`. */
  readonly timeoutMs?: number;
  /** What may not stand in an error. */
  readonly hidden: readonly string[];
}

export interface HttpReply {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: string;
}

/** No whole answer came. */
export class HttpFailure extends Error {
  constructor(
    readonly reason: 'aborted' | 'timeout' | 'too_large' | 'network',
    /** False only where it is certain that nothing left: no connection came about. */
    readonly mayHaveLeft: boolean,
    cause: Error,
  ) {
    super(cause.message, { cause });
  }
}

export interface Http {
  /** @throws HttpFailure; any status at all is an answer */
  send(request: HttpRequest, signal?: AbortSignal): Promise<HttpReply>;
  /** Destroys every connection. */
  close(): void;
}

/**
 * Every call goes to `origin` and nowhere else: no absolute URLs, no redirects, and no proxy out of the
 * environment, which would be handed tokens and addresses (`http_proxy` even for a loopback address).
 */
const instance = (origin: string): AxiosInstance =>
  create({
    adapter: 'http',
    baseURL: origin,
    allowAbsoluteUrls: false,
    maxRedirects: 0,
    proxy: false,
    responseType: 'text',
    validateStatus: () => true,
    // Bodies are ours to write and to read: axios would let a broken JSON through as text.
    transformRequest: [(data: unknown) => data],
    transformResponse: [(data: unknown) => data],
    headers: { 'User-Agent': 'palier', Accept: 'application/json' },
  });

/** @param origin scheme, host and port. @param timeoutMs for one whole call */
export function createHttp(origin: string, timeoutMs: number): Http {
  const client = instance(origin);
  const connections = new Connections();
  const kept = createAgents(connections, true);
  // A write has a connection of its own: a kept one may be closed just as we use it, and the reset
  // would leave open whether the write was done.
  const fresh = createAgents(connections, false);
  let closed = false;
  return {
    send: async (request, signal) => {
      if (closed) throw new HttpFailure('aborted', false, new Error('the client is closed'));
      const agents = request.method === 'GET' ? kept : fresh;
      return exchange({ client, connections, agents }, { timeoutMs, ...request }, signal);
    },
    close: () => {
      closed = true;
      kept.destroy();
      fresh.destroy();
    },
  };
}

interface Wires {
  readonly client: AxiosInstance;
  readonly connections: Connections;
  readonly agents: Agents;
}

async function exchange(
  wires: Wires,
  wanted: HttpRequest & { readonly timeoutMs: number },
  signal?: AbortSignal,
): Promise<HttpReply> {
  // axios' own timeout does not end an answer that drips.
  const limit = new AbortController();
  const stop = (): void => limit.abort();
  const timer = setTimeout(stop, wanted.timeoutMs);
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted === true) stop();
  try {
    return replyOf(await ask(wires, wanted, limit.signal));
  } catch (error) {
    throw failureOf(error, wires.connections, wanted.hidden, {
      aborted: signal?.aborted ?? false,
      timedOut: limit.signal.aborted,
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

const ask = (wires: Wires, request: HttpRequest, signal: AbortSignal): Promise<AxiosResponse<unknown>> =>
  wires.client.request<unknown>({
    method: request.method,
    url: request.path,
    headers: { ...request.headers },
    data: request.body,
    timeout: request.timeoutMs ?? 0,
    maxContentLength: request.maxBytes,
    httpAgent: wires.agents.httpAgent,
    httpsAgent: wires.agents.httpsAgent,
    signal,
  });

function replyOf(response: AxiosResponse<unknown>): HttpReply {
  const retryAfter: unknown = response.headers['retry-after'];
  return {
    status: response.status,
    retryAfter: typeof retryAfter === 'string' ? retryAfter : null,
    body: typeof response.data === 'string' ? response.data : '',
  };
}

function failureOf(
  error: unknown,
  connections: Connections,
  hidden: readonly string[],
  ended: { readonly aborted: boolean; readonly timedOut: boolean },
): HttpFailure {
  const cause = plainCause(error, hidden);
  const left = connections.wasOpen(fieldOf(fieldOf(error, 'request'), 'socket'));
  if (ended.aborted) return new HttpFailure('aborted', left, cause);
  if (ended.timedOut || fieldOf(cause, 'code') === 'ECONNABORTED')
    return new HttpFailure('timeout', left, cause);
  if (cause.message.startsWith('maxContentLength')) return new HttpFailure('too_large', left, cause);
  return new HttpFailure('network', left, cause);
}
