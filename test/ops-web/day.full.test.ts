import type { EventRecord } from '../../src/sandbox/world.js';
import { openHouse, type House } from '../support/house.js';
import { keysLike, withRedisAt } from '../support/redis.js';
import { until } from '../support/until.js';
import { signedIn, type Browser, type Reply } from './support/browser.js';
import { fieldsOf, linkNamed } from './support/forms.js';
import { OPERATOR, OPS_SETTINGS } from './support/people.js';
import { textOf } from './support/text.js';

/** A badge of Organisme un or trois is enough; level 2 comes from Organisme deux. */
const SCHEME = `
scheme: Essai
competencies: { communiquer: { name: Communiquer } }
awards:
  communiquer-1: { name: "Communiquer : je pratique", badge: R1, rule: { at_least: 1, of: { competency: communiquer, level: 1 } } }
  communiquer-2: { name: "Communiquer : je maîtrise", badge: R2, rule: { at_least: 1, of: { competency: communiquer, level: 2 } } }
`;
const PARTNERS = `
partners:
  - { client_id: P1, name: Organisme un, secret_env: K1, badges: [{ id: A, name: Badge A, competency: communiquer, level: 1 }] }
  - { client_id: P2, name: Organisme deux, secret_env: K2, badges: [{ id: B, name: Badge B, competency: communiquer, level: 2 }] }
  - { client_id: P3, name: Organisme trois, secret_env: K3, badges: [{ id: C, name: Badge C, competency: communiquer, level: 1 }] }
`;
const HOUR_MS = 3_600_000;
const NOTICES = 1000;
/** Each of the class is told of many times over, as a year's badges would be. */
const CLASS = Array.from({ length: 100 }, (_, at) => `eleve${at}@example.org`);
const [LEA, TOM] = ['lea@example.org', 'tom@example.org'];
const OF_TROIS = ['noe@example.org', 'eva@example.org'];
const MANY = 1_000_000;

let house: House;
let operator: Browser;
let aheadMs = 0;
beforeEach(async () => {
  const now = Date.now.bind(Date);
  aheadMs = 0;
  jest.spyOn(Date, 'now').mockImplementation(() => now() + aheadMs);
  house = await openHouse({
    scheme: SCHEME,
    partners: PARTNERS,
    ops: OPS_SETTINGS,
    pace: { mirrorMaxAgeMs: 60_000 },
  });
  operator = await signedIn(house.opsUrl, OPERATOR);
});
afterEach(async () => {
  await house.close();
  jest.restoreAllMocks();
});

const read = async (path: string): Promise<string> => textOf((await operator.get(path)).html);
/** Follows the link of these words, as a reader of the page does. */
const follow = async (page: Reply, words: string): Promise<Reply> => {
  const next = await operator.follow(await operator.get(linkNamed(page.html, words)));
  expect(next.status).toBe(200);
  return next;
};
/** Sends what failed back to work, by the form of a page. */
const sendFrom = async (page: Reply): Promise<Reply> => {
  const to = '/ops/echecs/renvoyer';
  return operator.follow(await operator.post(to, fieldsOf(page.html, to)));
};

/** OBF announces them all; the door takes every one. */
async function announce(events: readonly EventRecord[]): Promise<void> {
  const left = [...events];
  const sender = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop())
      expect(await house.notify(next)).toBe(202);
  };
  await Promise.all(Array.from({ length: 32 }, sender));
}
/** The age of a job is told by Redis' clock: those that wait came an hour earlier. */
async function anHourPasses(): Promise<void> {
  const [{ queues }] = house.pipelines;
  const { arrivals, notices } = queues;
  await until(async () => (await arrivals.getJobCountByTypes()) === 0, 'notices of their own', 120_000);
  const jobs = await notices.getJobs(['waiting', 'prioritized', 'delayed', 'active']);
  await withRedisAt(house.redisUrl, async (redis) => {
    for (const { id, timestamp } of jobs)
      await redis.hset(notices.toKey(id ?? ''), 'timestamp', timestamp - HOUR_MS);
  });
}
const given = (badge: string, addresses: readonly string[]): string[] =>
  addresses.map((address) => `${badge} ${address}`);

