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

/** Limits failed sign-ins across all web processes. @param prefix of Redis keys, which hold no IP address or name */
export function createSignInLimits(redis: RedisConnection, prefix: string, vault: Vault) {
  const nameByRequest = new WeakMap<Request, string>();
  const nameOf = (req: Request): string => nameByRequest.get(req) ?? '';
  const limit = (kind: string, windowMs: number, max: number, subjectOf: (req: Request) => string) =>
    rateLimit({
      windowMs,
      limit: max,
      keyGenerator: (req) => vault.fingerprint(subjectOf(req), `ops tries by ${kind}`),
      store: createStore(redis, `${prefix}:tries:${kind}:`),
      skipSuccessfulRequests: true,
      standardHeaders: 'draft-7',
      legacyHeaders: false,
      // Its checks warn on the console; `trust proxy` and our tests cover them.
      validate: false,
      handler: (_req, _res, next) => next(new OpsProblem('too_many')),
    });
  // A whole office may share one IP address.
  const byNetwork = limit('address', QUARTER_MS, 30, networkOf);
  const byBoth = limit('name-and-address', QUARTER_MS, 10, (req) => `${nameOf(req)} ${networkOf(req)}`);
  // Across all networks: it stops guessing, and a stranger rarely reaches it to lock the user out.
  const byName = limit('name', HOUR_MS, 60, nameOf);
  return {
    /**
     * Checks an attempt, and counts it unless it succeeds.
     * @param name as it was typed; null: signing in at the provider
     * @param isKnown this name signed in from this browser before, so the limit by name does not apply
     * @throws OpsProblem `too_many`
     */
    async check(req: Request, res: Response, name: string | null, isKnown = false): Promise<void> {
      await runMiddleware(byNetwork, req, res);
      if (name === null) return;
      nameByRequest.set(req, foldName(name));
      await runMiddleware(byBoth, req, res);
      if (!isKnown) await runMiddleware(byName, req, res);
    },
    /** Returns the mark stored in a browser from which this name signed in. */
    markOf: (name: string): string => vault.fingerprint(foldName(name), 'ops known browser'),
  };
}

/** Runs a middleware. @throws the error that it passes to `next` */
const runMiddleware = (handler: RequestHandler, req: Request, res: Response): Promise<void> =>
  new Promise((resolve, reject) => {
    const next = (error?: unknown): void => (error === undefined ? resolve() : reject(error));
    void Promise.resolve(handler(req, res, next)).catch(reject);
  });

/**
 * Sends each script's text, with one key: `SCRIPT LOAD` fails while Redis is away, and reaches one Cluster node.
 * The library awaits no decrement, so its failure is ignored.
 */
const createStore = (redis: RedisConnection, prefix: string): RedisStore =>
  new RedisStore({
    prefix,
    async sendCommand(command: string, ...args: string[]): Promise<RedisReply> {
      const [first = '', second = '1', ...rest] = args;
      if (command === 'DECR') return redis.decr(first).catch(() => 0);
      // `SCRIPT LOAD`: the text is returned in place of its hash.
      if (command === 'SCRIPT') return second;
      const reply: unknown = await redis.eval(first, Number(second), ...rest);
      return Array.isArray(reply) ? reply.map(Number) : Number(reply);
    },
  });

/** How many password checks wait: each takes 32 MiB and a thread of a process that also receives notices. */
const MAX_WAITING = 20;

/** Returns a gate that runs work one at a time. The gate throws OpsProblem `busy` when too many wait. */
export function createGate(maxWaiting = MAX_WAITING) {
  let pending = 0;
  let last: Promise<unknown> = Promise.resolve();
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (pending > maxWaiting) throw new OpsProblem('busy', 60);
    pending += 1;
    const result = last.then(work).finally(() => (pending -= 1));
    last = result.catch(() => undefined);
    return result;
  };
}
