import { setImmediate } from 'node:timers/promises';
import { asClientId } from '../../src/ids.js';
import { askAccounts } from '../../src/ops/cli/session.js';
import { openProducer } from '../../src/platform/redis.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';
import { jsonOf } from './support/cli.js';
import { runningPalier, type RunningPalier } from './support/running-palier.js';

let palier: RunningPalier;
beforeEach(async () => {
  palier = await runningPalier({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS });
});
afterEach(() => palier.close());

const issue = (badge: 'A' | 'B' | 'C' | 'R1', ...recipients: string[]) =>
  palier.sandbox.issueByHand({
    clientId: { A: 'P1', B: 'P2', C: 'P1', R1: 'REGION' }[badge],
    badgeId: badge,
    recipients,
  });
const pupils = (n: number) => Array.from({ length: n }, (_, at) => `eleve.${at}@example.org`);

describe('reconcile', () => {
  test('finds what nobody told of, and has the workers read it', async () => {
    issue('A', 'lou@example.org');
    issue('B', 'lou@example.org');
    const first = await palier.type(['reconcile']);
    expect(first).toEqual({
      exit: 0,
      err: [],
      out: ['3 comptes OBF lus. Événements qui manquaient, mis en file pour les workers : 2.'],
    });
    palier.work();
    await until(() => palier.awards().length > 0, 'award');
    await palier.idle();
    expect(palier.awards()).toEqual(['R1 lou@example.org']);
    expect((await palier.type(['reconcile'])).out).toEqual([
      '3 comptes OBF lus. Aucun événement ne manquait.',
    ]);
  });

  test('one account that cannot be read: the others are, it is named, and the exit code is 1', async () => {
    issue('B', 'lou@example.org');
    palier.sandbox.fault({ kind: 'status', status: 400, route: 'GET events', clientId: 'P1', times: 9 });
    const ran = await palier.type(['reconcile', '--json']);
    expect(ran.exit).toBe(1);
    expect(jsonOf(ran)).toEqual({
      ok: false,
      accounts_read: 2,
      events: 1,
      unread: [
        {
          client: 'P1',
          why: expect.stringMatching(
            /^Organisme un : OBF refuse la clé d'API : vérifiez client_id P1, KEY_P1 /,
          ),
        },
      ],
    });
  });

  test('OBF is away: three accounts in a row, and the rest is not waited for', async () => {
    const away = await runningPalier({
      scheme: SMALL_SCHEME,
      partners:
        SMALL_PARTNERS +
        Array.from(
          { length: 20 },
          (_, at) =>
            `  - { client_id: Q${at}, name: Q${at}, secret_env: KEY_Q${at}, badges: [{ id: BQ${at}, competency: communiquer, level: 1 }] }\n`,
        ).join(''),
    });
    away.sandbox.fault({ kind: 'reset', route: 'GET events', times: 1000 });
    const ran = await away.type(['reconcile']);
    const { calls } = away.sandbox;
    const asked = new Set(
      calls.filter(({ route }) => route === 'GET events').map(({ clientId }) => clientId),
    );
    await away.close();
    expect(ran.exit).toBe(1);
    expect(ran.out).toContain('  OBF ne répondant plus, comptes non demandés : 20');
    expect(asked.size).toBe(3);
  });

  test('a key that is not set: told by its variable, and nothing is read', async () => {
    const { KEY_P2: _, ...env } = palier.env;
    const ran = await palier.type(['reconcile'], { env });
    expect(ran).toMatchObject({
      exit: 1,
      out: [],
      err: [expect.stringMatching(/^KEY_P2 : la variable manque/)],
    });
    expect(palier.sandbox.calls).toEqual([]);
  });
});

