import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Redis } from 'ioredis';
import { openHouse, type House } from '../support/house.js';
import { ownRedis, type OwnRedis } from '../support/own-redis.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';
import { openBrowser, signedIn, signIn } from './support/browser.js';
import { OPERATOR, OPS_SETTINGS } from './support/people.js';
import { openWeb } from './support/web.js';

const SMALL = { scheme: SMALL_SCHEME, partners: SMALL_PARTNERS };

describe('in a house', () => {
  let house: House;
  afterEach(() => house.close());

  test('somebody signs in while badges come out: neither disturbs the other', async () => {
    house = await openHouse({ ...SMALL, ops: OPS_SETTINGS });
    const browser = await signedIn(house.opsUrl, OPERATOR);
    const events = [
      house.issue({ clientId: 'P1', badgeId: 'A', recipients: ['a@example.fr'] }),
      house.issue({ clientId: 'P2', badgeId: 'B', recipients: ['a@example.fr'] }),
    ];
    for (const event of events) expect(await house.notify(event)).toBe(202);
    await house.idle();
    expect(house.awards()).toEqual(['R1 a@example.fr']);
    expect((await browser.get('/ops')).html).toContain('marie (opérateur)');
  });

  test('without the option the pages are not there', async () => {
    house = await openHouse(SMALL);
    for (const path of ['/ops', '/ops/', '/ops/connexion', '/ops/style.css']) {
      const { status, headers, html } = await openBrowser(house.url).get(path);
      expect([status, headers['content-type']]).toEqual([404, 'application/problem+json']);
      expect(JSON.parse(html)).toMatchObject({ code: 'not_found' });
    }
  });
});

