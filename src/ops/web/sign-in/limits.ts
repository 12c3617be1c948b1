import { createHash } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { RedisStore, type RedisReply } from 'rate-limit-redis';
import type { RedisConnection } from '../../../platform/redis.js';
import type { Vault } from '../../../platform/vault.js';
import { cookieOf, KNOWN_COOKIE, setCookie } from '../http/cookies.js';
import { run } from '../http/form.js';
import { OpsProblem } from '../http/problem.js';
import type { Visit } from '../http/visit.js';
import { foldName } from '../session/accounts.js';

/** Counts failed sign-ins over all web processes; what succeeds is not counted. */
export interface SignInLimits {
  /** @throws OpsProblem `too_many` */
  require(visit: Visit): Promise<void>;
  /** Marks a browser in which this name signed in: the limit by name alone does not apply to it. */
  remember(visit: Visit, name: string): void;
}

const QUARTER_MS = 15 * 60_000;
const HOUR_MS = 60 * 60_000;
/** A network address may be a whole office. */
const MAX_BY_ADDRESS = 30;
const MAX_BY_NAME_AND_ADDRESS = 10;
/** From everywhere, an hour: high enough that a stranger rarely reaches it, low enough to stop guessing. */
const MAX_BY_NAME = 60;
const KNOWN_MS = 180 * 24 * HOUR_MS;

interface Attempt {
  readonly name: string;
  readonly isKnown: boolean;
}

const addressOf = (req: Request): string => ipKeyGenerator(req.ip ?? '');

/** @param prefix of the keys; they hold no network address and no name */
export function createSignInLimits(redis: RedisConnection, prefix: string, vault: Vault): SignInLimits {
  const attempts = new WeakMap<Request, Attempt>();
  const nameOf = (req: Request): string => attempts.get(req)?.name ?? '';
  const limit = (what: string, windowMs: number, max: number, whom: (req: Request) => string) =>
    rateLimit({
      windowMs,
      limit: max,
      keyGenerator: (req) => vault.fingerprint(whom(req), `ops tries by ${what}`),
      store: createStore(redis, `${prefix}:tries:${what}:`),
      skip: (req) => what === 'name' && attempts.get(req)?.isKnown === true,
      skipSuccessfulRequests: true,
      standardHeaders: 'draft-7',
      legacyHeaders: false,
      // Its advice goes to the console; what it looks for is settled by `trust proxy` and the tests.
      validate: false,
      handler: (_req, _res, next) => next(new OpsProblem('too_many')),
    });
  const byAddress = limit('address', QUARTER_MS, MAX_BY_ADDRESS, addressOf);
  const byName: readonly RequestHandler[] = [
    limit(
      'name-and-address',
      QUARTER_MS,
      MAX_BY_NAME_AND_ADDRESS,
      (req) => `${nameOf(req)} ${addressOf(req)}`,
    ),
    limit('name', HOUR_MS, MAX_BY_NAME, nameOf),
  ];
  const markOf = (name: string): string => vault.fingerprint(foldName(name), 'ops known browser');
  return {
    async require({ req, res, form }) {
      await run(byAddress, req, res);
      const name = form.get('name');
      if (name === null) return;
      attempts.set(req, { name: foldName(name), isKnown: cookieOf(req, KNOWN_COOKIE) === markOf(name) });
      for (const one of byName) await run(one, req, res);
    },
    remember: ({ req, res }, name) => setCookie(req, res, KNOWN_COOKIE, markOf(name), { maxAgeMs: KNOWN_MS }),
  };
}

/**
 * Sends scripts whole, one key each: nothing is loaded when Redis may be away, or on another server of a
 * Cluster. Nothing awaits a decrement, so its failure is dropped.
 */
function createStore(redis: RedisConnection, prefix: string): RedisStore {
  const scripts = new Map<string, string>();
  return new RedisStore({
    prefix,
    async sendCommand(command: string, ...args: string[]): Promise<RedisReply> {
      if (command === 'DECR') return redis.decr(args[0] ?? '').catch(() => 0);
      if (command === 'SCRIPT') {
        const [, script = ''] = args;
        const sha = createHash('sha1').update(script).digest('hex');
        scripts.set(sha, script);
        return sha;
      }
      const [sha = '', keys = '1', ...rest] = args;
      const reply: unknown = await redis.eval(scripts.get(sha) ?? '', Number(keys), ...rest);
      return Array.isArray(reply) ? reply.map(Number) : Number(reply);
    },
  });
}
