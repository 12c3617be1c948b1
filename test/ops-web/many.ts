import { cpus } from 'node:os';
import { join } from 'node:path';
import { asClientId, type EarnerKey } from '../../src/ids.js';
import { secondsOf } from '../../src/platform/clock.js';
import { createLogger } from '../../src/platform/logger.js';
import { closeRedis, openConsumer } from '../../src/platform/redis.js';
import { earnerKeyOf } from '../../src/portfolio/earner-key.js';
import { DEFAULT_PREFIX } from '../../src/queue/names.js';
import { planForOps } from '../../src/workers/plan-job.js';
import { wirePipeline } from '../../src/workers/wire.js';
import { classOf } from '../audit/support.js';
import { findAddresses } from '../browser/support/addresses.js';
import { scaleWorld, schemeOfConfig, type ScaleWorld } from '../scale/world.js';
import { ownRedis } from '../support/own-redis.js';
import { startLine } from '../support/processes.js';
import { until } from '../support/until.js';
import { signedIn, type Browser } from './support/browser.js';
import { putFailed } from './support/failed-jobs.js';
import { OPERATOR } from './support/people.js';

/**
 * `npm run build && npx tsx test/ops-web/many.ts [earners] [failed jobs]`: fills a Redis of its own with so
 * many people (300 000) and failed jobs (100 000), an entry of the account for each person, and a plan of
 * them all; starts the web process, asks for each page again and again, and says how long an answer takes.
 * It holds itself to 300 ms for 19 answers of 20; other work on the machine counts against it.
 */
const LIMIT_MS = 300;
const ROUNDS = 40;
/** Two operators at once. */
const AT_ONCE = 2;
const CLASS_SIZE = 500;
const REASONS = [
  'OBF GET event: 404 Not Found',
  'OBF POST issue: 404 Not Found',
  'OBF POST token: refused a moment ago: check the API key of client',
];

async function main(): Promise<void> {
  const [earners = 300_000, failed = 100_000] = process.argv.slice(2).map(Number);
  const redis = await ownRedis();
  try {
    say(`filling a Redis with ${earners} earners and ${failed} failed jobs...`);
    const world = await scaleWorld(redis.url, earners);
    await fillMore(redis.url, world, earners, failed);
    const slow = await withWeb(world, async (origin) => measureAll(origin, world, failed));
    await world.close();
    process.exitCode = slow === 0 ? 0 : 1;
  } finally {
    await redis.stop();
  }
}

/** What the pages tell of besides people: failed jobs, the account, and a plan. */
async function fillMore(url: string, world: ScaleWorld, earners: number, failed: number): Promise<void> {
  const connection = openConsumer({ kind: 'single', url });
  const scheme = schemeOfConfig();
  const clients = scheme.partners.map(({ clientId }) => clientId);
  const nowMs = Date.now();
  await putFailed(
    { connection, prefix: DEFAULT_PREFIX },
    Array.from({ length: failed }, (_, at) => {
      const [clientId, eventId] = [clients[at % clients.length] ?? '', `F${at}`];
      const reason = REASONS[at % REASONS.length] ?? '';
      return {
        id: `issued.${clientId}.${eventId}`,
        reason: reason.endsWith('client') ? `${reason} ${clientId}` : reason,
        failedMs: nowMs - 1000 * (failed - at),
        data: { kind: 'event', clientId, eventId, source: 'webhook' },
      };
    }),
  );
  const { pipeline, close } = wirePipeline({
    config: {
      obfBaseUrl: 'http://127.0.0.1:9',
      obfClientId: asClientId('REGION'),
      obfClientSecret: 'region',
      obfMaxRps: 8,
      palierKey: Buffer.from(world.env['PALIER_KEY'] ?? '', 'base64'),
    },
    scheme,
    secrets: new Map(),
    redis: connection,
    log: createLogger('silent', 'many'),
  });
  const awards = scheme.awards.slice(0, 9);
  for (let from = 0; from < earners; from += CLASS_SIZE) {
    const award = awards[(from / CLASS_SIZE) % awards.length];
    const atS = secondsOf(Date.now) - Math.floor(((earners - from) / earners) * 700 * 86_400);
    const part = { atS, award: award?.id ?? null, badgeId: award?.badgeId ?? null };
    await pipeline.audit.write(
      classOf(Math.min(CLASS_SIZE, earners - from), part).map((entry, at) => ({
        ...entry,
        earner: keyOf(world, from + at),
      })),
    );
  }
  await planForOps(pipeline, null, new AbortController().signal);
  await close();
  closeRedis(connection);
}

