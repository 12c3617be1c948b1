import { randomBytes } from 'node:crypto';
import { loadConfig } from '../../src/config.js';
import { createEarnerStore } from '../../src/earners/store.js';
import { markKey } from '../../src/platform/key-guard.js';
import { createLogger } from '../../src/platform/logger.js';
import { closeRedis, openConsumer } from '../../src/platform/redis.js';
import { createVault } from '../../src/platform/vault.js';
import { earnerKeyOf } from '../../src/earners/person.js';
import { enqueueAll } from '../../src/queue/enqueue.js';
import { credentialNotice, DATA_PREFIX } from '../../src/queue/jobs.js';
import { createSchemes } from '../../src/scheme/schemes.js';
import { partnerKeys } from '../../src/workers/stores.js';
import { type Pipeline, wirePipeline } from '../../src/workers/pipeline.js';
import { startWorkers } from '../../src/workers/runtime/workers.js';
import { parse } from '../support/house.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';
import { jsonOf } from './support/cli.js';
import { runningPalier, type RunningPalier } from './support/running-palier.js';

const LOU = 'lou@example.org';
const MAX = 'max@example.org';
const ZOE = 'zoe@example.org';
const KEY_B = randomBytes(32).toString('base64');
let palier: RunningPalier;
let stop: () => Promise<void>;
beforeEach(async () => {
  palier = await runningPalier({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS });
  stop = async () => {};
});
afterEach(async () => {
  await stop();
  await palier.close();
});

const keyA = (): string => palier.env['PALIER_KEY'] ?? '';
const underA = () => palier.env;
const underBoth = () => ({ ...palier.env, PALIER_KEY: KEY_B, PALIER_KEY_OLD: keyA() });
const underB = () => ({ ...palier.env, PALIER_KEY: KEY_B });

/** A worker as it starts under these variables; the one before is stopped. */
async function restart(env: Record<string, string>): Promise<Pipeline> {
  await stop();
  const redis = openConsumer(palier.redis.address);
  const { scheme } = palier.pipeline;
  const { pipeline, close } = wirePipeline({
    config: loadConfig(env),
    scheme,
    secrets: partnerKeys(scheme, env).secrets,
    redis,
    log: createLogger('silent', 'test'),
    pace: { gatherMs: 20, mirrorMaxAgeMs: 0, settleMs: 1500 },
  });
  let release = async (): Promise<void> => {};
  stop = async () => {
    stop = async () => {};
    await release();
    await close();
    closeRedis(redis);
  };
  await markKey(redis, DATA_PREFIX, pipeline.vault);
  await pipeline.schemes.start(scheme);
  const workers = startWorkers(pipeline, redis);
  release = async () => workers();
  return pipeline;
}

async function comesDue(env: Record<string, string>, ...recipients: string[]): Promise<void> {
  for (const [clientId, badgeId] of [
    ['P1', 'A'],
    ['P2', 'B'],
  ] as const)
    palier.sandbox.issueByHand({ clientId, badgeId, recipients });
  expect(await palier.type(['reconcile'], { env })).toMatchObject({ exit: 0, err: [] });
  await palier.idle();
}

const explained = async (env: Record<string, string>, who: string) => {
  const ran = await palier.type(['explain', who, '--json'], { env });
  expect(ran).toMatchObject({ exit: 0, err: [] });
  return ran.out.filter((line) => !line.startsWith('  "now_'));
};
const rekey = (env: Record<string, string>) => palier.type(['rekey', '--json'], { env });
const keyOf = ({ vault }: Pipeline, who: string) => earnerKeyOf(vault, who);
const issueCalls = () => palier.sandbox.issues().length;