describe('the process of the Procfile', () => {
  const started: ChildProcess[] = [];
  let redis: OwnRedis;
  beforeAll(async () => {
    redis = await ownRedis();
  });
  afterEach(async () => {
    for (const child of started.splice(0)) {
      if (child.exitCode !== null) continue;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    }
  });
  afterAll(() => redis.stop());

  function web(env: Readonly<Record<string, string>>) {
    const child = spawn(process.execPath, ['--import', 'tsx', resolve('src/webhooks/main.ts')], {
      // A developer's own .env stays out of it.
      cwd: resolve('test/ops-web'),
      env: {
        PATH: process.env['PATH'],
        PORT: '0',
        REDIS_URL: redis.url,
        OBF_CLIENT_ID: 'region',
        OBF_CLIENT_SECRET: 'apisecret',
        WEBHOOK_BASIC: 'a:b',
        PALIER_KEY: Buffer.alloc(32, 5).toString('base64'),
        PALIER_CONFIG: resolve('config'),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.push(child);
    let text = '';
    child.stdout.on('data', (part) => (text += String(part)));
    child.stderr.on('data', (part) => (text += String(part)));
    const origin = async () => {
      const [, port = ''] = await until(
        () => /"port":(\d+).*"msg":"web started"/.exec(text),
        'a port',
        20_000,
      );
      return `http://127.0.0.1:${port}`;
    };
    return { child, origin, text: () => text };
  }

  test('mounts the pages where there is an account, takes notices besides, and stops when asked', async () => {
    const running = web({ OPS_USERS: `Marie:${OPERATOR.hash}:operateur`, OPS_NAME: 'Badges normands' });
    const browser = openBrowser(await running.origin());
    expect((await signIn(browser, OPERATOR)).status).toBe(303);
    const home = await browser.get('/ops');
    expect([home.status, home.html.includes('Badges normands')]).toEqual([200, true]);
    expect((await browser.get('/healthz')).status).toBe(200);
    const exited = once(running.child, 'exit');
    running.child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(running.text()).not.toContain(OPERATOR.hash);
  });

  test('does not start with a logo that is not there', async () => {
    const running = web({ OPS_USERS: `Marie:${OPERATOR.hash}`, OPS_LOGO: 'absent.svg' });
    expect(await once(running.child, 'exit')).toEqual([1, null]);
    expect(running.text()).toContain('OPS_LOGO: this file cannot be read');
  });
});

/** How a Redis gets into a state in which it takes no writes, and what people are then told of it. */
const STATES: readonly [told: string, begin: (admin: Redis, dataDir: string) => Promise<unknown>][] = [
  ['mémoire pleine', (admin) => admin.config('SET', 'maxmemory', '1')],
  ['réplique en lecture seule', (admin) => admin.replicaof('127.0.0.1', '1')],
  [
    'disque plein',
    async (admin, dataDir) => {
      // A save fails, here since a folder stands in its place; so it does for want of room.
      await mkdir(join(dataDir, 'dump.rdb'));
      await admin.config('SET', 'save', '3600 1');
      await admin.bgsave();
      await until(
        async () => (await admin.info('persistence')).includes('rdb_last_bgsave_status:err'),
        'a save that fails',
      );
    },
  ],
];

describe('while Redis is away', () => {
  let redis: OwnRedis;
  beforeEach(async () => {
    redis = await ownRedis();
  });
  afterEach(() => redis.stop());

  test.each(STATES)('%s: home and sign-in say so', async (told, begin) => {
    const web = await openWeb({ redis: redis.address, prefix: '{full}' });
    const admin = new Redis(redis.url);
    try {
      const browser = await signedIn(web.origin, OPERATOR);
      expect((await browser.get('/ops')).html).not.toContain('Redis :');
      await begin(admin, redis.dataDir);
      const home = await until(async () => {
        const reply = await browser.get('/ops');
        return reply.html.includes('Redis :') && reply;
      }, 'a home page that says so');
      expect([home.status, home.html.includes(`Redis : ${told}`)]).toEqual([200, true]);
      expect(home.html).not.toContain('Tout va bien');
      const { name, password } = OPERATOR;
      const refused = await openBrowser(web.origin).post('/ops/connexion', { name, password });
      expect([refused.status, refused.html.includes(`Redis : ${told}`)]).toEqual([503, true]);
      expect(refused.headers['retry-after']).toBe('5');
    } finally {
      admin.disconnect();
      await rmdir(join(redis.dataDir, 'dump.rdb')).catch(() => undefined);
      await web.close();
    }
  });

  test('a password that Redis does not take is named', async () => {
    const web = await openWeb({ redis: redis.address, prefix: '{locked}' });
    const admin = new Redis(redis.url);
    try {
      const browser = await signedIn(web.origin, OPERATOR);
      await admin.config('SET', 'requirepass', 'geheim');
      await admin.call('CLIENT', 'KILL', 'TYPE', 'normal');
      for (const path of ['/ops', '/ops/connexion']) {
        const reply = await until(async () => {
          const found = await browser.get(path);
          return found.html.includes('Redis : mot de passe refusé') && found;
        }, 'the cause');
        expect(reply.status).toBe(503);
        expect(reply.html).not.toContain('geheim');
      }
    } finally {
      admin.disconnect();
      await web.close();
    }
  });

  test('every page says so, soon, and works again by itself', async () => {
    const web = await openWeb({ redis: redis.address, prefix: '{away}' });
    try {
      const browser = await signedIn(web.origin, OPERATOR);
      await redis.kill();
      for (const path of ['/ops', '/ops/connexion']) {
        const { status, headers, html } = await browser.get(path);
        expect([status, headers['retry-after']]).toEqual([503, '5']);
        expect(html).toContain('Redis ne répond pas');
        expect(html).toContain(headers['x-request-id']);
        expect(html).not.toMatch(/ECONN|ioredis|at \w+ \(/);
      }
      const { name, password } = OPERATOR;
      const fresh = openBrowser(web.origin);
      await fresh.get('/ops/connexion');
      expect((await fresh.post('/ops/connexion', { name, password })).status).toBe(503);
      await redis.restart();
      await until(async () => (await browser.get('/ops')).status !== 503, 'Redis again');
      // A Redis that is killed may lose its last second, and the session with it.
      expect((await (await signedIn(web.origin, OPERATOR)).get('/ops')).status).toBe(200);
    } finally {
      await web.close();
    }
  });
});
