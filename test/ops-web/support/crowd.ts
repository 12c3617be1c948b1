import { join } from 'node:path';
import { asClientId, type EarnerKey } from '../../../src/ids.js';
import { secondsOf } from '../../../src/platform/clock.js';
import { createLogger } from '../../../src/platform/logger.js';
import { closeRedis, openConsumer } from '../../../src/platform/redis.js';
import { earnerKeyOf } from '../../../src/earners/person.js';
import { createAccess } from '../../../src/parcours/access.js';
import { DATA_PREFIX, DEFAULT_PREFIX } from '../../../src/queue/jobs.js';
import { planForOps } from '../../../src/workers/apply-scheme.js';
import { wirePipeline } from '../../../src/workers/pipeline.js';
import { classOf } from '../../journal/support.js';
import { findAddresses } from '../../browser/support/addresses.js';
import { schemeOfConfig, type ScaleWorld } from '../../scale/world.js';
import { startLine } from '../../support/processes.js';
import { until } from '../../support/until.js';
import { openBrowser, type Browser } from './browser.js';
import { putFailed } from './failed-jobs.js';
import { OPERATOR } from './people.js';

const CLASS_SIZE = 500;
const REASONS = [
  'OBF GET event: 404 Not Found',
  'OBF POST issue: 404 Not Found',
  'OBF POST token: refused a moment ago: check the API key of client',
];

/** What the pages tell of besides people: failed jobs, the account, and a plan. */
export async function fillMore(
  url: string,
  world: ScaleWorld,
  earners: number,
  failed: number,
): Promise<void> {
  const connection = openConsumer({ kind: 'single', urls: [url] });
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
    await pipeline.journal.write(
      classOf(Math.min(CLASS_SIZE, earners - from), part).map((entry, at) => ({
        ...entry,
        earner: keyOf(world, from + at),
      })),
    );
  }
  await planForOps(pipeline, { only: null }, new AbortController().signal, {
    before: null,
    report: async () => undefined,
  });
  await close();
  closeRedis(connection);
}

/** As `fill` makes them up. */
export const addressOf = (at: number): string => `personne.${at}@example.org`;
export const keyOf = (world: ScaleWorld, at: number): EarnerKey => earnerKeyOf(world.vault, addressOf(at));

/** Starts the built web process over that world. */
export async function withWeb<T>(world: ScaleWorld, work: (origin: string) => Promise<T>): Promise<T> {
  const web = startLine('web', {
    ...world.env,
    PORT: '0',
    PALIER_CONFIG: join(world.cwd, 'config'),
    WEBHOOK_BASIC: 'a:b',
    OPS_USERS: `${OPERATOR.name}:${OPERATOR.hash}:operateur`,
    OBF_BASE_URL: 'http://127.0.0.1:9',
    LOG_LEVEL: 'info',
    SMTP_URL: 'smtp://127.0.0.1:9',
    MAIL_FROM: 'badges@example.org',
    PUBLIC_URL: 'http://127.0.0.1:9',
    // Each who asks for a link has a network of their own.
    TRUST_PROXY: '1',
  });
  try {
    const started = (): RegExpExecArray | null => /"port":(\d+).*"msg":"web started"/.exec(web.output());
    const [, port = ''] = await until(started, 'a port of the web process');
    return await work(`http://127.0.0.1:${port}`);
  } finally {
    await web.stop();
  }
}

/** Something that an operator asks for, or a person. */
export interface Ask {
  readonly name: string;
  readonly once: () => Promise<void>;
}

/** A person's own page, each time another's; and their asking for a link. */
export async function ownAsks(
  url: string,
  origin: string,
  world: ScaleWorld,
  earners: number,
): Promise<readonly Ask[]> {
  let nth = 0;
  const next = (): number => (nth += 1);
  const personAt = (at: number): number => (at * 7919) % earners;
  const cookies: string[] = [];
  const redis = openConsumer({ kind: 'single', urls: [url] });
  const access = createAccess(redis, DATA_PREFIX, world.vault, async () => Date.now());
  for (let at = 0; at < 50; at += 1) cookies.push(await access.startSession(keyOf(world, personAt(at))));
  closeRedis(redis);
  const view = async (): Promise<void> => {
    const cookie = `palier_parcours=${cookies[next() % cookies.length]}`;
    await ask(openBrowser(origin), '/parcours/moi', { cookie });
  };
  const askForLink = async (): Promise<void> => {
    const adresse = addressOf(personAt(next()));
    const from = { 'x-forwarded-for': `192.0.2.${nth % 256}` };
    const { status } = await openBrowser(origin).post('/parcours/lien', { adresse }, from);
    if (status !== 200) throw new Error(`Asking for a link was answered ${status}`);
  };
  return [
    { name: 'GET /parcours/moi', once: view },
    { name: 'POST /parcours/lien', once: askForLink },
  ];
}

/** Every page once its failures are counted, the far ends of the long ones, and a search. */
export async function asksOf(browser: Browser, origin: string, world: ScaleWorld): Promise<readonly Ask[]> {
  const pages = new Map(
    (await findAddresses({ opsUrl: `${origin}/ops` })).map(({ route, path }) => [route, path]),
  );
  pages.set('a person', `/ops/personne/${keyOf(world, 7)}`);
  pages.set('the last page of a group', '/ops/echecs/cause/evenement?page=20');
  pages.set('one person of the account', `/ops/journal?personne=${keyOf(world, 7)}`);
  const asks = [...pages].map(([name, path]): Ask => ({ name, once: () => ask(browser, path) }));
  return [...asks, { name: 'a search for an address', once: () => search(browser, addressOf(11)) }];
}

/** Resolves when the list of failures tells so many. */
export async function failuresCounted(browser: Browser, failed: number): Promise<void> {
  const told = `(${failed.toLocaleString('fr-FR')} travaux)`;
  await until(async () => (await browser.get('/ops/echecs')).html.includes(told), told, 120_000);
}

async function ask(browser: Browser, path: string, headers = {}): Promise<void> {
  const { status } = await browser.get(path, headers);
  if (status !== 200) throw new Error(`${path} was answered ${status}`);
}

/** From the form to the person's page. */
async function search(browser: Browser, address: string): Promise<void> {
  const found = await browser.follow(await browser.post('/ops/personne', { who: address }));
  if (!/\/ops\/personne\/[\w-]+$/.test(found.url) || found.status !== 200)
    throw new Error(`The search ended at ${found.url}, ${found.status}`);
}
