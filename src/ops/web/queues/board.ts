import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import type { AppViewRoute, ControllerHandlerReturnType } from '@bull-board/api/typings/app';
import { ExpressAdapter } from '@bull-board/express';
import type { Request, RequestHandler } from 'express';
import { z } from 'zod';
import type { Role } from '../../../config.js';
import { shownText } from '../../../queue/failures.js';
import { sentIn } from '../../../queue/replay.js';
import { QUEUES, type QueueName } from '../../../queue/jobs.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { HIDDEN, maskedData } from '../../shared/jobs.js';
import { retryFailedJob, startReplay } from '../failures/read.js';
import { QUEUE_WORDS } from '../failures/words.js';
import { requestOf, type OpsRequest } from '../http/request.js';
import { PATHS } from '../route.js';

/** bull-board uses inline styles and its own script files, and fetches nothing elsewhere. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "base-uri 'self'",
].join('; ');

/** Static files, named after a hash of their content. */
const HASHED = /^\/static\/(?:js|css)\/[\w./-]+$/;

/** Pure. Returns the role that a request needs: readers read, operators retry; null: no role may send it. */
export function requiredRole({ method, path }: Pick<Request, 'method' | 'path'>): Role | null {
  if (method === 'GET' || method === 'HEAD') return 'lecture';
  return parseRetryRequest(method, path) === null ? null : 'operateur';
}

/** Returns bull-board's handler, to be mounted at `/ops/queues` behind our sign-in. */
export function createQueuePages(pipeline: Pipeline): RequestHandler {
  const boards = { lecture: createBoard(pipeline, false), operateur: createBoard(pipeline, true) };
  return async (req, res, next) => {
    const retryRequest = parseRetryRequest(req.method, req.path);
    if (retryRequest !== null) return retry(requestOf(req), retryRequest);
    res.setHeader('Content-Security-Policy', POLICY);
    if (HASHED.test(req.path)) res.setHeader('Cache-Control', 'private, max-age=31536000, immutable');
    const query = boundedQuery(req.url);
    if (query === null) return void res.status(400).json({ error: 'query' });
    // The board parses exactly the query that was checked.
    req.url = query === '' ? req.path : `${req.path}?${query}`;
    return boards[requestOf(req).user.role](req, res, next);
  };
}

/** The board's query parameters and their bounds: a queue's failed jobs all at once would fill our memory. */
const PARAMETERS: readonly (readonly [names: readonly string[], bounds: RegExp])[] = [
  [['activeQueue', 'status', 'queueName', 'queue', 'root', 'metric', 'granularity'], /^[\w-]{1,40}$/],
  [['page'], /^[1-9]\d{0,5}$/],
  // The board's own list goes to 300.
  [['jobsPerPage'], /^(?:[1-9]\d?|[12]\d\d|300)$/],
  [['depth', 'maxChildren'], /^\d{1,2}$/],
  [['percentiles'], /^[\d.,]{1,40}$/],
  [['from', 'to'], /^\d{1,15}$/],
];

/**
 * Pure. Returns the query of a URL with its known parameters only.
 * @returns null when a known one is repeated or out of bounds
 */
export function boundedQuery(url: string): string | null {
  const at = url.indexOf('?');
  const query = new URLSearchParams();
  for (const [name, value] of new URLSearchParams(at === -1 ? '' : url.slice(at + 1))) {
    const [, bounds] = PARAMETERS.find(([names]) => names.includes(name)) ?? [];
    if (bounds === undefined || value === '') continue;
    if (query.has(name) || !bounds.test(value)) return null;
    query.set(name, value);
  }
  return query.toString();
}

const RETRY_ALL = /^\/api\/queues\/([^/]+)\/retry\/failed$/;
const RETRY_ONE = /^\/api\/queues\/([^/]+)\/([^/]+)\/retry$/;

/** Pure. Parses the two allowed writes; null: any other. `job` null: all jobs. `path` is below the mount. */
export function parseRetryRequest(method: string, path: string) {
  if (method !== 'PUT') return null;
  const [all, one] = [RETRY_ALL.exec(path), RETRY_ONE.exec(path)];
  const queue = QUEUES.find((name) => name === (all ?? one)?.[1]);
  if (queue === undefined) return null;
  if (all !== null) return { queue, job: null };
  try {
    return { queue, job: decodeURIComponent(one?.[2] ?? '') };
  } catch {
    return null;
  }
}

const NOT_FAILED = { error: { key: 'ERRORS.JOB_NOT_RETRIABLE', options: { state: 'autre' } } };

