import { readFileSync } from 'node:fs';
import { parse } from 'dotenv';
import { ConfigFaults, describeConfig, loadConfig } from '../src/config.js';

const KEY = Buffer.alloc(32, 7).toString('base64');
const WEBHOOK = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
/** The least that starts. */
const LEAST = {
  REDIS_URL: 'redis://127.0.0.1:6379',
  OBF_CLIENT_ID: 'REGION',
  OBF_CLIENT_SECRET: 'obf-secret-value',
  WEBHOOK_SECRETS: WEBHOOK,
  PALIER_KEY: KEY,
};

function faultsOf(env: Record<string, string | undefined>): ConfigFaults {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigFaults) return error;
    throw error;
  }
  throw new Error('expected faults, and there were none');
}

const faultyVariables = (env: Record<string, string | undefined>): string[] =>
  faultsOf(env).faults.map((fault) => fault.variable);

test('what may be left out has the defaults of the documentation', () => {
  expect(loadConfig(LEAST)).toEqual({
    redis: { kind: 'single', urls: ['redis://127.0.0.1:6379'] },
    port: 3000,
    obfBaseUrl: 'https://openbadgefactory.com',
    obfClientId: 'REGION',
    obfClientSecret: 'obf-secret-value',
    obfMaxRps: 8,
    webhookSecrets: [WEBHOOK],
    webhookBasic: [],
    palierKey: Buffer.alloc(32, 7),
    palierKeyOld: null,
    parcours: null,
    configDir: 'config',
    opsUsers: [],
    ops: { oidc: null, name: 'Palier', logo: null, colour: '#1d4f72', publicUrl: null, trustProxy: 0 },
    watch: { metricsToken: null, tracing: false },
    pollEveryS: 300,
    verifyEveryH: 24,
    retentionMonths: null,
    logLevel: 'info',
    timeZone: 'Europe/Paris',
  });
});

test('every missing variable is named at once, in both languages', () => {
  const { faults, message } = faultsOf({});
  const missing = ['REDIS_URL', 'OBF_CLIENT_ID', 'OBF_CLIENT_SECRET', 'PALIER_KEY'];
  expect(faults).toEqual([
    ...missing.map((variable) => ({ variable, fr: 'la variable manque', en: 'is not set' })),
    expect.objectContaining({ variable: 'WEBHOOK_SECRETS, WEBHOOK_BASIC' }),
  ]);
  for (const variable of missing) expect(message).toContain(`${variable}: is not set`);
});

test('the key before is another than the key', () => {
  const old = Buffer.alloc(32, 8);
  expect(loadConfig({ ...LEAST, PALIER_KEY_OLD: old.toString('base64') }).palierKeyOld).toEqual(old);
  expect(faultyVariables({ ...LEAST, PALIER_KEY_OLD: `${KEY} ` })).toEqual(['PALIER_KEY_OLD']);
  expect(faultsOf({ ...LEAST, PALIER_KEY_OLD: KEY }).message).not.toContain(KEY);
});

test('empty is unset, as in a .env full of `NAME=`', () => {
  const empty = Object.fromEntries([...Object.keys(LEAST), 'PORT', 'LOG_LEVEL'].map((name) => [name, ' ']));
  expect(faultyVariables(empty)).toEqual(faultyVariables({}));
  expect(loadConfig({ ...LEAST, PORT: '', TZ_SCHEME: '' })).toEqual(loadConfig(LEAST));
});

/** What `OIDC_ISSUER` needs beside it. */
const OIDC = {
  OIDC_ISSUER: 'https://id.example/realm',
  OIDC_CLIENT_ID: 'palier',
  OIDC_CLIENT_SECRET: 'oidc-secret-value',
  PUBLIC_URL: 'https://palier.example/',
  OIDC_OPERATORS: 'marie@region.example, 4f2-sub',
};

/** Each value is marked, so that the mark can be looked for in what is said of it. */
const WRONG: Record<string, string> = {
  REDIS_URL: 'http://user:mark@host',
  PORT: '70000mark',
  OBF_BASE_URL: 'http://mark.example',
  OBF_CLIENT_ID: 'mark/../other',
  OBF_CLIENT_SECRET: 'mark mark',
  OBF_MAX_RPS: '0',
  WEBHOOK_SECRETS: `${WEBHOOK},whsec_mark`,
  WEBHOOK_BASIC: 'markwithoutcolon',
  PALIER_KEY: 'bWFyaw==mark',
  PALIER_KEY_OLD: 'bWFyaw==mark',
  OPS_USERS: 'mark:',
  OIDC_ISSUER: 'http://mark.example',
  OIDC_CLIENT_ID: 'mark mark',
  OIDC_CLIENT_SECRET: 'mark mark',
  OIDC_REDIRECT_URL: 'https://mark.example/elsewhere',
  OIDC_SCOPES: 'mark',
  OIDC_TRUST_EMAIL: 'mark',
  OIDC_OPERATORS: '@mark.example',
  OIDC_READERS: '@mark.example',
  OPS_NAME: 'mark'.repeat(16),
  OPS_LOGO: 'mark.exe',
  OPS_COLOUR: '#ffff00mark',
  PUBLIC_URL: 'https://mark.example/path',
  TRUST_PROXY: 'mark',
  METRICS_TOKEN: 'mark',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'mark:4318',
  POLL_EVERY_S: '1.5mark',
  RETENTION_MONTHS: '601mark',
  LOG_LEVEL: 'mark',
  TZ_SCHEME: 'Europe/Mark',
};

