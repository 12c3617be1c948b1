import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSandbox, type Sandbox } from '../../src/sandbox/server.js';
import { Redis } from 'ioredis';
import { openOperator, type RedisAddress, type RedisConnection } from '../../src/platform/redis.js';
import { openMailbox } from '../../src/sandbox/mailbox.js';
import { ownRedis, type OwnRedis } from '../support/own-redis.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { jsonOf, palier, type Ran } from './support/cli.js';

interface Report {
  readonly ok: boolean;
  readonly checks: readonly { readonly id: string; readonly status: string; readonly messages: string[] }[];
}

const WEBHOOK_SECRET = `whsec_${'d2ViaG9vaw'.repeat(4)}`;
const PALIER_KEY = Buffer.alloc(32, 7).toString('base64');
const SECRETS = [
  'region_secret',
  'secret_of_p1',
  'secret_of_p2',
  WEBHOOK_SECRET,
  PALIER_KEY,
  'redis-password',
];

/** Its settings are ours to change. */
let redis: OwnRedis;
let admin: Redis;
let sandbox: Sandbox;
let cwd: string;
let runs = 0;
const PATIENT_MS = { redis: 30_000, obf: 30_000 };
/** Of what stays silent on purpose. */
const SHORT_MS = 1500;

const misconf = (): Error =>
  Object.assign(new Error('MISCONF Redis is configured to save RDB snapshots'), { name: 'ReplyError' });

beforeAll(async () => {
  redis = await ownRedis();
  admin = new Redis(redis.url);
});
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'palier-check-'));
  await config(SMALL_SCHEME, SMALL_PARTNERS);
  sandbox = await startSandbox({ tokenEveryMs: 0, maxRps: null, issuingLimit: 5000 });
  sandbox.addClient({ id: 'REGION', secret: 'region_secret', name: 'Région' });
  sandbox.addClient({ id: 'P1', secret: 'secret_of_p1', name: 'Organisme un' });
  sandbox.addClient({ id: 'P2', secret: 'secret_of_p2', name: 'Organisme deux' });
  for (const id of ['R1', 'R2']) sandbox.addBadge({ clientId: 'REGION', id, name: id });
});
afterEach(async () => {
  await sandbox.close();
  await rm(cwd, { recursive: true });
});
afterAll(async () => {
  admin.disconnect();
  await redis.stop();
});

async function config(scheme: string, partners: string): Promise<void> {
  await mkdir(join(cwd, 'config'), { recursive: true });
  await writeFile(join(cwd, 'config/scheme.yaml'), scheme);
  await writeFile(join(cwd, 'config/partners.yaml'), partners);
}

const goodEnv = () => ({
  REDIS_URL: redis.url,
  OBF_BASE_URL: sandbox.url,
  OBF_CLIENT_ID: 'REGION',
  OBF_CLIENT_SECRET: 'region_secret',
  OBF_MAX_RPS: '1000',
  WEBHOOK_SECRETS: WEBHOOK_SECRET,
  PALIER_KEY,
  KEY_P1: 'secret_of_p1',
  KEY_P2: 'secret_of_p2',
});

/** Each run has its own keys in Redis: tokens, and refusals, are remembered there. */
async function check(env: Record<string, string>, ...options: string[]): Promise<Ran> {
  return checkWith({}, env, ...options);
}

async function checkWith(
  over: NonNullable<Parameters<typeof palier>[1]>,
  env: Record<string, string>,
  ...options: string[]
): Promise<Ran> {
  runs += 1;
  const ran = await palier(['check', ...options], {
    env,
    cwd,
    clock: Date.now,
    dataPrefix: `run-${runs}`,
    queuePrefix: '{queues}',
    patienceMs: PATIENT_MS,
    ...over,
  });
  for (const secret of SECRETS) expect([...ran.out, ...ran.err].join('\n')).not.toContain(secret);
  return ran;
}

