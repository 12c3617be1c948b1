import { parseInfo, settingsResult } from '../../src/ops/cli/checks/redis.js';

const GOOD = { redis_version: '7.0.15', role: 'master', maxmemory_policy: 'noeviction', aof_enabled: '1' };
const result = (...infos: Partial<typeof GOOD>[]) =>
  settingsResult(
    infos.map((info) =>
      parseInfo(
        `# Server\r\n${Object.entries({ ...GOOD, ...info })
          .map(([name, value]) => `${name}:${value}`)
          .join('\r\n')}`,
      ),
    ),
  );
test.each([
  ['as it should be', [{}], 'ok', []],
  [
    'one that evicts',
    [{ maxmemory_policy: 'allkeys-lru' }],
    'warning',
    ['CONFIG SET maxmemory-policy noeviction'],
  ],
  ['one that forgets', [{ aof_enabled: '0' }], 'warning', ['CONFIG SET appendonly yes']],
  [
    'one node of a cluster that forgets',
    [{}, { aof_enabled: '0' }, { aof_enabled: '0' }],
    'warning',
    ['appendonly'],
  ],
  [
    'both',
    [{ maxmemory_policy: 'volatile-ttl', aof_enabled: '0' }],
    'warning',
    ['volatile-ttl', 'appendonly'],
  ],
  ['a replica', [{ role: 'slave' }], 'error', ['réplique']],
  ['an old one', [{ redis_version: '6.0.16' }], 'error', ['6.2 ou plus récent']],
  ['the oldest that will do', [{ redis_version: '6.2.0' }], 'ok', []],
  ['a next one', [{ redis_version: '10.0.1' }], 'ok', []],
] as const)('%s', (_, infos, status, words) => {
  const { status: found, messages } = result(...infos);
  expect(found).toBe(status);
  const told = messages
    .map(({ fr }) => fr)
    .filter((text) => !text.startsWith('version') || text.includes(' : '));
  expect(told).toHaveLength(words.length);
  for (const [at, part] of words.entries()) expect(told[at]).toContain(part);
});
