import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import type { RedisConnection } from '../../../platform/redis.js';
import type { Vault } from '../../../platform/vault.js';
import { run } from '../http/form.js';
import { OpsProblem } from '../http/problem.js';
import type { Visit } from '../http/visit.js';
import { createCounter } from './counter.js';

/** Goes on, or throws OpsProblem `too_many`. What then fails is counted, what succeeds is not. */
export type Limits = (visit: Visit) => Promise<void>;

const WINDOW_MS = 15 * 60_000;
/** One address of the network may be a whole office. */
const MAX_BY_ADDRESS = 30;
/** From everywhere together: guesses at one account may come from anywhere. */
const MAX_BY_NAME = 10;

/** @param prefix of the keys; they hold no network address and no name */
export function createLimits(redis: RedisConnection, prefix: string, vault: Vault): Limits {
  const limit = (what: string, max: number, whom: (req: Request) => string): RequestHandler =>
    rateLimit({
      windowMs: WINDOW_MS,
      limit: max,
      keyGenerator: (req) => vault.fingerprint(whom(req), `ops tries by ${what}`),
      store: createCounter(redis, `${prefix}:tries:${what}`, WINDOW_MS),
      skipSuccessfulRequests: true,
      standardHeaders: 'draft-7',
      legacyHeaders: false,
      // Its advice goes to the console; what it looks for is settled by `trust proxy` and the tests.
      validate: false,
      handler: (_req, _res, next) => next(new OpsProblem('too_many')),
    });
  const names = new WeakMap<Request, string>();
  const byAddress = limit('address', MAX_BY_ADDRESS, (req) => ipKeyGenerator(req.ip ?? ''));
  const byName = limit('name', MAX_BY_NAME, (req) => names.get(req) ?? '');
  return async ({ req, res, form }) => {
    await run(byAddress, req, res);
    const name = form.get('name');
    if (name === null) return;
    names.set(req, name.trim().normalize('NFC').toLowerCase());
    await run(byName, req, res);
  };
}