test('every wrong value is told at once, by name, and never shown', () => {
  const error = faultsOf(WRONG);
  expect(error.faults.map((fault) => fault.variable).toSorted()).toEqual(Object.keys(WRONG).toSorted());
  expect(JSON.stringify([error.message, error.faults, error.stack])).not.toMatch(/mark/i);
  for (const { fr, en } of error.faults) expect(fr).not.toBe(en);
});

test.each(Object.entries(WRONG))('a wrong %s alone is one fault', (variable, wrong) => {
  expect(faultyVariables({ ...LEAST, ...OIDC, [variable]: wrong })).toEqual([variable]);
});

test('an account of the ops pages may do everything, unless its role says less', () => {
  expect(
    loadConfig({ ...LEAST, OPS_USERS: 'marie:h1, jean:h2:lecture, paul:h3:operateur' }).opsUsers,
  ).toEqual([
    { name: 'marie', by: 'marie', hash: 'h1', role: 'operateur' },
    { name: 'jean', by: 'jean', hash: 'h2', role: 'lecture' },
    { name: 'paul', by: 'paul', hash: 'h3', role: 'operateur' },
  ]);
});

test.each(['a:h:admin', 'a:h:', 'a:h:lecture:x', 'a:h,a:i', ':h', 'a'])(
  'OPS_USERS %s is a fault',
  (users) => {
    expect(faultyVariables({ ...LEAST, OPS_USERS: users })).toEqual(['OPS_USERS']);
  },
);

test('OIDC is off without an issuer, and needs four things with one', () => {
  const { OIDC_ISSUER, ...rest } = OIDC;
  expect(loadConfig({ ...LEAST, ...rest }).ops.oidc).toBeNull();
  expect(faultyVariables({ ...LEAST, OIDC_ISSUER })).toEqual([
    'OIDC_CLIENT_ID',
    'OIDC_CLIENT_SECRET',
    'OIDC_REDIRECT_URL, PUBLIC_URL',
    'OIDC_OPERATORS, OIDC_READERS',
  ]);
  expect(loadConfig({ ...LEAST, ...OIDC }).ops).toMatchObject({
    publicUrl: 'https://palier.example',
    oidc: {
      issuer: 'https://id.example/realm',
      redirectUrl: 'https://palier.example/ops/oidc/retour',
      scopes: 'openid email',
      people: [
        { entry: 'marie@region.example', by: 'marie', role: 'operateur' },
        { entry: '4f2-sub', by: '4f2-sub', role: 'operateur' },
      ],
    },
  });
});

test.each([
  [{ OIDC_READERS: 'Marie@other.example' }],
  [{ OPS_USERS: 'marie:h' }],
  [{ OIDC_OPERATORS: 'jean@a.example,jean@b.example' }],
])('two people of one name are a fault: %j', (more) => {
  expect(faultyVariables({ ...LEAST, ...OIDC, ...more })).toEqual([
    'OPS_USERS, OIDC_OPERATORS, OIDC_READERS',
  ]);
});

test.each([
  ['#767676', true],
  ['#777777', false],
  ['#0B5FFF', true],
  ['#ffff00', false],
])('white text on %s can be read: %s', (colour, readable) => {
  const env = { ...LEAST, OPS_COLOUR: colour };
  if (readable) expect(loadConfig(env).ops.colour).toBe(colour.toLowerCase());
  else expect(faultyVariables(env)).toEqual(['OPS_COLOUR']);
});

test.each([
  ['redis://:secret@host:6380/2', { kind: 'single', urls: ['redis://:secret@host:6380/2'] }],
  ['rediss://host', { kind: 'single', urls: ['rediss://host'] }],
  ['redis://a:7000, redis://b:7001', { kind: 'cluster', urls: ['redis://a:7000', 'redis://b:7001'] }],
  [
    'redis-sentinel://a:26380,b/mymaster',
    { kind: 'sentinel', name: 'mymaster', urls: ['redis://a:26380', 'redis://b:26379'] },
  ],
  [
    'redis://u:p%40ss@a:7000,redis://u:p%40ss@b:7001',
    { kind: 'cluster', urls: ['redis://u:p%40ss@a:7000', 'redis://u:p%40ss@b:7001'] },
  ],
  ['rediss://a:7000,rediss://b:7001', { kind: 'cluster', urls: ['rediss://a:7000', 'rediss://b:7001'] }],
  [
    'redis-sentinel://palier:p%40ss@a,b:26380/mymaster',
    {
      kind: 'sentinel',
      name: 'mymaster',
      urls: ['redis://palier:p%40ss@a:26379', 'redis://palier:p%40ss@b:26380'],
    },
  ],
  [
    'rediss-sentinel://:secret@a/mymaster',
    { kind: 'sentinel', name: 'mymaster', urls: ['rediss://:secret@a:26379'] },
  ],
])('REDIS_URL %s is understood', (url, redis) => {
  expect(loadConfig({ ...LEAST, REDIS_URL: url }).redis).toEqual(redis);
});

