import type { RequestHandler, Response } from 'express';
import type { Mount } from '../route.js';
import { askedThere } from './asked.js';
import { createBoard } from './board.js';
import { retryThere } from './retry.js';
import { QUEUES_NAV } from './words.js';

/**
 * The dashboard's pages come with styles of their own in attributes; their scripts are files of theirs.
 * Nothing is fetched from elsewhere, the fonts that they ask Google for least of all.
 */
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

/** Their names change with what is in them. */
const LASTING = /^\/static\/(?:js|css)\/[\w./-]+$/;
const KEEP = 'private, max-age=31536000, immutable';

/** The dashboard's own list goes to 300. */
const MAX_JOBS = 300;

/** bull-board at `/ops/queues`: everybody sees it, operators may send again, and nobody anything else. */
export const QUEUES_MOUNT: Mount = {
  name: 'queues',
  path: '/queues',
  nav: QUEUES_NAV,
  role: 'lecture',
  mayWrite: (method, path) => (askedThere(method, path) === null ? 'nobody' : 'operateur'),
  build(pipeline, whoOf): RequestHandler {
    const boards = { lecture: createBoard(pipeline, false), operateur: createBoard(pipeline, true) };
    return async (req, res, next) => {
      const user = whoOf(req);
      const asked = askedThere(req.method, req.path);
      if (asked !== null) return retryThere(pipeline, asked, user, res);
      setHeaders(req.path, res);
      if (asksForTooMany(req.url)) return void res.status(400).json({ error: 'jobsPerPage' });
      return boards[user.role](req, res, next);
    };
  },
};

function setHeaders(path: string, res: Response): void {
  res.setHeader('Content-Security-Policy', POLICY);
  if (LASTING.test(path)) res.setHeader('Cache-Control', KEEP);
}

/** All the failed jobs of a queue in one answer would be more than this process can hold. */
const asksForTooMany = (url: string): boolean =>
  new URLSearchParams(url.split('?')[1] ?? '')
    .getAll('jobsPerPage')
    .some((asked) => Number(asked) > MAX_JOBS);