test('OBF is down for an hour, 1 000 notices wait, two jobs fail for good, a key is wrong: seen, understood, mended', async () => {
  await announce([house.issue({ clientId: 'P1', badgeId: 'A', recipients: [LEA] })]);
  await until(() => house.awards().length === 1, 'the first award of the day');
  await house.idle();
  expect(await read('/ops')).toMatch(/Avis à lire \| 0 \|/);

  // OBF goes down, and its partners issue on.
  house.sandbox.fault({ route: /./, kind: 'status', status: 503, retryAfterS: 1, times: MANY });
  house.sandbox.addBadge({ clientId: 'P1', id: 'Z', name: 'Un badge que la Région ne compte pas' });
  const ofUn = Array.from({ length: NOTICES - 3 }, (_, at) =>
    house.issue({
      clientId: 'P1',
      badgeId: at % 4 === 0 ? 'A' : 'Z',
      recipients: [CLASS[(at >> 2) % CLASS.length] ?? ''],
    }),
  );
  const ofDeux = house.issue({ clientId: 'P2', badgeId: 'B', recipients: [TOM] });
  const ofTrois = OF_TROIS.map((address) =>
    house.issue({ clientId: 'P3', badgeId: 'C', recipients: [address] }),
  );
  await announce([...ofUn, ofDeux, ...ofTrois]);
  await anHourPasses();

  // They see that it is OBF, how much waits, since when, and that nothing is for them to do.
  // Some are with the worker, which waits for OBF; one that is being made a job of its own may be counted as both.
  const WAIT = /Des avis attendent d’être lus \((9\d\d|1\s00\d)\), le plus ancien depuis 1 h/;
  const down = await until(
    async () => {
      const home = await read('/ops');
      return home.includes('OBF ne répond pas bien') && WAIT.test(home) && home;
    },
    'OBF told to be down, and all that wait',
    120_000,
  );
  expect(down).toMatch(/À régler OBF ne répond pas bien : .* Palier réessaie seul ; rien n’est perdu/);
  expect(down).toMatch(/Avis à lire \| (9\d\d|1\s00\d), le plus ancien depuis 1 h/);
  expect(down).not.toContain('Tout va bien');
  await until(async () => (await read('/ops/echecs')).includes('Rien n’est en échec'), 'nothing failed');
  expect(house.awards()).toHaveLength(1);

  // OBF comes back; two events of Organisme trois are not there yet, and the key of Organisme deux is wrong.
  house.sandbox.clearFaults();
  house.sandbox.fault({ route: 'GET event', clientId: 'P3', kind: 'status', status: 404, times: 2 });
  house.sandbox.fault({ route: 'POST token', clientId: 'P2', kind: 'status', status: 403, times: MANY });
  await until(async () => (await house.failedReasons()).length === 3, 'three failed jobs', 240_000);
  await until(() => house.awards().length === 1 + CLASS.length, 'the awards of the class', 240_000);
  const unread = (): Promise<number> => house.pipelines[0].queues.notices.getJobCountByTypes('waiting');
  await until(async () => (await unread()) === 0, 'every notice read', 240_000);
  await house.idle();
  expect(house.awards().toSorted()).toEqual(given('R1', [LEA, ...CLASS]).toSorted());

  const home = await until(async () => {
    const page = await operator.get('/ops');
    return page.html.includes('OBF refuse la clé') && page;
  }, 'the wrong key told');
  expect(textOf(home.html)).toMatch(/3 travaux ont échoué/);
  expect(textOf(home.html)).toMatch(/OBF refuse la clé d’API de « Organisme deux »/);
  expect(textOf(home.html)).toMatch(/Avis à lire \| 0 \|/);
  // Why Tom has nothing yet is a question that the organisation's page answers.
  expect(textOf((await follow(home, 'Voir l’organisme')).html)).toContain('clé');

  const failures = await until(async () => {
    const page = await operator.get('/ops/echecs');
    return page.html.includes('(3 travaux)') && page;
  }, 'them counted');
  const early = await follow(failures, 'OBF ne connaît pas l’événement annoncé');
  expect(textOf(early.html)).toContain('renvoyez une fois');
  expect(textOf(early.html)).toMatch(/Combien \| 2 \|/);
  const sent = await sendFrom(early);
  expect(textOf(sent.html)).toContain('2 travaux renvoyés, avec toutes leurs tentatives.');
  await until(() => house.awards().length === 3 + CLASS.length, 'the awards of Organisme trois');

  // Sent again too early, it fails again, and is still there.
  const key = 'OBF refuse la clé d’API de « Organisme deux »';
  const refused = await follow(await operator.get('/ops/echecs'), key);
  await sendFrom(refused);
  await until(async () => (await read('/ops/echecs')).includes('(1 travail)'), 'it again');
  await house.idle();
  house.sandbox.clearFaults();
  // What OBF said of a key is believed for ten seconds.
  const { redis } = house.pipelines[0];
  const asked = (): Promise<readonly string[]> => keysLike(redis, `${house.dataPrefix}:obf:*:asked`);
  await until(async () => (await asked()).length === 0, 'a key that may be tried again');
  await sendFrom(await follow(await operator.get('/ops/echecs'), key));
  await until(() => house.awards().length === 4 + CLASS.length, 'the award of Organisme deux');
  await house.idle();

  expect(house.awards().toSorted()).toEqual(
    [...given('R1', [LEA, ...CLASS, ...OF_TROIS]), ...given('R2', [TOM])].toSorted(),
  );
  await until(async () => (await read('/ops/echecs')).includes('Rien n’est en échec'), 'nothing failed');
  aheadMs += 2 * HOUR_MS;
  await until(async () => (await read('/ops')).includes('Tout va bien.'), 'all well');
}, 600_000);
