import type { Request, RequestHandler, Response } from 'express';
import type { Role } from '../../../config.js';
import { retryJob } from '../../../queue/enqueue.js';
import { QUEUES, type QueueName } from '../../../queue/jobs.js';
import { askForReplay, awaitReplay, sentIn } from '../../../queue/replay.js';
import type { Pipeline } from '../../../workers/pipeline.js';
import { userOf } from '../http/request.js';
import type { User } from '../parts/frame.js';
import { createBoard } from './board.js';

/** Its pages have inline styles; its scripts are files of its own, and nothing is fetched elsewhere. */
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

/** Static files, whose names change with their content. */
const HASHED = /^\/static\/(?:js|css)\/[\w./-]+$/;

/** Pure. All who are signed in see it, operators may retry, and nobody more (null). */
export function roleFor({ method, path }: Pick<Request, 'method' | 'path'>): Role | null {
  if (method === 'GET' || method === 'HEAD') return 'lecture';
  return retryRequestIn(method, path) === null ? null : 'operateur';
}

/** bull-board, to be mounted at `/ops/queues` behind our sign-in. */
export function createQueuePages(pipeline: Pipeline): RequestHandler {
  const boards = { lecture: createBoard(pipeline, false), operateur: createBoard(pipeline, true) };
  return async (req, res, next) => {
    const user = userOf(req);
    const asked = retryRequestIn(req.method, req.path);
    if (asked !== null) return retry(pipeline, asked, user, res);
    res.setHeader('Content-Security-Policy', POLICY);
    if (HASHED.test(req.path)) res.setHeader('Cache-Control', 'private, max-age=31536000, immutable');
    const query = boundedQuery(req.url);
    if (query === null) return void res.status(400).json({ error: 'query' });
    // The board parses the query that was checked, and no other reading of it.
    req.url = query === '' ? req.path : `${req.path}?${query}`;
    return boards[user.role](req, res, next);
  };
}

const WORD = /^[\w-]{1,40}$/;
const INSTANT = /^\d{1,15}$/;

/** What the board knows, and up to where: all failed jobs of a queue at once would fill our memory. */
const PARAMETERS: ReadonlyMap<string, RegExp> = new Map([
  ['activeQueue', WORD],
  ['status', WORD],
  ['page', /^[1-9]\d{0,5}$/],
  // The board's own list goes to 300.
  ['jobsPerPage', /^(?:[1-9]\d?|[12]\d\d|300)$/],
  ['queueName', WORD],
  ['queue', WORD],
  ['root', WORD],
  ['depth', /^\d{1,2}$/],
  ['maxChildren', /^\d{1,2}$/],
  ['metric', WORD],
  ['granularity', WORD],
  ['percentiles', /^[\d.,]{1,40}$/],
  ['from', INSTANT],
  ['to', INSTANT],
]);

/**
 * Pure. The known parameters of an address, written anew; others are left out.
 * @returns null when a known one is repeated or out of bounds
 */
export function boundedQuery(url: string): string | null {
  const at = url.indexOf('?');
  const kept = new URLSearchParams();
  for (const [name, value] of new URLSearchParams(at === -1 ? '' : url.slice(at + 1))) {
    const bounds = PARAMETERS.get(name);
    if (bounds === undefined || value === '') continue;
    if (kept.has(name) || !bounds.test(value)) return null;
    kept.set(name, value);
  }
  return kept.toString();
}

/** What the dashboard asks to send back to work. */
interface RetryRequest {
  readonly queue: QueueName;
  /** Null: all failed jobs of the queue. */
  readonly job: string | null;
}

const ALL = /^\/api\/queues\/([^/]+)\/retry\/failed$/;
const ONE = /^\/api\/queues\/([^/]+)\/([^/]+)\/retry$/;

/** Pure. The two writes that are allowed; null: any other. Paths are below the mount's. */
export function retryRequestIn(method: string, path: string): RetryRequest | null {
  if (method !== 'PUT') return null;
  const [all, one] = [ALL.exec(path), ONE.exec(path)];
  const queue = QUEUES.find((name) => name === (all ?? one)?.[1]);
  if (queue === undefined) return null;
  if (all !== null) return { queue, job: null };
  try {
    return { queue, job: decodeURIComponent(one?.[2] ?? '') };
  } catch {
    return null;
  }
}

/** What is done by then is answered as done; the rest goes on in the background. */
const WAIT_MS = 1500;

const NOT_FAILED = { error: { key: 'ERRORS.JOB_NOT_RETRIABLE', options: { state: 'autre' } } };

/** Answers the dashboard's two retry requests as it expects, with the full attempts. */
async function retry(pipeline: Pipeline, { queue, job }: RetryRequest, user: User, res: Response) {
  const { queues, log } = pipeline;
  if (job !== null) {
    const sent = await retryJob(queues[queue], job);
    log.info({ user: user.name, queue, job, sent }, 'failed job sent back to work');
    if (sent) res.status(204).end();
    else res.status(400).json(NOT_FAILED);
    return;
  }
  const filter = { queue, group: null, error: null, sinceMs: null };
  const id = await askForReplay(queues, { ...filter, by: user.name });
  log.info({ user: user.name, queue, replay: id }, 'failed jobs asked to be sent back');
  const limitMs = performance.now() + WAIT_MS;
  const replay = await awaitReplay(queues, id, () => performance.now() >= limitMs);
  res.json({ retried: sentIn(replay), skipped: replay.left });
}
