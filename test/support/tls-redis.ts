import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { command } from '../../src/sandbox/processes.js';
import { findRedis } from '../../src/sandbox/redis/find.js';
import {
  RedisDidNotStart,
  runRedis,
  runServer,
  type RedisProcess,
  type RedisSettings,
} from '../../src/sandbox/redis/run.js';
import { CACHE_DIR, TEST_DATA_DIR } from './folders.js';
import { steadyPort } from './ports.js';

/** What stands in `REDIS_URL`, and must not be told. Its signs are those that an address has a use for. */
export const USER = 'palier';
export const PASSWORD = 'mot de passe/à:part@';

/** Redis as a host sells it: TLS with a certificate of its own authority, a named user, nobody else let in. */
export interface TlsRedis {
  /** What makes its certificate believed: `NODE_EXTRA_CA_CERTS`. */
  readonly caFile: string;
  /** Of a `REDIS_URL`, by the password that is given. */
  readonly urls: Readonly<Record<'single' | 'cluster' | 'sentinel', (password: string) => string>>;
  /** Where a fault is told to be. */
  readonly hosts: Readonly<Record<'single' | 'cluster' | 'sentinel', string>>;
  stop(): Promise<void>;
}

/** Null: the Redis of this machine was built without TLS, or there is no `openssl`. */
export async function tlsRedis(): Promise<TlsRedis | null> {
  await mkdir(TEST_DATA_DIR, { recursive: true });
  const dir = await mkdtemp(join(TEST_DATA_DIR, 'tls-'));
  const running: RedisProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((one) => one.kill()));
    await rm(dir, { recursive: true, force: true });
  };
  try {
    return { ...(await startAll(dir, (one) => running.push(one))), stop };
  } catch (error) {
    await stop();
    if (isLack(error)) return null;
    throw error;
  }
}

/** Node's own errors are no instances of the `Error` that jest gives a test. */
const isLack = (error: unknown): boolean =>
  error instanceof RedisDidNotStart
    ? /tls-port|Bad directive/i.test(error.output)
    : typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';

async function startAll(dir: string, keep: (one: RedisProcess) => void): Promise<Omit<TlsRedis, 'stop'>> {
  const caFile = await makeCertificate(dir);
  const binary = await findRedis({ cacheDir: CACHE_DIR, log: () => {} });
  const server = async (name: string, more: RedisSettings): Promise<Ports> => {
    const [plain, tls] = [await steadyPort(), await steadyPort()];
    const place = join(dir, name);
    await mkdir(place);
    keep(await runRedis(binary, plain, place, { 'tls-port': String(tls), ...certificate(dir), ...more }));
    return { plain, tls };
  };
  const [single, master] = [await server('single', {}), await server('master', {})];
  const cluster = await server('cluster', {
    'cluster-enabled': 'yes',
    'cluster-announce-ip': '127.0.0.1',
    'tls-cluster': 'yes',
  });
  await admin(cluster.plain, ['CLUSTER', 'ADDSLOTSRANGE', '0', '16383']);
  for (const { plain } of [single, master, cluster]) await letInOneUser(plain);
  const [plain, sentinel] = [await steadyPort(), await steadyPort()];
  const file = join(dir, 'sentinel.conf');
  await writeFile(file, sentinelSettings(dir, { plain, tls: sentinel }, master.tls));
  keep(await runServer(binary, [file, '--sentinel']));
  const access = (password: string): string => `${USER}:${encodeURIComponent(password)}@`;
  // One node, named twice: several are what makes an address a cluster's.
  const nodes = [`localhost:${cluster.tls}`, `127.0.0.1:${cluster.tls}`];
  return {
    caFile,
    urls: {
      single: (password) => `rediss://${access(password)}localhost:${single.tls}`,
      cluster: (password) => nodes.map((node) => `rediss://${access(password)}${node}`).join(','),
      sentinel: (password) => `rediss-sentinel://${access(password)}localhost:${sentinel}/maitre`,
    },
    hosts: {
      single: `localhost:${single.tls}`,
      cluster: nodes.join(', '),
      sentinel: `sentinel maitre: localhost:${sentinel}`,
    },
  };
}

interface Ports {
  readonly plain: number;
  readonly tls: number;
}

/** Its own authority, made out to this machine. */
async function makeCertificate(dir: string): Promise<string> {
  const caFile = join(dir, 'server.crt');
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const files = ['-keyout', join(dir, 'server.key'), '-out', caFile];
  await command('openssl', ['req', '-x509', '-days', '2', ...key, ...names, ...files]);
  return caFile;
}

const certificate = (dir: string): RedisSettings => ({
  'tls-cert-file': join(dir, 'server.crt'),
  'tls-key-file': join(dir, 'server.key'),
  'tls-ca-cert-file': join(dir, 'server.crt'),
  'tls-auth-clients': 'no',
});

const sentinelSettings = (dir: string, { plain, tls }: Ports, masterPort: number): string =>
  [
    `port ${plain}`,
    `tls-port ${tls}`,
    'bind 127.0.0.1',
    `dir "${dir}"`,
    'tls-replication yes',
    ...Object.entries(certificate(dir)).map(([name, value]) => `${name} "${value}"`),
    `sentinel monitor maitre 127.0.0.1 ${masterPort} 1`,
    `sentinel auth-user maitre ${USER}`,
    `sentinel auth-pass maitre "${PASSWORD}"`,
    '',
  ].join('\n');

/** After it nobody is let in without a name. */
async function letInOneUser(port: number): Promise<void> {
  await admin(
    port,
    ['ACL', 'SETUSER', USER, 'on', `>${PASSWORD}`, '~*', '&*', '+@all'],
    ['ACL', 'SETUSER', 'default', 'off'],
  );
}

async function admin(port: number, ...commands: readonly (readonly [string, ...string[]])[]): Promise<void> {
  const redis = new Redis(port);
  for (const [name, ...args] of commands) await redis.call(name, ...args);
  redis.disconnect();
}
