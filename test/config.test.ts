import { readFileSync } from 'node:fs';
import { parse } from 'dotenv';
import { ConfigFaults, describe as describeConfig, loadConfig } from '../src/config.js';

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
    redis: { kind: 'single', url: 'redis://127.0.0.1:6379' },
    port: 3000,
    obfBaseUrl: 'https://openbadgefactory.com',
    obfClientId: 'REGION',
    obfClientSecret: 'obf-secret-value',
    obfMaxRps: 8,
    webhookSecrets: [WEBHOOK],
    webhookBasic: [],
    palierKey: Buffer.alloc(32, 7),
    configDir: 'config',
    opsUsers: [],
    pollEveryS: 300,
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

test('empty is unset, as in a .env full of `NAME=`', () => {
  const empty = Object.fromEntries([...Object.keys(LEAST), 'PORT', 'LOG_LEVEL'].map((name) => [name, ' ']));
  expect(faultyVariables(empty)).toEqual(faultyVariables({}));
  expect(loadConfig({ ...LEAST, PORT: '', TZ_SCHEME: '' })).toEqual(loadConfig(LEAST));
});

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
  OPS_USERS: 'mark:',
  POLL_EVERY_S: '1.5mark',
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
  expect(faultyVariables({ ...LEAST, [variable]: wrong })).toEqual([variable]);
});

test.each([
  ['redis://:secret@host:6380/2', { kind: 'single', url: 'redis://:secret@host:6380/2' }],
  ['rediss://host', { kind: 'single', url: 'rediss://host' }],
  ['redis://a:7000, redis://b:7001', { kind: 'cluster', urls: ['redis://a:7000', 'redis://b:7001'] }],
  [
    'redis-sentinel://a:26380,b/mymaster',
    {
      kind: 'sentinel',
      name: 'mymaster',
      hosts: [
        { host: 'a', port: 26380 },
        { host: 'b', port: 26379 },
      ],
    },
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

test('one door is enough, whichever; a list that names nobody is no door', () => {
  const { WEBHOOK_SECRETS: _, ...closed } = LEAST;
  const basic = loadConfig({ ...closed, WEBHOOK_BASIC: 'obf:a:b, other:c' });
  expect(basic.webhookBasic).toEqual([
    { key: 'obf', secret: 'a:b' },
    { key: 'other', secret: 'c' },
  ]);
  expect(faultyVariables({ ...closed, WEBHOOK_SECRETS: ',' })).toEqual(['WEBHOOK_SECRETS']);
  expect(faultyVariables({ ...closed, WEBHOOK_BASIC: ',' })).toEqual(['WEBHOOK_BASIC']);
});

test('the description for a reader counts secrets and shows none', () => {
  const config = loadConfig({
    ...LEAST,
    REDIS_URL: 'redis://someone:redis-password@redis.example:6380/0',
    WEBHOOK_BASIC: 'basic-key:basic-secret',
    OPS_USERS: 'ops:ops-hash',
  });
  const shown = describeConfig(config);
  expect(shown).toMatchObject({
    redis: 'redis.example:6380',
    webhookSecrets: 1,
    webhookBasic: 1,
    opsUsers: 1,
  });
  expect(JSON.stringify(shown)).not.toMatch(
    /redis-password|obf-secret-value|whsec_|basic-secret|ops-hash|BwcH/,
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
