import { createLogger } from '../../src/platform/logger.js';
import { refusalOf } from '../../src/platform/redis-faults.js';
import { logConnectionErrors } from '../../src/platform/redis-health.js';
import type { RedisAddress } from '../../src/platform/redis.js';

const URL_OF_ONE = 'rediss://palier:geheim@redis.example:6380';
const SINGLE: RedisAddress = { kind: 'single', url: URL_OF_ONE };
const CLUSTER: RedisAddress = { kind: 'cluster', urls: [URL_OF_ONE, 'rediss://palier:geheim@other:6381'] };

const withCode = (code: string): Error => Object.assign(new Error('from TLS'), { code });
const answered = (message: string): Error => Object.assign(new Error(message), { name: 'ReplyError' });
const ofCluster = (lastNodeError: Error): Error =>
  Object.assign(new Error('Failed to refresh slots cache.'), { lastNodeError });

test.each([
  [
    answered('WRONGPASS invalid username-password pair or user is disabled.'),
    'password is refused',
    'REDIS_URL',
  ],
  [answered('NOAUTH Authentication required.'), 'lacks a password', 'REDIS_URL'],
  [withCode('SELF_SIGNED_CERT_IN_CHAIN'), 'authority that is unknown', 'NODE_EXTRA_CA_CERTS'],
  [withCode('UNABLE_TO_GET_ISSUER_CERT_LOCALLY'), 'authority that is unknown', 'NODE_EXTRA_CA_CERTS'],
  [withCode('CERT_HAS_EXPIRED'), 'has expired', 'Renew'],
  [withCode('ERR_TLS_CERT_ALTNAME_INVALID'), 'another name', 'REDIS_URL'],
])('%s: what, where and what to do, and no secret, of one server and of a cluster', (error, what, remedy) => {
  for (const [told, where] of [
    [refusalOf(error, SINGLE), '(redis.example:6380)'],
    [refusalOf(ofCluster(error), CLUSTER), '(redis.example:6380, other:6381)'],
  ] as const) {
    for (const words of [what, where, remedy]) expect(told?.message).toContain(words);
    expect(JSON.stringify([told?.message, told?.words])).not.toMatch(/geheim|palier:/);
  }
});

test.each([
  withCode('ECONNREFUSED'),
  withCode('ENOTFOUND'),
  answered('LOADING Redis is loading the dataset in memory'),
  answered('NOPERM this user has no permissions'),
  ofCluster(new Error('Connection is closed.')),
  new Error('Connection is closed.'),
])('%s may pass by itself, or is no matter of getting in', (error) => {
  expect(refusalOf(error, SINGLE)).toBeNull();
});

test('of a process that runs, it is told once in a while, however often it is tried', () => {
  const lines: string[] = [];
  const log = createLogger('info', 'test', { write: (line) => void lines.push(line) });
  const tell = logConnectionErrors(SINGLE, log);
  for (let attempt = 0; attempt < 100; attempt += 1) tell(answered('WRONGPASS invalid'));
  tell(withCode('ECONNREFUSED'));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('"msg":"Redis lets nobody in"');
  expect(lines[0]).not.toContain('geheim');
});
