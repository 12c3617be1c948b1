import { createHash } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { RedisStore, type RedisReply } from 'rate-limit-redis';
import type { RedisConnection } from '../../../platform/redis.js';
import type { Vault } from '../../../platform/vault.js';
import { OpsProblem } from '../http/problem.js';
import { cookieOf, run, setCookie, type Exchange } from '../http/exchange.js';
import { foldName } from './sessions.js';

const QUARTER_MS = 15 * 60_000;
const HOUR_MS = 60 * 60_000;
/** A network address may be a whole office. */
const MAX_BY_ADDRESS = 30;
const MAX_BY_NAME_AND_ADDRESS = 10;
/** From everywhere, an hour: a stranger rarely reaches it, and guessing stops. */
const MAX_BY_NAME = 60;
const KNOWN_MS = 180 * 24 * HOUR_MS;

const addressOf = (req: Request): string => ipKeyGenerator(req.ip ?? '');

/** Counts failed sign-ins over all web processes. @param prefix of the keys; they hold no network address and no name */
export function createSignInLimits(redis: RedisConnection, prefix: string, vault: Vault) {
  const attempts = new WeakMap<Request, { readonly name: string; readonly isKnown: boolean }>();
  const nameOf = (req: Request): string => attempts.get(req)?.name ?? '';
  const limit = (what: string, windowMs: number, max: number, subjectOf: (req: Request) => string) =>
    rateLimit({
      windowMs,
      limit: max,
      keyGenerator: (req) => vault.fingerprint(subjectOf(req), `ops tries by ${what}`),
      store: createStore(redis, `${prefix}:tries:${what}:`),
      skip: (req) => what === 'name' && attempts.get(req)?.isKnown === true,
      skipSuccessfulRequests: true,
      standardHeaders: 'draft-7',
      legacyHeaders: false,
      // Its advice goes to the console; `trust proxy` and the tests settle what it looks for.
      validate: false,
      handler: (_req, _res, next) => next(new OpsProblem('too_many')),
    });
  const byBoth = (req: Request): string => `${nameOf(req)} ${addressOf(req)}`;
  const byAddress = limit('address', QUARTER_MS, MAX_BY_ADDRESS, addressOf);
  const byName: readonly RequestHandler[] = [
    limit('name-and-address', QUARTER_MS, MAX_BY_NAME_AND_ADDRESS, byBoth),
    limit('name', HOUR_MS, MAX_BY_NAME, nameOf),
  ];
  const markOf = (name: string): string => vault.fingerprint(foldName(name), 'ops known browser');
  return {
    /** @param name as it was typed; null: none was. @throws OpsProblem `too_many` */
    async check(exchange: Exchange, name: string | null): Promise<void> {
      const { req, res } = exchange;
      await run(byAddress, req, res);
      if (name === null) return;
      attempts.set(req, { name: foldName(name), isKnown: cookieOf(exchange, 'known') === markOf(name) });
      for (const one of byName) await run(one, req, res);
    },
    /** Marks a browser in which this name signed in: the limit by name alone spares it. */
    remember: (exchange: Exchange, name: string): void =>
      setCookie(exchange, 'known', markOf(name), KNOWN_MS),
  };
}

/**
 * Sends scripts whole, one key each: nothing is loaded while Redis is away, or on another server of a Cluster.
 * Nothing awaits a decrement, so its failure is dropped.
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

/** A password takes 32 MiB and a thread of a process that also takes notices. */
const AT_ONCE = 2;
const WAITING = 20;
const RETRY_AFTER_S = 60;

/** Runs some at a time, lets a few more wait, and refuses the rest. @throws OpsProblem `busy`, from the gate */
export function createGate(atOnce = AT_ONCE, waiting = WAITING) {
  let inside = 0;
  const queue: (() => void)[] = [];
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (inside < atOnce) inside += 1;
    else if (queue.length >= waiting) throw new OpsProblem('busy', RETRY_AFTER_S);
    // Who leaves hands over the place.
    else await new Promise<void>((resolve) => queue.push(resolve));
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next === undefined) inside -= 1;
      else next();
    }
  };
}