async function report(env: Record<string, string>, patience = {}): Promise<Report & { exit: number }> {
  const ran = await checkWith({ patienceMs: { ...PATIENT_MS, ...patience } }, env, '--json');
  return { ...(jsonOf(ran) as Report), exit: ran.exit };
}
const of = ({ checks }: Report, id: string) => checks.find((one) => one.id === id);
const statuses = ({ checks }: Report) => Object.fromEntries(checks.map(({ id, status }) => [id, status]));

test('where nothing is wrong: 0', async () => {
  const { exit, out, err } = await check({ ...goodEnv(), RETENTION_MONTHS: '60' });
  expect({ exit, err }).toEqual({ exit: 0, err: [] });
  expect(
    out.map((line) => line.replace(/(version|\(version) [\w.]+/, '$1 V').replace(/:\d+$/, ':PORT')),
  ).toEqual([
    '✓ Environnement : bon',
    '✓ Règles et partenaires : bon',
    '    2 badges Région, 3 partenaires actifs, 5 badges inscrits (version V)',
    "✓ Clés d'API des partenaires : bon",
    '✓ Redis : bon',
    '    127.0.0.1:PORT',
    '✓ Réglages de Redis : bon',
    '    version V',
    '✓ Clé des données de Redis : bon',
    '✓ Envois : bon',
    '✓ Règles en vigueur : bon',
    '    rien en vigueur encore : au premier démarrage, ces fichiers le seront',
    '✓ Compte OBF de la Région : bon',
    '✓ Badges de la Région dans OBF : bon',
    '✓ Quota OBF : bon',
    '    badges encore à délivrer : 5000',
    '✓ Comptes OBF des partenaires : bon',
    '    2 clés acceptées',
    '    1 partenaire sans clé : badges vérifiés par ce qui est publié',
    '✓ Lecture des comptes OBF : bon',
    '',
    'Tout est bon.',
  ]);
});

test('it changes nothing in OBF', async () => {
  await check(goodEnv());
  expect(sandbox.calls.filter(({ method, route }) => method !== 'GET' && route !== 'POST token')).toEqual([]);
});

test('every fault of every stage at once, in French', async () => {
  await config(
    SMALL_SCHEME.replace('at_least: 2', 'at_least: 0').replace(
      'competency: communiquer, level: 2',
      'competency: comuniquer',
    ),
    SMALL_PARTNERS.replace('client_id: P2', 'client_id: P1'),
  );
  const { exit, out, err } = await check({
    REDIS_URL: 'redis://:redis-password@127.0.0.1:1',
    PORT: 'trois',
    OBF_BASE_URL: 'http://example.org',
    WEBHOOK_BASIC: 'seul',
    OPS_USERS: 'lou@example.org:en-clair',
    TZ_SCHEME: 'Normandie',
  });
  expect({ exit, err }).toEqual({ exit: 1, err: [] });
  expect(out).toMatchInlineSnapshot(`
   [
     "✗ Environnement : erreur",
     "    PORT : un nombre entier de 0 à 65535 est attendu",
     "    OBF_BASE_URL : une adresse https est attendue (http seulement vers cette machine)",
     "    OBF_CLIENT_ID : la variable manque",
     "    OBF_CLIENT_SECRET : la variable manque",
     "    WEBHOOK_BASIC : des paires « clé:secret », séparées par des virgules",
     "    PALIER_KEY : la variable manque",
     "    TZ_SCHEME : une zone horaire est attendue, comme Europe/Paris",
     "    OPS_USERS : compte n° 1 : ce n'est pas une empreinte faite par « npx palier hash-password »",
     "    RETENTION_MONTHS : aucune durée de conservation n'est définie, personne n'est jamais effacé (docs/rgpd.md)",
     "✗ Règles et partenaires : erreur",
     "    config/scheme.yaml:9:23: attendu : un nombre entier à partir de 1 ; trouvé : « 0 »",
     "    config/scheme.yaml:13:79: compétence inconnue « comuniquer » : vouliez-vous dire « communiquer » ? (connues : communiquer)",
     "    config/partners.yaml:9:16: partenaire « P1 » en double : déjà en config/partners.yaml:3",
     "– Clés d'API des partenaires : non vérifié",
     "    à corriger d'abord : les règles et les partenaires",
     "✗ Redis : erreur",
     "    Redis ne répond pas (127.0.0.1:1) : rien n'écoute à cette adresse. Vérifiez REDIS_URL, et que Redis est démarré.",
     "– Réglages de Redis : non vérifié",
     "    à régler d'abord : Redis",
     "– Clé des données de Redis : non vérifié",
     "    à régler d'abord : Redis",
     "– Envois : non vérifié",
     "    à régler d'abord : Redis",
     "– Règles en vigueur : non vérifié",
     "    à régler d'abord : Redis",
     "– Compte OBF de la Région : non vérifié",
     "    à régler d'abord : Redis",
     "– Badges de la Région dans OBF : non vérifié",
     "    à régler d'abord : Redis",
     "– Quota OBF : non vérifié",
     "    à régler d'abord : Redis",
     "– Comptes OBF des partenaires : non vérifié",
     "    à régler d'abord : Redis",
     "– Lecture des comptes OBF : non vérifié",
     "    à régler d'abord : Redis",
     "",
     "3 points en erreur, 10 points non vérifiés.",
   ]
  `);
});

test('a variable that is faulty hides nothing that does not need it', async () => {
  const { OBF_CLIENT_SECRET: _, ...env } = goodEnv();
  expect(statuses(await report(env))).toEqual({
    environment: 'error',
    scheme: 'ok',
    'partner-keys': 'ok',
    redis: 'ok',
    'redis-settings': 'ok',
    'redis-key': 'ok',
    'in-force': 'ok',
    issuing: 'ok',
    'obf-region': 'skipped',
    'obf-badges': 'skipped',
    'obf-quota': 'skipped',
    'obf-partners': 'ok',
    'obf-reading': 'ok',
  });
});

test('a faulty scheme leaves what OBF says of the Région', async () => {
  await config('scheme: [', SMALL_PARTNERS);
  const result = await report(goodEnv());
  expect(result).toMatchObject({ exit: 1, ok: false });
  expect(statuses(result)).toMatchObject({
    scheme: 'error',
    'partner-keys': 'skipped',
    'obf-region': 'ok',
    'obf-badges': 'skipped',
    'obf-quota': 'ok',
    'obf-partners': 'skipped',
  });
});

const partner = (id: string): string =>
  `  - { client_id: ${id}, name: ${id}, secret_env: KEY_P1, badges: [{ id: B${id}, competency: communiquer, level: 1 }] }\n`;

describe('OBF', () => {
  test('a wrong key of the Région, and one of a partner, each by its variable', async () => {
    const result = await report({ ...goodEnv(), OBF_CLIENT_SECRET: 'wrong', KEY_P2: 'wrong' });
    expect(result.exit).toBe(1);
    expect(of(result, 'obf-region')).toMatchObject({
      status: 'error',
      messages: [
        expect.stringMatching(/^OBF refuse la clé d'API : vérifiez OBF_CLIENT_ID, OBF_CLIENT_SECRET /),
      ],
    });
    expect(of(result, 'obf-badges')?.status).toBe('skipped');
    expect(of(result, 'obf-partners')).toMatchObject({
      status: 'error',
      messages: [
        expect.stringMatching(/^Organisme deux : OBF refuse la clé d'API : vérifiez client_id P2, KEY_P2 /),
        '1 clé acceptée',
        expect.stringContaining('1 partenaire sans clé'),
      ],
    });
  });

  test('a wrong key is said while workers still have a token of the right one', async () => {
    const dataPrefix = 'run-wrong-key';
    expect((await checkWith({ dataPrefix }, goodEnv())).exit).toBe(0);
    // As once the ten seconds have passed in which OBF makes one token.
    await admin.del(`${dataPrefix}:obf:{REGION}:asked`);
    const ran = await checkWith({ dataPrefix }, { ...goodEnv(), OBF_CLIENT_SECRET: 'wrong' }, '--json');
    expect(ran.exit).toBe(1);
    expect(of(jsonOf(ran) as Report, 'obf-region')).toMatchObject({
      status: 'error',
      messages: [expect.stringMatching(/^OBF refuse la clé d'API/)],
    });
  });

  test('badges that are not there, or are drafts; of an inactive award it only warns', async () => {
    const inactive =
      '  communiquer-3: { name: Trois, badge: R3, active: false, rule: { holds: communiquer-2 } }\n';
    const active = '  communiquer-4: { name: Quatre, badge: R4, rule: { holds: communiquer-2 } }\n';
    sandbox.addBadge({ clientId: 'REGION', id: 'R4', name: 'brouillon', draft: true });
    await config(`${SMALL_SCHEME}${inactive}`, SMALL_PARTNERS);
    const warned = await report(goodEnv());
    expect(warned.exit).toBe(0);
    expect(of(warned, 'obf-badges')).toMatchObject({
      status: 'warning',
      messages: [expect.stringContaining('le badge R3 (« communiquer-3 »')],
    });

    await config(`${SMALL_SCHEME}${inactive}${active}`, SMALL_PARTNERS);
    const refused = await report(goodEnv());
    expect(refused.exit).toBe(1);
    expect(of(refused, 'obf-badges')).toMatchObject({
      status: 'error',
      messages: [expect.stringContaining('R4'), expect.stringContaining('R3')],
    });
  });

  test('a row of the badge list that cannot be read is named by its field', async () => {
    sandbox.addBadge({ clientId: 'REGION', id: 'R9', name: 'neuf' });
    sandbox.lists.oddRow('badges', 'R9', { id: null });
    const result = await report(goodEnv());
    expect(result.exit).toBe(0);
    expect(of(result, 'obf-badges')).toEqual({
      id: 'obf-badges',
      status: 'warning',
      messages: [
        'la liste des badges de ce compte a une ligne illisible (champ id) : faites-la réparer dans OBF',
      ],
    });
  });

  test('a quota that runs out is a warning', async () => {
    const small = await startSandbox({ tokenEveryMs: 0, issuingLimit: 12 });
    small.addClient({ id: 'REGION', secret: 'region_secret', name: 'Région' });
    const result = await report({ ...goodEnv(), OBF_BASE_URL: small.url });
    await small.close();
    expect(of(result, 'obf-quota')).toEqual({
      id: 'obf-quota',
      status: 'warning',
      messages: ['badges encore à délivrer : 12'],
    });
  });

  test.each([
    ['is down', { kind: 'reset' }, 'POST token'],
    ['never answers', { kind: 'black-hole' }, 'GET ping'],
    ['never gives a token', { kind: 'black-hole' }, 'POST token'],
  ] as const)('that %s: said within seconds, and partners are not asked', async (_, fault, route) => {
    sandbox.fault({ ...fault, route, times: 100 });
    const startedAt = performance.now();
    const result = await report(goodEnv(), { obf: SHORT_MS });
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(of(result, 'obf-region')).toMatchObject({
      status: 'error',
      messages: [expect.stringMatching(/^OBF ne répond pas/)],
    });
    expect(statuses(result)).toMatchObject({ 'obf-quota': 'skipped', 'obf-partners': 'skipped' });
  });

  test('a call that was given up holds no lock against the next process', async () => {
    sandbox.fault({ kind: 'black-hole', route: 'POST token' });
    await checkWith({ patienceMs: { ...PATIENT_MS, obf: SHORT_MS } }, goodEnv());
    expect(await admin.exists(`run-${runs}:obf:{REGION}:lock`)).toBe(0);
  });

  test('one partner that does not answer: the others are asked meanwhile', async () => {
    const many = Array.from({ length: 30 }, (_, at) => `Q${at}`);
    for (const id of many) sandbox.addClient({ id, secret: 'secret_of_p1', name: id });
    await config(SMALL_SCHEME, SMALL_PARTNERS + many.map(partner).join(''));
    sandbox.fault({ kind: 'black-hole', route: 'GET ping', clientId: 'Q3', times: 100 });
    for (const id of many.slice(4))
      sandbox.fault({ kind: 'black-hole', route: 'GET ping', clientId: id, times: 100 });
    const startedAt = performance.now();
    // Longer than a busy machine keeps waiting those that do answer.
    const result = await report(goodEnv(), { obf: 5000 });
    expect(performance.now() - startedAt).toBeLessThan(30_000);
    const { messages = [] } = of(result, 'obf-partners') ?? {};
    expect(messages[0]).toMatch(/^Q3 : OBF ne répond pas/);
    expect(messages.join('\n')).toMatch(/^OBF ne répondant plus, \d+ comptes sans vérification$/m);
  });
});

describe('Redis', () => {
  test('that is frozen: said within seconds', async () => {
    const frozen = await ownRedis();
    try {
      frozen.freeze();
      const startedAt = performance.now();
      const result = await report({ ...goodEnv(), REDIS_URL: frozen.url }, { redis: SHORT_MS });
      // An operator's own command waits 10 s.
      expect(performance.now() - startedAt).toBeLessThan(9000);
      expect(of(result, 'redis')).toMatchObject({
        status: 'error',
        messages: [expect.stringContaining('pas de réponse à temps')],
      });
    } finally {
      await frozen.stop();
    }
  });

  test.each([
    ['a cluster', 'redis://127.0.0.1:1,redis://127.0.0.1:2', '127.0.0.1:1, 127.0.0.1:2'],
    ['a sentinel', 'redis-sentinel://127.0.0.1:1/maitre', 'sentinel maitre: 127.0.0.1:1'],
  ])('%s that is not there: said within seconds', async (_, url, where) => {
    const startedAt = performance.now();
    const result = await report({ ...goodEnv(), REDIS_URL: url }, { redis: SHORT_MS });
    expect(performance.now() - startedAt).toBeLessThan(9000);
    expect(of(result, 'redis')?.messages).toEqual([
      expect.stringContaining(`Redis ne répond pas (${where})`),
    ]);
  });

  test('that wants a password', async () => {
    await admin.config('SET', 'requirepass', 'redis-password');
    try {
      const withWrong = `redis://:wrong@${new URL(redis.url).host}`;
      const told = async (url: string) =>
        of(await report({ ...goodEnv(), REDIS_URL: url }), 'redis')?.messages;
      expect(await told(redis.url)).toEqual([
        expect.stringContaining("il manque un mot de passe à l'adresse"),
      ]);
      expect(await told(withWrong)).toEqual([expect.stringContaining('le mot de passe est refusé')]);
    } finally {
      await admin.config('SET', 'requirepass', '');
    }
  });

  /** What `check` says of Redis; OBF, which is not at fault, is not asked. */
  async function namedCause(): Promise<string> {
    const asked = sandbox.calls.length;
    const result = await report(goodEnv());
    expect(result.exit).toBe(1);
    expect(of(result, 'obf-region')).toEqual({
      id: 'obf-region',
      status: 'skipped',
      messages: ["à régler d'abord : Redis"],
    });
    expect(sandbox.calls).toHaveLength(asked);
    const { status, messages = [] } = of(result, 'redis') ?? {};
    return `${status}: ${messages[0]}`;
  }

  test('whose memory is full: named, and OBF is not blamed', async () => {
    await admin.config('SET', 'maxmemory', '1');
    try {
      expect(await namedCause()).toMatch(
        /^error: .*Redis répond, et n'accepte aucune écriture .*: sa mémoire est pleine \(maxmemory\)/,
      );
    } finally {
      await admin.config('SET', 'maxmemory', '0');
    }
  });

  test('that is a replica: named', async () => {
    await admin.call('REPLICAOF', '127.0.0.1', '1');
    try {
      expect(await namedCause()).toMatch(/^error: .*: c'est une réplique, où rien ne s'écrit/);
    } finally {
      await admin.call('REPLICAOF', 'NO', 'ONE');
    }
  });

  test('that cannot write to its disk: named', async () => {
    const refuse = (): Promise<never> => Promise.reject(misconf());
    const openRedis = (address: RedisAddress): RedisConnection =>
      Object.assign(openOperator(address), { set: refuse });
    const ran = await checkWith({ openRedis }, goodEnv(), '--json');
    expect(of(jsonOf(ran) as Report, 'redis')?.messages[0]).toContain(
      "il n'arrive plus à écrire sur son disque",
    );
  });

  test.each([
    [-65_000, 'retarde de 1 min'],
    [65_000, 'avance de 1 min'],
    [2000, null],
  ])('whose clock differs by %d ms', async (byMs, words) => {
    const ran = await checkWith({ clock: () => Date.now() + byMs }, goodEnv(), '--json');
    const { messages = [] } = of(jsonOf(ran) as Report, 'redis') ?? {};
    expect(messages.filter((one) => one.includes('horloge'))).toEqual(
      words === null
        ? []
        : [
            expect.stringMatching(
              new RegExp(`^l'horloge de cette machine ${words}.* sur celle de Redis : mettez les deux`),
            ),
          ],
    );
  });

  test.each([
    ['redis://redis.example.org:6379', ['sans mot de passe', 'sans TLS']],
    ['redis://:redis-password@redis.example.org:6379', ['sans TLS']],
    ['rediss://redis.example.org:6379', ['sans mot de passe']],
    ['rediss://:redis-password@redis.example.org:6379', []],
    ['redis-sentinel://sentinel.example.org:26379/maitre', ['sans mot de passe', 'sans TLS']],
    ['redis://localhost:6379', []],
    ['redis://127.0.0.1:6379,redis://[::1]:6379', []],
  ])('on another machine, unprotected: %s', async (url, missing) => {
    const openRedis = (): RedisConnection => openOperator(redis.address);
    const ran = await checkWith({ openRedis }, { ...goodEnv(), REDIS_URL: url }, '--json');
    const { messages = [], status } = of(jsonOf(ran) as Report, 'redis') ?? {};
    expect(messages.flatMap((one) => /sans (?:mot de passe|TLS)/.exec(one) ?? [])).toEqual(missing);
    expect([ran.exit, status]).toEqual([0, missing.length === 0 ? 'ok' : 'warning']);
  });

  test.each([
    ['a warning with the remedy, and still 0', {}, { exit: 0, status: 'warning' }],
    [
      'an error in production, where nothing would start',
      { NODE_ENV: 'production' },
      { exit: 1, status: 'error' },
    ],
  ])('that may lose what it holds: %s', async (_, env, { exit, status }) => {
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await admin.config('SET', 'appendonly', 'no');
    const result = await report({ ...goodEnv(), ...env });
    await admin.config('SET', 'maxmemory-policy', 'noeviction');
    await admin.config('SET', 'appendonly', 'yes');
    expect(result.exit).toBe(exit);
    expect(of(result, 'redis-settings')).toMatchObject({
      status,
      messages: [
        expect.stringContaining('Remède : CONFIG SET maxmemory-policy noeviction'),
        expect.stringContaining('Remède : CONFIG SET appendonly yes'),
        expect.stringMatching(/^version /),
      ],
    });
  });
});

const OPS = { OPS_USERS: '', PUBLIC_URL: 'https://palier.example.org' };

test.each([
  ['OIDC_TRUST_EMAIL=1 is said', { OIDC_TRUST_EMAIL: '1' }, /^OIDC_TRUST_EMAIL vaut 1/],
  [
    '0 behind the router of Scalingo',
    { NODE_ENV: 'production', TRUST_PROXY: '0', CONTAINER: 'web-1' },
    /^TRUST_PROXY vaut 0/,
  ],
  [
    '0 behind the router of Heroku',
    { NODE_ENV: 'production', TRUST_PROXY: '0', DYNO: 'web.1' },
    /^TRUST_PROXY vaut 0/,
  ],
  ['1 behind a router', { NODE_ENV: 'production', TRUST_PROXY: '1', CONTAINER: 'web-1' }, null],
  ['0 without a router', { NODE_ENV: 'production', TRUST_PROXY: '0' }, null],
  ['0 on a machine of development', { TRUST_PROXY: '0', CONTAINER: 'web-1' }, null],
])('who may sign in, and from where: %s', async (_, env, warning) => {
  const result = await report({ ...goodEnv(), ...OPS, ...env });
  const told = (of(result, 'environment')?.messages ?? []).filter((one) =>
    /^(OIDC_TRUST|TRUST_PROXY)/.test(one),
  );
  expect(told).toEqual(warning === null ? [] : [expect.stringMatching(warning)]);
});

test('a variable that another asks for is named, and hides nothing else', async () => {
  const result = await report({ ...goodEnv(), ...OPS, OIDC_ISSUER: 'https://identity.example.org' });
  expect(of(result, 'environment')?.messages[0]).toBe('OIDC_CLIENT_ID : OIDC_ISSUER la demande');
  expect(of(result, 'redis')?.status).toBe('ok');
});

describe('the mail server', () => {
  const mailEnv = (url: string) => ({
    ...goodEnv(),
    SMTP_URL: url,
    MAIL_FROM: 'Badges <badges@example.org>',
    PUBLIC_URL: 'https://palier.example.org',
  });

  test('is signed in to, and sent nothing; what it refuses, and that it is silent, is an error', async () => {
    const mailbox = await openMailbox();
    const good = await report(mailEnv(mailbox.url));
    expect([good.exit, of(good, 'mail')]).toMatchObject([0, { status: 'ok' }]);
    const named = await check(mailEnv(mailbox.url.replace('//', '//lou:mot-de-passe@')), '--lang', 'en');
    expect([named.exit, named.out.join('\n')]).toEqual([
      1,
      expect.stringContaining('refuses the user or the password'),
    ]);
    expect(named.out.join('\n')).not.toContain('mot-de-passe');
    expect(mailbox.mails).toEqual([]);
    await mailbox.close();
    const silent = await report(mailEnv(mailbox.url));
    expect([silent.exit, of(silent, 'mail')]).toMatchObject([
      1,
      { status: 'error', messages: [expect.stringMatching(/^SMTP_URL : 127.0.0.1:\d+ ne répond pas/)] },
    ]);
  });

  test('is not asked while a variable is missing, and not named where nobody asked for it', async () => {
    const { MAIL_FROM: _, ...env } = mailEnv('smtp://127.0.0.1:1');
    const result = await report(env);
    expect([of(result, 'environment')?.status, of(result, 'mail')?.status]).toEqual(['error', 'skipped']);
    expect(of(result, 'redis')?.status).toBe('ok');
    expect(of(await report(goodEnv()), 'mail')).toBeUndefined();
  });

  test('without PUBLIC_URL is a warning: the pages do not exist', async () => {
    const { PUBLIC_URL: _, ...env } = mailEnv('smtp://127.0.0.1:1');
    const result = await report(env);
    expect(of(result, 'environment')).toMatchObject({
      status: 'warning',
      messages: expect.arrayContaining([expect.stringMatching(/^SMTP_URL .* PUBLIC_URL/)]),
    });
  });
});

test('in English', async () => {
  const { out } = await check({ ...goodEnv(), RETENTION_MONTHS: '60' }, '--lang', 'en');
  expect(out[0]).toBe('✓ Environment: good');
  expect(out.at(-1)).toBe('All is well.');
});
