import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { inspect } from 'node:util';
import { asBadgeId, asClientId, asEventId, type ClientId } from '../../src/ids.js';
import { createObf, type Obf, type ObfOptions } from '../../src/obf/obf.js';
import type { ObfAccount } from '../../src/obf/account.js';
import { createVault } from '../../src/platform/vault.js';
import { startSandbox, type Sandbox, type ReceivedCall } from '../../src/sandbox/server.js';
import type { SandboxOptions } from '../../src/sandbox/world.js';
import { testRedis, type TestRedis } from '../support/redis.js';

export const P1 = asClientId('P1');
export const B1 = asBadgeId('B1');
export const NO_EVENT = asEventId('E0');
export const SECRET = 'topsecret_of_P1';
export const vault = createVault(Buffer.alloc(32, 7));

/** OBF's ten seconds, shortened. */
export const SPACING_MS = 300;
/** Patience as it is in production: a busy machine may stand still for seconds. */
const TUNING = { tokenSpacingMs: SPACING_MS };

export interface Bench {
  readonly sandbox: Sandbox;
  readonly redis: TestRedis;
  /** Another process, as it were: its own client on the same Redis. Closed with the bench. */
  obf(options?: Partial<ObfOptions>): Obf;
  /** The account of P1 in another process. */
  account(options?: Partial<ObfOptions>): ObfAccount;
  /** From here on as in a Redis that knows nothing. */
  fresh(): void;
  calls(route: string): readonly ReceivedCall[];
  close(): Promise<void>;
}

export async function openBench(options: SandboxOptions = {}): Promise<Bench> {
  const sandbox = await startSandbox({ tokenEveryMs: SPACING_MS, maxRps: null, ...options });
  sandbox.addClient({ id: 'P1', secret: SECRET, name: 'Mission locale' });
  for (const id of ['B1', 'B2']) sandbox.addBadge({ clientId: 'P1', id, name: `Badge ${id}` });
  const redis = await testRedis();
  const opened: Obf[] = [];
  let generation = 0;
  const obf: Bench['obf'] = (more = {}) => {
    const one = createObf({ ...optionsFor(sandbox.url, redis, generation), ...more });
    opened.push(one);
    return one;
  };
  return {
    sandbox,
    redis,
    obf,
    account: (more) => accountOf(obf(more)),
    fresh: () => {
      generation += 1;
    },
    calls: (route) => sandbox.calls.filter((call) => call.route === route),
    close: async () => {
      for (const one of opened) one.close();
      await sandbox.close();
      await redis.close();
    },
  };
}

export const optionsFor = (baseUrl: string, redis: TestRedis, generation = 0): ObfOptions => ({
  baseUrl,
  maxRps: 500,
  redis: redis.connection,
  prefix: `${redis.prefix}:${generation}`,
  vault,
  secrets: new Map([[P1, SECRET]]),
  tuning: TUNING,
});

export function accountOf(obf: Obf, clientId: ClientId = P1): ObfAccount {
  const account = obf.account(clientId);
  if (account === null) throw new Error('no API key');
  return account;
}

const stubs = new Set<Stub>();

/** For `afterAll`: a test that failed has not closed its own. */
export const closeStubs = async (): Promise<void> => {
  await Promise.all([...stubs].map((stub) => stub.close()));
};

export interface Stub {
  readonly url: string;
  /** `GET /path` of each call, tokens aside. */
  readonly seen: string[];
  close(): Promise<void>;
}

/** A server that gives tokens, and does as it likes with everything else. */
export async function openStub(answer: RequestListener, token = () => TOKEN): Promise<Stub> {
  const seen: string[] = [];
  const server = createServer((req, res) => {
    if (req.url?.endsWith('/oauth2/token') === true)
      return void res.end(JSON.stringify({ access_token: token(), expires_in: 3600 }));
    seen.push(`${req.method} ${req.url}`);
    return answer(req, res);
  }).listen(0, '127.0.0.1');
  // However busy the machine is, a connection is there for the next call.
  server.keepAliveTimeout = 60_000;
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  const stub: Stub = {
    url: `http://127.0.0.1:${address.port}`,
    seen,
    close: async () => {
      if (!stubs.delete(stub)) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  stubs.add(stub);
  return stub;
}

/** The token of every stub. */
export const TOKEN = 'tok-0123456789-abcdef';

/** The error that a call ends with. @throws when it ends well */
export async function errorOf(call: Promise<unknown>): Promise<Error> {
  try {
    await call;
  } catch (error) {
    return error as Error;
  }
  throw new Error('no error at all');
}

/** Everything that a careless logger could print of it. */
export const everythingOf = (error: Error): string =>
  `${inspect(error, { showHidden: true, depth: Infinity, getters: true })}${error.stack}${JSON.stringify(error)}`;

export const MAIL = 'Jean.Dupont@example.org';
export const issueTo = (email: string = MAIL) => ({
  badgeId: B1,
  recipients: [{ email, name: 'Jean Dupont' }],
  issuedOnS: 1_740_787_200,
  sendEmail: true,
  logEntry: { award: 'communiquer-1' },
});
