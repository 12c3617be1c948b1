import type { Request, RequestHandler, Response } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { RedisStore, type RedisReply } from 'rate-limit-redis';
import type { RedisConnection } from '../../../platform/redis.js';
import type { Vault } from '../../../platform/vault.js';
import { OpsProblem } from '../http/problem.js';
import { foldName } from './sessions.js';

const QUARTER_MS = 15 * 60_000;
const HOUR_MS = 60 * 60_000;

const networkOf = (req: Request): string => ipKeyGenerator(req.ip ?? '');

/** Counts failed sign-ins over all web processes. @param prefix of the keys; they hold no network address and no name */
export function createSignInLimits(redis: RedisConnection, prefix: string, vault: Vault) {
  const names = new WeakMap<Request, string>();
  const nameOf = (req: Request): string => names.get(req) ?? '';
  const limit = (what: string, windowMs: number, max: number, subjectOf: (req: Request) => string) =>
    rateLimit({
      windowMs,
      limit: max,
      keyGenerator: (req) => vault.fingerprint(subjectOf(req), `ops tries by ${what}`),
      store: createStore(redis, `${prefix}:tries:${what}:`),
      skipSuccessfulRequests: true,
      standardHeaders: 'draft-7',
      legacyHeaders: false,
      // Its advice goes to the console; `trust proxy` and the tests settle what it looks for.
      validate: false,
      handler: (_req, _res, next) => next(new OpsProblem('too_many')),
    });
  // A network address may be a whole office.
  const byNetwork = limit('address', QUARTER_MS, 30, networkOf);
  const byBoth = limit('name-and-address', QUARTER_MS, 10, (req) => `${nameOf(req)} ${networkOf(req)}`);
  // From everywhere: a stranger rarely reaches it, and guessing stops.
  const byName = limit('name', HOUR_MS, 60, nameOf);
  return {
    /**
     * @param name as it was typed; null: none was
     * @param isKnown the name signed in from this browser before: the limit by name alone spares it
     * @throws OpsProblem `too_many`
     */
    async check(req: Request, res: Response, name: string | null, isKnown = false): Promise<void> {
      await run(byNetwork, req, res);
      if (name === null) return;
      names.set(req, foldName(name));
      await run(byBoth, req, res);
      if (!isKnown) await run(byName, req, res);
    },
    /** Kept in a browser in which this name signed in. */
    markOf: (name: string): string => vault.fingerprint(foldName(name), 'ops known browser'),
  };
}

/** A middleware as a promise. */
const run = (handler: RequestHandler, req: Request, res: Response): Promise<void> =>
  new Promise((resolve, reject) => {
    const next = (error?: unknown): void => (error === undefined ? resolve() : reject(error));
    void Promise.resolve(handler(req, res, next)).catch(reject);
  });

/**
 * Sends scripts whole, one key each: nothing is loaded while Redis is away, or on another server of a Cluster.
 * Nothing awaits a decrement, so its failure is dropped.
 */
const createStore = (redis: RedisConnection, prefix: string): RedisStore =>
  new RedisStore({
    prefix,
    async sendCommand(command: string, ...args: string[]): Promise<RedisReply> {
      const [first = '', second = '1', ...rest] = args;
      if (command === 'DECR') return redis.decr(first).catch(() => 0);
      // `SCRIPT LOAD`: the text itself stands for its hash.
      if (command === 'SCRIPT') return second;
      const reply: unknown = await redis.eval(first, Number(second), ...rest);
      return Array.isArray(reply) ? reply.map(Number) : Number(reply);
    },
  });

/** A password takes 32 MiB and a thread of a process that also takes notices. */
const WAITING = 20;

/** Runs one after the other, and refuses those who would wait behind many. @throws OpsProblem `busy`, from the gate */
export function createGate(waiting = WAITING) {
  let inside = 0;
  let last: Promise<unknown> = Promise.resolve();
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (inside > waiting) throw new OpsProblem('busy', 60);
    inside += 1;
    const mine = last.then(work).finally(() => (inside -= 1));
    last = mine.catch(() => undefined);
    return mine;
  };
}