/** Retries jobs with their full attempts, and answers as the board expects. */
async function retry(
  request: OpsRequest,
  { queue, job }: NonNullable<ReturnType<typeof parseRetryRequest>>,
): Promise<void> {
  const { res } = request;
  if (job === null) {
    const replay = await startReplay(request, { queue });
    res.json({ retried: sentIn(replay), skipped: replay.left });
  } else if (await retryFailedJob(request, { queue, id: job })) res.status(204).end();
  else res.status(400).json(NOT_FAILED);
}

/**
 * Builds a read-only board over the queues, in French: it supports one language.
 * @param mayRetry whether its retry buttons are shown; `retry` serves them, not the board
 */
function createBoard({ queues }: Pick<Pipeline, 'queues'>, mayRetry: boolean): RequestHandler {
  const serverAdapter = new QuietAdapter();
  serverAdapter.setBasePath('/ops/queues');
  createBullBoard({
    queues: QUEUES.map((name) => maskedQueue(queues, name, mayRetry)),
    serverAdapter,
    options: {
      uiConfig: {
        boardTitle: 'Palier, files',
        locale: { lng: 'fr-FR' },
        miscLinks: [
          { text: 'Accueil', url: '/ops' },
          { text: 'Échecs', url: PATHS.failures },
        ],
        hideDocsLink: true,
        hideRedisDetails: true,
      },
      handlerHooks: {
        before: ({ method }) => ({ allow: method === 'get' }),
        after: (_, result) => ({ ...result, body: redacted(result.body) }),
      },
    },
  });
  const router: unknown = serverAdapter.getRouter();
  if (!isHandler(router)) throw new TypeError('bull-board returned no Express handler');
  return router;
}

const isHandler = (value: unknown): value is RequestHandler => typeof value === 'function';

function maskedQueue(queues: Pipeline['queues'], name: QueueName, mayRetry: boolean): BullMQAdapter {
  const adapter = new BullMQAdapter(queues[name], {
    readOnlyMode: !mayRetry,
    allowRetries: mayRetry,
    displayName: QUEUE_WORDS[name].name,
    description: name,
  });
  adapter.setFormatter('data', maskedData);
  adapter.setFormatter('returnValue', (value: unknown) => (value === null ? null : HIDDEN));
  adapter.setFormatter('progress', (value: unknown) => (typeof value === 'number' ? value : HIDDEN));
  adapter.setFormatter('name', ({ name: job }: { readonly name: string }) => shownText(job));
  return adapter;
}

/** The longest text that is shown: a stack trace. */
const MAX_CHARS = 4000;

/** Returns the board's answer without e-mail addresses, which any of its texts may hold. */
const redacted = (body: unknown): Record<string, unknown> =>
  z
    .record(z.string(), z.unknown())
    .parse(
      JSON.parse(JSON.stringify(body ?? {}), (_, value: unknown) =>
        typeof value === 'string' ? shownText(value, MAX_CHARS) : value,
      ),
    );

const LINK_OUT = /<link\b[^>]*\bhref="https?:[^>]*>/g;
const NO_SCRIPT =
  '<noscript><p>Cette page a besoin de JavaScript. <a href="/ops/echecs">Les échecs</a> s’en passent.</p></noscript>';

/** bull-board's Express adapter, without links to other sites or details in its errors. */
class QuietAdapter extends ExpressAdapter {
  constructor() {
    super();
    this.app.disable('x-powered-by').disable('etag');
  }

  /** The board's own errors would show messages of Redis. */
  override setErrorHandler(_handler: (error: Error) => ControllerHandlerReturnType): this {
    return super.setErrorHandler(() => ({
      status: 500,
      body: { error: { key: 'ERRORS.INTERNAL_SERVER_ERROR' } },
    }));
  }

  /** Serves the board's page in French, without its fonts from other sites. */
  override setEntryRoute(entry: AppViewRoute): ExpressAdapter {
    this.app.get(entry.route, (_req, res, next) => {
      const { name, params } = entry.handler({ basePath: this.basePath, uiConfig: this.uiConfig });
      res.render(name, params, (error: unknown, html: string) => {
        if (error !== null && error !== undefined) next(error);
        else res.type('html').send(frenchPage(html));
      });
    });
    return this;
  }
}

const frenchPage = (html: string): string =>
  html
    .replace('<html lang="en"', '<html lang="fr"')
    .replaceAll(LINK_OUT, '')
    .replace('<div id="root">', `${NO_SCRIPT}<div id="root">`);