test.each([
  'host:6379',
  'http://host',
  'redis://a,http://b',
  'redis-sentinel://a',
  'redis-sentinel:///name',
  'redis-sentinel://a:99999/name',
  'redis-sentinel://user:%zz@a/name',
  'redis://user:%zz@a',
  'redis-sentinel://a:0/name',
  ',',
])('REDIS_URL %s is a fault', (url) => {
  expect(faultyVariables({ ...LEAST, REDIS_URL: url })).toEqual(['REDIS_URL']);
});

test.each([
  ['https://obf.example/', 'https://obf.example'],
  ['http://localhost:4000', 'http://localhost:4000'],
  ['http://127.0.0.1:4000/', 'http://127.0.0.1:4000'],
  ['http://[::1]:4000', 'http://[::1]:4000'],
])('OBF_BASE_URL %s will do', (url, read) => {
  expect(loadConfig({ ...LEAST, OBF_BASE_URL: url }).obfBaseUrl).toBe(read);
});

test.each([
  'http://obf.example',
  'http://localhost.evil.example',
  'http://127.0.0.1.evil.example',
  'http://10.0.0.1',
  'https://user@obf.example',
  'https://:password@obf.example',
  'https://obf.example/?a=1',
  'ftp://127.0.0.1',
])('OBF_BASE_URL %s is a fault', (url) => {
  expect(faultyVariables({ ...LEAST, OBF_BASE_URL: url })).toEqual(['OBF_BASE_URL']);
});

test.each([
  ['36', 36],
  ['1', 1],
  ['600', 600],
  ['', null],
])('RETENTION_MONTHS "%s" is %p', (text, months) => {
  const config = loadConfig({ ...LEAST, RETENTION_MONTHS: text });
  expect(config.retentionMonths).toBe(months);
  expect(describeConfig(config)).toMatchObject({ retentionMonths: months ?? 'none' });
});

test.each(['0', '601', '-1', '12.5', '3 ans', '1e1'])('RETENTION_MONTHS "%s" is a fault', (text) => {
  expect(faultyVariables({ ...LEAST, RETENTION_MONTHS: text })).toEqual(['RETENTION_MONTHS']);
});

test('one door is enough, whichever; a list that names nobody is no door', () => {
  const { WEBHOOK_SECRETS: _, ...closed } = LEAST;
  const basic = loadConfig({ ...closed, WEBHOOK_BASIC: 'obf:a:b, other:c' });
  expect(basic.webhookBasic).toEqual(['obf:a:b', 'other:c']);
  expect(faultyVariables({ ...closed, WEBHOOK_SECRETS: ',' })).toEqual(['WEBHOOK_SECRETS']);
  expect(faultyVariables({ ...closed, WEBHOOK_BASIC: ',' })).toEqual(['WEBHOOK_BASIC']);
});

test('the description for a reader counts secrets and shows none', () => {
  const config = loadConfig({
    ...LEAST,
    REDIS_URL: 'redis://someone:redis-password@redis.example:6380/0',
    WEBHOOK_BASIC: 'basic-key:basic-secret',
    OPS_USERS: 'ops:ops-hash',
    METRICS_TOKEN: 'metrics-token-value',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otel-user:otel-password@collector.example',
    ...OIDC,
  });
  const shown = describeConfig(config);
  expect(shown).toMatchObject({
    redis: 'redis.example:6380',
    webhookSecrets: 1,
    webhookBasic: 1,
    opsUsers: 1,
    oidcIssuer: 'id.example',
    oidcPeople: 2,
    metrics: 'on',
    tracing: 'on',
  });
  expect(JSON.stringify(shown)).not.toMatch(
    /redis-password|obf-secret-value|whsec_|basic-secret|ops-hash|oidc-secret|marie|metrics-token|otel-|BwcH/,
  );
});

describe('.env.example', () => {
  const text = readFileSync('.env.example', 'utf8');

  test('explains every variable', () => {
    for (const variable of Object.keys(WRONG)) expect(text).toMatch(new RegExp(`^#?${variable}=`, 'm'));
    expect(text).toMatch(/^#?PALIER_CONFIG=/m);
  });

  test('shows the defaults, and holds nothing that would start', () => {
    const shown = parse(text.replaceAll(/^#(?=[A-Z_]+=)/gm, ''));
    expect(loadConfig({ ...shown, ...LEAST })).toEqual(loadConfig(LEAST));
    expect(faultyVariables(shown)).toEqual(faultyVariables({}));
  });
});