describe('reconcile --full', () => {
  /** Half of a class has its award, the other half is about to, and the Région gave one by hand. */
  async function halfway(all: readonly string[]): Promise<() => Promise<void>> {
    const half = all.length / 2;
    issue('A', ...all);
    issue('B', ...all.slice(0, half));
    issue('R1', 'par.la.main@example.org');
    const stop = palier.work();
    await palier.type(['reconcile']);
    await until(() => palier.awards().length === half, 'first awards');
    issue('B', ...all.slice(half));
    await palier.type(['reconcile']);
    return stop;
  }

  test('all of Redis is lost: rebuilt, the same awards, none twice, and the drift tells all of it', async () => {
    const all = pupils(40);
    const stop = await halfway(all);
    await stop();
    const issued = palier.awards().length;
    await palier.flushAll();
    const { exit, out } = await palier.type(['reconcile', '--full']);
    expect(exit).toBe(0);
    const events = palier.sandbox.eventsOf('REGION', 'R1').length + 3;
    expect(out).toEqual([
      'Écarts avec OBF, réparés :',
      `  événements qui manquaient, ou avaient changé : ${events}`,
      `  badges Région retrouvés dans OBF (délivrés à la main, ou perdus avec Redis) : ${issued + 1}`,
      '  badges Région révoqués à notre insu : 0',
      '  badges de partenaires qui manquaient : 80',
      '  badges de partenaires révoqués à notre insu : 0',
      '  badges de partenaires dont une date avait changé : 0',
      "  badges de partenaires qu'OBF n'a plus (ils ne comptent plus) : 0",
      'Personnes que les workers réévaluent : 41.',
    ]);
    palier.work();
    await until(() => palier.awards().length >= 40, 'all awards');
    await palier.idle();
    expect(palier.awards()).toEqual(all.map((one) => `R1 ${one}`).toSorted());
  });

  test('the same beside running workers', async () => {
    const all = pupils(40);
    await halfway(all);
    await until(() => palier.awards().length > 20, 'first awards of the second half');
    await palier.flushAll();
    expect(await palier.type(['reconcile', '--full'])).toMatchObject({ exit: 0, err: [] });
    await until(() => palier.awards().length >= 40, 'all awards');
    await palier.idle();
    expect(await palier.type(['reconcile', '--full'])).toMatchObject({ exit: 0, err: [] });
    await palier.idle();
    expect(palier.awards()).toEqual(all.map((one) => `R1 ${one}`).toSorted());
  });

  test('revocations that nobody told of are found, each number in words', async () => {
    issue('A', 'lou@example.org');
    const b = issue('B', 'lou@example.org');
    const stop = palier.work();
    await palier.type(['reconcile']);
    await until(() => palier.awards().length === 1, 'award');
    await palier.idle();
    await palier.type(['reconcile', '--full']);
    await palier.idle();
    await stop();
    palier.sandbox.revokeByHand(b.id, ['lou@example.org']);
    const [given] = palier.sandbox.eventsOf('REGION', 'R1');
    palier.sandbox.revokeByHand(given?.id ?? '', ['lou@example.org']);
    const { exit, out } = await palier.type(['reconcile', '--full']);
    expect(exit).toBe(0);
    expect(out).toEqual([
      'Écarts avec OBF, réparés :',
      '  événements qui manquaient, ou avaient changé : 0',
      '  badges Région retrouvés dans OBF (délivrés à la main, ou perdus avec Redis) : 0',
      '  badges Région révoqués à notre insu : 1',
      '  badges de partenaires qui manquaient : 0',
      '  badges de partenaires révoqués à notre insu : 1',
      '  badges de partenaires dont une date avait changé : 0',
      "  badges de partenaires qu'OBF n'a plus (ils ne comptent plus) : 0",
      'Personnes que les workers réévaluent : 1.',
    ]);
    const after = await palier.type(['reconcile', '--full', '--lang', 'en']);
    expect(after.out[0]).toBe('No drift from OBF.');
  });

  test('a partner that cannot be read: the rest is, and the exit code is 1', async () => {
    issue('B', 'lou@example.org');
    palier.sandbox.fault({ kind: 'status', status: 500, route: 'GET events', clientId: 'P1', times: 9 });
    const { exit, out } = await palier.type(['reconcile', '--full']);
    expect(exit).toBe(1);
    expect(out.slice(-2)).toEqual([
      'Comptes non lus : 1',
      expect.stringMatching(/^  Organisme un : OBF ne répond pas : .* \(OBF GET events: 500 /),
    ]);
  });

  test.each(['P1', 'REGION'])('%s falls silent for a moment: the reading goes on', async (clientId) => {
    for (const badge of ['A', 'B', 'R1'] as const) issue(badge, 'lou@example.org');
    palier.sandbox.fault({ kind: 'status', status: 500, route: 'GET recipient', clientId, times: 2 });
    palier.sandbox.fault({ kind: 'reset', route: 'GET recipient', clientId, times: 1 });
    const { exit, out } = await palier.type(['reconcile', '--full']);
    expect({ exit, out }).toEqual({
      exit: 0,
      out: [
        'Écarts avec OBF, réparés :',
        '  événements qui manquaient, ou avaient changé : 3',
        '  badges Région retrouvés dans OBF (délivrés à la main, ou perdus avec Redis) : 1',
        '  badges Région révoqués à notre insu : 0',
        '  badges de partenaires qui manquaient : 2',
        '  badges de partenaires révoqués à notre insu : 0',
        '  badges de partenaires dont une date avait changé : 0',
        "  badges de partenaires qu'OBF n'a plus (ils ne comptent plus) : 0",
        'Personnes que les workers réévaluent : 1.',
      ],
    });
  });

  test('Redis falls silent for longer than a command waits: the reading goes on, and counts nothing twice', async () => {
    const all = pupils(40);
    for (const one of all) issue('A', one);
    palier.sandbox.fault({ kind: 'slow', ms: 500, route: 'GET recipient', times: 1000 });
    // One that gives up sooner than an operator's own: the silence need not be as long.
    const running = palier.type(['reconcile', '--full', '--lang', 'en'], { openRedis: openProducer });
    await until(
      () => palier.sandbox.calls.some((one) => one.route === 'GET recipient' && one.clientId === 'P1'),
      'recipients on their way',
    );
    palier.redis.freeze();
    const thaw = setTimeout(() => palier.redis.thaw(), 2500);
    const { exit, out, err } = await running;
    clearTimeout(thaw);
    expect({ exit, err }).toEqual({ exit: 0, err: [] });
    expect(out).toContain('  events that were missing, or had changed: 40');
    expect(out).toContain("  partners' badges that were missing: 40");
    expect(out.at(-1)).toBe('Earners whom the workers evaluate anew: 40.');
  });

  test("the Région's account cannot be read: nobody is evaluated", async () => {
    issue('A', 'lou@example.org');
    palier.sandbox.fault({ kind: 'status', status: 400, route: 'GET events', clientId: 'REGION', times: 9 });
    const { exit, out, err } = await palier.type(['reconcile', '--full']);
    expect({ exit, out }).toEqual({ exit: 1, out: [] });
    expect(err).toEqual([
      expect.stringMatching(/^Région : OBF refuse la clé d'API : vérifiez OBF_CLIENT_ID, OBF_CLIENT_SECRET /),
      expect.stringContaining("personne n'est réévalué"),
    ]);
    expect(await palier.pipeline.queues.earners.getWaitingCount()).toBe(0);
  });
});

test.each([[['reconcile']], [['reconcile', '--full']]])(
  '%j: Ctrl-C ends it at once and cleanly',
  async (argv) => {
    palier.sandbox.fault({ kind: 'black-hole', route: 'GET events', times: 100 });
    let interrupt: () => void = () => undefined;
    const running = palier.type(argv, {
      onInterrupt: (stop) => {
        interrupt = stop;
        return () => undefined;
      },
    });
    await until(() => palier.sandbox.calls.some(({ route }) => route === 'GET events'), 'first call');
    const startedAt = performance.now();
    interrupt();
    expect(await running).toEqual({
      exit: 1,
      out: [],
      err: [expect.stringMatching(/^Interrompu avant la fin/)],
    });
    // A call of OBF is waited for much longer.
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  },
);

test('Redis goes away in the middle: said so, with what to do', async () => {
  palier.sandbox.fault({ kind: 'slow', ms: 300, route: 'GET events', times: 100 });
  issue('A', 'lou@example.org');
  const running = palier.type(['reconcile']);
  await until(() => palier.sandbox.calls.some(({ route }) => route === 'GET events'), 'first call');
  await palier.redis.kill();
  const { exit, err } = await running;
  expect(exit).toBe(1);
  expect(err).toEqual([
    expect.stringMatching(/^Redis a fait défaut en cours de route \(127\.0\.0\.1:\d+[^)]*\) : /),
  ]);
  await palier.redis.restart();
});

test('interrupted, the reading of accounts ends once the account in hand is let go', async () => {
  const stop = new AbortController();
  let inHand = 0;
  const ask = async () => {
    inHand += 1;
    stop.abort();
    await setImmediate();
    inHand -= 1;
    stop.signal.throwIfAborted();
  };
  const { scheme } = palier.pipeline;
  const clients = [asClientId('P1'), asClientId('P2')];
  const asked = askAccounts(scheme, clients, ask, { concurrency: 1, signal: stop.signal });
  await expect(asked).rejects.toMatchObject({ name: 'AbortError' });
  expect(inHand).toBe(0);
});
