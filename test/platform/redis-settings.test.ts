import { judgeRedis } from '../../src/platform/redis-safety.js';

const GOOD = { redis_version: '7.0.15', role: 'master', maxmemory_policy: 'noeviction', aof_enabled: '1' };
/** As Redis writes it. */
const info = (over: Partial<typeof GOOD>): string =>
  `# Server\r\n${Object.entries({ ...GOOD, ...over })
    .map(([name, value]) => `${name}:${value}`)
    .join('\r\n')}\r\n`;

test.each([
  ['as it should be', [{}], []],
  [
    'one that evicts',
    [{ maxmemory_policy: 'allkeys-lru' }],
    [['unsafe', 'maxmemory-policy is allkeys-lru', 'CONFIG SET maxmemory-policy noeviction']],
  ],
  ['one that forgets', [{ aof_enabled: '0' }], [['unsafe', 'appendonly no', 'CONFIG SET appendonly yes']]],
  [
    'two nodes of a cluster that forget, told once',
    [{}, { aof_enabled: '0' }, { aof_enabled: '0' }],
    [['unsafe', 'AOF is off']],
  ],
  [
    'both',
    [{ maxmemory_policy: 'volatile-ttl', aof_enabled: '0' }],
    [
      ['unsafe', 'volatile-ttl'],
      ['unsafe', 'appendonly'],
    ],
  ],
  ['a replica', [{ role: 'slave' }], [['unfit', 'this is a replica']]],
  ['an old one', [{ redis_version: '6.0.16' }], [['unfit', '6.0.16: 6.2 or newer']]],
  ['the oldest that will do', [{ redis_version: '6.2.0' }], []],
  ['a next one', [{ redis_version: '10.0.1' }], []],
])('%s', (_, infos, expected) => {
  const { findings } = judgeRedis(infos.map(info));
  expect(findings.map(({ grade }) => grade)).toEqual(expected.map(([grade]) => grade));
  for (const [at, [, ...parts]] of expected.entries())
    for (const part of parts) expect(findings[at]?.en).toContain(part);
});

test('a server that says nothing of itself is not believed to be safe', () => {
  const { findings, versions } = judgeRedis(['']);
  expect(findings.map(({ setting }) => setting)).toEqual(['maxmemory-policy', 'appendonly']);
  expect(versions).toEqual([]);
});

test('versions of the nodes, each once', () => {
  const infos = [{}, { redis_version: '7.2.4' }, {}].map(info);
  expect(judgeRedis(infos).versions).toEqual(['7.0.15', '7.2.4']);
});