/** As `fill` makes them up. */
const addressOf = (at: number): string => `personne.${at}@example.org`;
const keyOf = (world: ScaleWorld, at: number): EarnerKey => earnerKeyOf(world.vault, addressOf(at));

async function withWeb<T>(world: ScaleWorld, work: (origin: string) => Promise<T>): Promise<T> {
  const web = startLine('web', {
    ...world.env,
    PORT: '0',
    PALIER_CONFIG: join(world.cwd, 'config'),
    WEBHOOK_BASIC: 'a:b',
    OPS_USERS: `${OPERATOR.name}:${OPERATOR.hash}:operateur`,
    OBF_BASE_URL: 'http://127.0.0.1:9',
    LOG_LEVEL: 'info',
  });
  try {
    const started = (): RegExpExecArray | null => /"port":(\d+).*"msg":"web started"/.exec(web.output());
    const [, port = ''] = await until(started, 'a port of the web process', 20_000);
    return await work(`http://127.0.0.1:${port}`);
  } finally {
    await web.stop();
  }
}

/** Asks for each page; resolves with how many of them are too slow. */
async function measureAll(origin: string, world: ScaleWorld, failed: number): Promise<number> {
  const browser = await signedIn(origin, OPERATOR);
  const total = failed.toLocaleString('fr-FR');
  const first = await timed(() => browser.get('/ops/echecs'));
  say(
    `${String(Math.round(first)).padStart(6)} ms  /ops/echecs, the very first time, while they are counted`,
  );
  const told = `(${total} travaux)`;
  await until(async () => (await browser.get('/ops/echecs')).html.includes(told), told, 60_000);

  const pages = new Map(
    (await findAddresses({ opsUrl: `${origin}/ops` })).map((one) => [one.path, one.path]),
  );
  pages.set('a person', `/ops/personne/${keyOf(world, 7)}`);
  pages.set('the last page of a group', '/ops/echecs/cause/evenement?page=20');
  pages.set('the oldest of the account', '/ops/journal?fin=');
  pages.set('one person of the account', `/ops/journal?personne=${keyOf(world, 7)}`);
  pages.set('all that failed, asked about', '/ops/echecs/renvoyer?tout=1');
  const asks = [...pages].map(([name, path]) => ({ name, ask: () => ask(browser, path) }));
  asks.push({ name: 'a search for an address', ask: () => search(browser, addressOf(11)) });

  say(`${cpus().length} cores, ${cpus()[0]?.model ?? ''}, Node ${process.version}`);
  say('   p50    p95 ms');
  let slow = 0;
  for (const { name, ask: once } of asks) {
    const times = await timesOf(once);
    const [half, most] = [quantile(times, 0.5), quantile(times, 0.95)];
    const isSlow = most >= LIMIT_MS;
    slow += Number(isSlow);
    say(
      `${half.toFixed(0).padStart(6)} ${most.toFixed(0).padStart(6)}  ${name}${isSlow ? '  TOO SLOW' : ''}`,
    );
  }
  return slow;
}

async function ask(browser: Browser, path: string): Promise<void> {
  const { status } = await browser.get(path);
  if (status !== 200) throw new Error(`${path} was answered ${status}`);
}

/** From the form to the person's page. */
async function search(browser: Browser, address: string): Promise<void> {
  const found = await browser.follow(await browser.post('/ops/personne', { who: address }));
  if (!/\/ops\/personne\/[\w-]+$/.test(found.url) || found.status !== 200)
    throw new Error(`The search ended at ${found.url}, ${found.status}`);
}

async function timesOf(once: () => Promise<void>): Promise<readonly number[]> {
  await once();
  const times: number[] = [];
  for (let round = 0; round < ROUNDS / AT_ONCE; round += 1)
    times.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => timed(once)))));
  return times;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

const quantile = (times: readonly number[], share: number): number =>
  times.toSorted((a, b) => a - b)[Math.ceil(times.length * share) - 1] ?? 0;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