test('the key changes: nobody is named anew, nothing is given twice, and the old key can go', async () => {
  let pipeline = await restart(underA());
  await comesDue(underA(), LOU, MAX);
  await until(() => palier.awards().length === 2, 'awards');
  await palier.idle();
  const [told, keys] = [await explained(underA(), LOU), [LOU, MAX].map((who) => keyOf(pipeline, who))];
  const given = palier.awards();

  pipeline = await restart(underBoth());
  expect([LOU, MAX].map((who) => keyOf(pipeline, who))).toEqual(keys);
  expect(await explained(underBoth(), LOU)).toEqual(told);
  await comesDue(underBoth(), LOU, ZOE);
  await until(() => palier.awards().length === 3, "Zoe's award");
  await palier.idle();
  expect(palier.awards()).toEqual([...given, `R1 ${ZOE}`].toSorted());
  const calls = issueCalls();

  const refused = { exit: 1, out: [], err: [expect.stringMatching(/^PALIER_KEY : ce n'est pas la clé/)] };
  for (const env of [underA(), underB()])
    expect(await palier.type(['explain', LOU], { env })).toEqual(refused);
  await expect(restart(underB())).rejects.toThrow('PALIER_KEY is not the one');

  pipeline = await restart(underBoth());
  const before = await explained(underBoth(), LOU);
  const done = await rekey(underBoth());
  expect(done.exit).toBe(0);
  expect(jsonOf(done)).toMatchObject({ records: 3, jobs: 0, unreadable: [] });
  // Max was not touched since: his record waited for it.
  expect(jsonOf(done)).not.toMatchObject({ resealed: 0 });
  expect(jsonOf(await rekey(underBoth()))).toMatchObject({ records: 3, resealed: 0 });
  expect((await palier.type(['rekey'], { env: underBoth() })).out.at(-1)).toMatch(/retirez PALIER_KEY_OLD/);
  const { redis } = pipeline;
  const oldAlone = createEarnerStore(redis, DATA_PREFIX, createVault(Buffer.from(keyA(), 'base64')));
  for (const key of [...keys, keyOf(pipeline, ZOE)])
    await expect(oldAlone.read(key)).rejects.toMatchObject({
      message: expect.stringContaining('PALIER_KEY'),
    });

  pipeline = await restart(underB());
  expect([LOU, MAX].map((who) => keyOf(pipeline, who))).toEqual(keys);
  // The rules in force, and their text, open under the new key alone.
  const easier = parse(SMALL_SCHEME.replace('at_least: 2', 'at_least: 1'), SMALL_PARTNERS);
  const { prefix, vault } = pipeline;
  const other = createSchemes({ redis: pipeline.redis, prefix, vault }, easier);
  expect((await other.now()).scheme.version).toBe(pipeline.scheme.version);
  expect(await explained(underB(), LOU)).toEqual(before);
  await comesDue(underB(), LOU, MAX, ZOE);
  expect(await palier.type(['reconcile', '--full'], { env: underB() })).toMatchObject({ exit: 0, err: [] });
  await palier.idle();
  expect(issueCalls()).toBe(calls);
  expect(await palier.type(['explain', LOU], { env: underA() })).toEqual(refused);
  expect(jsonOf(await rekey(underB()))).toMatchObject({ records: 3, resealed: 0 });
});

test('a notice that waits or failed is sealed anew; a record that no key opens is named', async () => {
  const before = await restart(underA());
  await stop();
  const earner = keyOf(before, LOU);
  const recipient = palier.pipeline.vault.seal(LOU, earner);
  const data = { kind: 'credential', earner, recipient, url: 'https://obf.example/a', source: 'passport' };
  await enqueueAll(palier.pipeline.queues.arrivals, [
    { id: 'together', name: 'arrivals', data: { arrivals: [data] } },
  ]);
  const stranger = createVault(randomBytes(32));
  const max = keyOf(before, MAX);
  await palier.pipeline.redis.set(`${DATA_PREFIX}:{${max}}`, stranger.sealValue(Buffer.from('?'), max));

  const done = await rekey(underBoth());
  expect(jsonOf(done)).toMatchObject({ records: 1, resealed: 0, jobs: 1, unreadable: [max] });
  expect(done.exit).toBe(1);
  const [job] = await palier.pipeline.queues.notices.getJobs(['waiting']);
  const notice = credentialNotice.parse(job?.data);
  expect(createVault(Buffer.from(KEY_B, 'base64')).open(notice.recipient, earner)).toBe(LOU);
});

test('a wrong PALIER_KEY_OLD is told by its name, and never shown', async () => {
  for (const [old, told] of [
    ['bWFyaw==', /^PALIER_KEY_OLD : 32 octets/],
    [keyA(), /^PALIER_KEY_OLD : c'est PALIER_KEY elle-même/],
  ] as const) {
    const ran = await palier.type(['rekey'], { env: { ...underA(), PALIER_KEY_OLD: old } });
    expect(ran).toEqual({ exit: 1, out: [], err: [expect.stringMatching(told)] });
    expect(ran.err.join('')).not.toContain(old);
  }
});
