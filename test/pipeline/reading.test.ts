import { recordKey } from '../../src/earners/store.js';
import { asClientId } from '../../src/ids.js';
import { readProblemsSection } from '../../src/ops/cli/stats.js';
import { createVault } from '../../src/platform/vault.js';
import { createSchemes } from '../../src/scheme/schemes.js';
import { pollEvents } from '../../src/workers/ingest/poll-events.js';
import { verifyAccounts } from '../../src/workers/ingest/verify-accounts.js';
import { type House, openHouse, parse, REGION } from '../support/house.js';
import { earn, SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';
import { randomBytes } from 'node:crypto';

describe('first look', () => {
  /** What OBF still writes, changes or takes back is found, and counted by the issue calls that it received. */
  const LOU = 'lou@example.org';
  const SAM = 'sam@example.org';
  const [P1, P2] = [asClientId('P1'), asClientId('P2')];

  /** Of the sandbox: a list of three pages is short. */
  const PAGE = 20;

  let house: House;
  beforeEach(async () => {
    house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, sandbox: { pageRows: PAGE } });
  });
  afterEach(() => house.close());

  const never = (): AbortSignal => new AbortController().signal;
  const readAll = () => verifyAccounts(house.pipelines[0], () => undefined, never());
  const verify = async () => {
    const drift = await readAll();
    await house.idle();
    return drift;
  };
  const poll = async (clientId = P1): Promise<void> => {
    await pollEvents(house.pipelines[0], clientId, never());
    await house.idle();
  };
  const give = (clientId: string, badgeId: string, ...recipients: string[]) =>
    house.issue({ clientId, badgeId, recipients });
  /** Everybody gets one badge of two, all of it read. */
  const half = async (...recipients: string[]) => {
    const event = give('P2', 'B', ...recipients);
    await house.given(event);
    return event;
  };
  const awards = (): string[] => house.awards().toSorted();
  const readProblems = () => house.pipelines[0].readProblems.list();

  describe('a reading that stops when it has stored, and has nobody evaluated', () => {
    /** The Région's account comes first, then P1's. */
    const stopAfterP1 = async (): Promise<void> => {
      const stopped = new AbortController();
      let accounts = 0;
      const progress = (): void => {
        accounts += 1;
        if (accounts === 2) stopped.abort(new Error('stopped'));
      };
      await expect(verifyAccounts(house.pipelines[0], progress, stopped.signal)).rejects.toThrow('stopped');
      await house.idle();
    };

    test('the next one of the clock gives what is due', async () => {
      await half(LOU, SAM);
      give('P1', 'A', LOU);
      await stopAfterP1();
      expect(awards()).toEqual([]);

      await house.pipelines[0].queues.maintenance.add('verify', { kind: 'verify' });
      await until(() => awards().length === 1, 'issue call');
      await house.idle();
      expect(awards()).toEqual([`R1 ${LOU}`]);
    });

    test('the next one, by hand or not, flags what is lost', async () => {
      const { flags } = house.pipelines[0];
      await half(LOU);
      const event = give('P1', 'A', LOU);
      await house.given(event);
      expect(awards()).toEqual([`R1 ${LOU}`]);
      house.sandbox.revokeByHand(event.id, [LOU]);
      await stopAfterP1();
      expect(await flags.list()).toHaveLength(0);

      // What is stored is no change any more.
      expect((await verify()).revocations).toBe(0);
      expect(await flags.list()).toHaveLength(1);
      expect(house.sandbox.issues()).toHaveLength(1);
    });
  });

  describe('incomplete at the first look', () => {
    test.each([
      ['an empty list', 1, 0],
      ['two of five', 5, 2],
    ])(
      '%s: those shown are served, the others by themselves once they are written',
      async (_, count, visible) => {
        const people = Array.from({ length: count }, (__, at) => `personne.${at}@example.org`);
        await half(...people);
        house.sandbox.writeSlowly('A', visible);
        const event = give('P1', 'A', ...people);
        await house.tell(event);
        await until(async () => (await readProblems()).length === 1, 'problem noted');
        await until(() => awards().length === visible, 'those who are shown');
        expect(await readProblems()).toMatchObject([
          { clientId: 'P1', eventId: event.id, missing: { seen: visible, expected: count } },
        ]);
        house.sandbox.written(event.id);
        await until(() => awards().length === count, 'everybody');
        await house.idle();
        expect(awards()).toEqual(people.map((one) => `R1 ${one}`).toSorted());
        expect([await readProblems(), await house.failedReasons()]).toEqual([[], []]);
      },
    );

    test('a count that OBF does not tell is not nought', async () => {
      await half(LOU);
      house.sandbox.writeSlowly('A', 0);
      const event = give('P1', 'A', LOU);
      house.sandbox.lists.oddRow('event', event.id, { recipient_count: null });
      await house.tell(event);
      await until(async () => (await readProblems()).length === 1, 'problem noted');
      house.sandbox.written(event.id);
      await until(() => awards().length > 0, 'award');
      await house.idle();
      expect(awards()).toEqual([`R1 ${LOU}`]);
    });

    test('a hand-issued award that the Région’s account does not show yet is not given a second time', async () => {
      house.sandbox.writeSlowly('R1', 1);
      const byHand = give(REGION, 'R1', SAM, LOU);
      await half(LOU);
      await house.tell(give('P1', 'A', LOU));
      const [{ queues }] = house.pipelines;
      const waits = async () => (await queues.awards.getDelayed()).some(({ name }) => name === 'batch');
      await until(waits, 'batch that waits');
      expect(house.sandbox.issues()).toEqual([]);
      house.sandbox.written(byHand.id);
      await queues.awards.promoteJobs();
      await house.idle();
      expect(house.sandbox.issues()).toEqual([]);
    });
  });

  describe('an answer that is not OBF’s own', () => {
    test.each([
      ['GET recipient', 301, 1],
      ['GET recipient', 302, 1],
      ['GET recipient', 307, 1],
      ['GET recipient', 404, 1],
      ['GET recipient', 403, 2],
      ['GET event', 404, 1],
      ['POST token', 404, 1],
    ] as const)('%s answers %i: the job tries again, and needs no poll', async (route, status, times) => {
      await half(LOU);
      house.sandbox.fault({
        route,
        clientId: 'P1',
        kind: 'status',
        status,
        body: '<p>Maintenance</p>',
        times,
      });
      await house.given(give('P1', 'A', LOU));
      expect(
        house.sandbox.calls.filter((call) => call.route === route && call.status === status),
      ).toHaveLength(times);
      expect(house.sandbox.issues()).toHaveLength(1);
      expect([awards(), await house.failedReasons()]).toEqual([[`R1 ${LOU}`], []]);
    });
  });

  describe('changed after it was read', () => {
    test.each([[true], [false]])(
      'a recipient appended (mtime moves: %s) is found by the poll',
      async (movesMtime) => {
        await half(LOU, SAM);
        const event = give('P1', 'A', SAM);
        await poll();
        expect(awards()).toEqual([`R1 ${SAM}`]);
        house.sandbox.appendByHand(event.id, [LOU], { movesMtime });
        await poll();
        expect(awards()).toEqual([`R1 ${LOU}`, `R1 ${SAM}`]);
      },
    );

    test('a recipient appended to an event that was read, and an update told: the award follows', async () => {
      await half(LOU, SAM);
      const event = give('P1', 'A', SAM);
      await house.given(event);
      expect(awards()).toEqual([`R1 ${SAM}`]);
      house.sandbox.appendByHand(event.id, [LOU], { movesMtime: false });
      for (let again = 0; again < 2; again += 1) {
        expect(await house.notify(event, 'badge.updated')).toBe(202);
        await house.idle();
      }
      expect(house.sandbox.issues().map(({ recipients }) => recipients)).toEqual([[SAM], [LOU]]);
      expect(await house.failedReasons()).toEqual([]);
    });

    test('a badge revoked in OBF, and an update told: it counts no more, and its award is not given', async () => {
      const event = await half(LOU, SAM);
      house.sandbox.revokeByHand(event.id, [LOU]);
      expect(await house.notify(event, 'badge.updated')).toBe(202);
      await house.idle();
      expect(await unlikeObf([LOU, SAM])).toEqual([]);
      await house.given(give('P1', 'A', LOU, SAM));
      expect(house.sandbox.issues().map(({ recipients }) => recipients)).toEqual([[SAM]]);
    });

    test('a notice of an update that failed is no failure any more once the event is read', async () => {
      const event = await half(LOU);
      house.sandbox.fault({ route: 'GET event', clientId: 'P2', kind: 'status', status: 400 });
      expect(await house.notify(event, 'badge.updated')).toBe(202);
      await house.idle();
      expect(await house.failedReasons()).toHaveLength(1);
      await house.given(event);
      expect(await house.failedReasons()).toEqual([]);
    });

    test('appended by hand to an award of the Région: it is held, and not given a second time', async () => {
      const byHand = give(REGION, 'R1', SAM);
      await poll(asClientId(REGION));
      await half(LOU);
      house.sandbox.appendByHand(byHand.id, [LOU], { movesMtime: false });
      await house.given(give('P1', 'A', LOU));
      expect(house.sandbox.issues()).toEqual([]);
      expect(house.sandbox.awarded(LOU)).toEqual(['P2/B', `${REGION}/R1`, 'P1/A']);
    });

    test('revoked, deleted or ended without a word: two verifications later the portfolios equal OBF', async () => {
      const [a, b] = [await half(LOU), give('P1', 'A', LOU, SAM)];
      await house.tell(b);
      const gone = give('P1', 'C', SAM);
      await poll();
      expect(awards()).toEqual([`R1 ${LOU}`]);
      house.sandbox.revokeByHand(a.id, [LOU]);
      house.sandbox.removeByHand(gone.id);
      house.sandbox.expire(b.assertions[1]?.id ?? '', 1_700_000_000);
      expect(await verify()).toMatchObject({
        revocations: 1,
        gone: 1,
        changed: 1,
        earners: 2,
        unreadable: [],
      });
      expect(await verify()).toMatchObject({ revocations: 0, gone: 0, changed: 0, earners: 0 });
      expect(await unlikeObf([LOU, SAM])).toEqual([]);
      // What was lost by revocation follows `on_loss`, which flags here.
      expect(await house.pipelines[0].flags.list()).toHaveLength(1);
    });

    test('an award revoked by hand, without a word, stays away', async () => {
      await half(LOU);
      await house.given(give('P1', 'A', LOU));
      const [issued] = house.sandbox.eventsOf(REGION);
      await poll(asClientId(REGION));
      house.sandbox.revokeByHand(issued?.id ?? '', [LOU]);
      expect(await verify()).toMatchObject({ awardsRevoked: 1 });
      await house.given(give('P1', 'C', LOU));
      expect(awards()).toEqual([`R1 ${LOU}`]);
    });

    test('a revoked badge that OBF hides, and still counts, counts no more; shown again, it does', async () => {
      const b = await half(LOU);
      house.sandbox.eventNamed(b.id).visible = 0;
      expect(await readAll()).toMatchObject({ gone: 1, earners: 1 });
      const { earners } = house.pipelines[0].queues;
      const a = give('P1', 'A', LOU);
      await house.tell(a);
      await until(async () => (await house.pipelines[0].events.count(P1)) === 1, 'event of the other');
      await until(async () => (await earners.getJobCountByTypes('waiting', 'active')) === 0, 'evaluation');
      expect(awards()).toEqual([]);
      house.sandbox.written(b.id);
      await verify();
      expect(awards()).toEqual([`R1 ${LOU}`]);
    });

    test('whom a list hides is asked for by name, and still counts', async () => {
      const hidden = await half(LOU);
      house.sandbox.hideRecipients(hidden.id, [LOU]);
      expect(await verify()).toMatchObject({ gone: 0, revocations: 0 });
      await house.given(give('P1', 'A', LOU));
      expect(awards()).toEqual([`R1 ${LOU}`]);
    });
  });

  describe('a part of a list', () => {
    test('a page and one recipient, and one appended in front between two pages: nobody is missing', async () => {
      const people = Array.from({ length: PAGE + 1 }, (_, at) => `personne.${at}@example.org`);
      await half(`personne.${PAGE}@example.org`, LOU);
      const event = give('P1', 'A', ...people);
      house.sandbox.lists.orderPages('P1', 'recipients', 'newest-first');
      const done = house.sandbox.lists.beforePage('P1', 'recipients', (offset) => {
        if (offset === 0) return;
        done();
        house.sandbox.appendByHand(event.id, [LOU]);
      });
      await house.given(event);
      await poll();
      expect(awards()).toEqual([`R1 ${LOU}`, `R1 personne.${PAGE}@example.org`]);
    });

    test('more than two pages of events, some deleted while they are read: a new one in the middle is found', async () => {
      await half(LOU);
      const events = Array.from({ length: 2 * PAGE + 3 }, (_, at) =>
        give('P1', 'A', at === PAGE ? LOU : `personne.${at % 10}@example.org`),
      );
      const [{ events: index, obf }] = house.pipelines;
      for (let offset = 0; offset < events.length; offset += PAGE) {
        const rows = (await obf.account(P1)?.events({ offset }))?.rows ?? [];
        await index.put(
          P1,
          rows.filter(({ id }) => String(id) !== events[PAGE]?.id),
        );
      }
      const done = house.sandbox.lists.beforePage('P1', 'events', (offset) => {
        if (offset === 0) return;
        done();
        for (const { id } of events.slice(3, 6)) house.sandbox.removeByHand(id);
      });
      await verify();
      expect(awards()).toEqual([`R1 ${LOU}`]);
    });
  });

  test('an event whose notice came too early, and failed, is read by the next poll', async () => {
    await half(LOU);
    house.sandbox.fault({ route: 'GET event', clientId: 'P1', kind: 'status', status: 404 });
    await house.given(give('P1', 'A', LOU));
    expect([awards(), await house.failedReasons()]).toMatchObject([[], { length: 1 }]);
    await poll();
    expect([awards(), await house.failedReasons()]).toEqual([[`R1 ${LOU}`], []]);
  });

  test.each([
    ['too small', 5],
    ['not told', null],
  ])('a count that is %s, and recipients on two pages: nobody is missing', async (_, count) => {
    const people = Array.from({ length: PAGE + 5 }, (__, at) => `personne.${at}@example.org`);
    await half(...people);
    const event = give('P1', 'A', ...people);
    for (const list of ['events', 'event'] as const)
      house.sandbox.lists.oddRow(list, event.id, { recipient_count: count });
    await verify();
    expect(awards()).toHaveLength(people.length);
  });

  test('a list that tells no count: its events are read once, not at every poll', async () => {
    const event = give('P1', 'A', LOU);
    house.sandbox.lists.oddRow('events', event.id, { recipient_count: null });
    await poll();
    const before = house.sandbox.calls.length;
    await poll();
    expect(house.sandbox.calls.slice(before).map(({ route }) => route)).toEqual(['GET events']);
  });

  test('an address that the issuer corrects: the badge counts for the other one alone', async () => {
    const event = await half(SAM);
    Object.assign(event.assertions[0] ?? {}, { email: LOU });
    expect(await verify()).toMatchObject({ assertions: 1, gone: 1, unreadable: [] });
    expect(await unlikeObf([LOU, SAM])).toEqual([]);
    await house.given(give('P1', 'A', LOU, SAM));
    expect(awards()).toEqual([`R1 ${LOU}`]);
  });

  describe('a row that cannot be read', () => {
    test('an id that no job may hold stops no other event, and is named', async () => {
      await half(LOU);
      const odd = give('P1', 'A', SAM);
      give('P1', 'A', LOU);
      house.sandbox.lists.oddRow('events', odd.id, { id: 'a:b' });
      await poll();
      expect(awards()).toEqual([`R1 ${LOU}`]);
      expect(await readProblems()).toMatchObject([{ clientId: 'P1', list: 'events', fields: ['id'] }]);
    });

    test('of two recipients one has no id: the other is served, the row is named without an address', async () => {
      await half(LOU, SAM);
      const event = give('P1', 'A', LOU, SAM);
      house.sandbox.lists.oddRow('recipients', event.assertions[0]?.id ?? '', { assertion_id: null });
      await house.given(event);
      expect(awards()).toEqual([`R1 ${SAM}`]);
      const [reason = ''] = await house.failedReasons();
      expect(reason).toMatch(new RegExp(`client P1, event ${event.id}, field assertion_id`));
      expect(await readProblems()).toMatchObject([
        { clientId: 'P1', list: 'recipients', eventId: event.id, fields: ['assertion_id'] },
      ]);
      expect((await readProblemsSection(house.pipelines[0])).lines).toEqual([
        {
          fr: `Organisme un, événement ${event.id} : une ligne est illisible (champ assertion_id)`,
          en: `Organisme un, event ${event.id}: a row cannot be read (field assertion_id)`,
        },
      ]);
      expect(JSON.stringify([reason, await readProblems()])).not.toContain('@');
      house.sandbox.lists.mendRows();
      await verify();
      expect(awards()).toEqual([`R1 ${LOU}`, `R1 ${SAM}`]);
      expect([await readProblems(), await house.failedReasons()]).toEqual([[], []]);
    });

    test('deleted before the row was mended: nothing is named any more', async () => {
      await half(LOU, SAM);
      const event = give('P1', 'A', LOU, SAM);
      house.sandbox.lists.oddRow('recipients', event.assertions[0]?.id ?? '', { assertion_id: null });
      await house.given(event);
      expect(await house.failedReasons()).toHaveLength(1);
      house.sandbox.lists.mendRows();
      house.sandbox.removeByHand(event.id);
      expect(await verify()).toMatchObject({ gone: 1, unreadable: [] });
      expect([await readProblems(), await house.failedReasons()]).toEqual([[], []]);
      expect(await unlikeObf([LOU, SAM])).toEqual([]);
    });

    test('an event without its badge in a partner’s list is read by its id', async () => {
      await half(LOU);
      const [odd, good] = [give('P1', 'A', LOU), give('P1', 'A', SAM)];
      house.sandbox.lists.oddRow('events', odd.id, { badge_id: null });
      await poll();
      expect(awards()).toEqual([`R1 ${LOU}`]);
      expect(await house.pipelines[0].events.count(P1)).toBe(2);
      expect(good.assertions).toHaveLength(1);
      await poll();
      await poll();
      expect([await readProblems(), await house.failedReasons()]).toEqual([[], []]);
    });

    test('an odd row in the Région’s list stops nobody’s award, and is named', async () => {
      const odd = give(REGION, 'R2', 'zoe@example.org');
      house.sandbox.lists.oddRow('events', odd.id, { id: null });
      await half(LOU);
      await house.given(give('P1', 'A', LOU));
      await poll(asClientId(REGION));
      expect(awards()).toEqual([`R1 ${LOU}`]);
      expect(await readProblems()).toMatchObject([{ clientId: REGION, list: 'events', fields: ['id'] }]);
      expect(await house.failedReasons()).toEqual([
        expect.stringMatching(/client REGION, list of events, field id/),
      ]);
      house.sandbox.lists.mendRows();
      await poll(asClientId(REGION));
      expect([await readProblems(), await house.failedReasons()]).toEqual([[], []]);
    });
  });

  /** Assertions that stand otherwise in a portfolio than in OBF. */
  async function unlikeObf(addresses: readonly string[]): Promise<readonly string[]> {
    const { earners } = house.pipelines[0];
    const obf = [P1, P2, REGION]
      .flatMap((clientId) => house.sandbox.eventsOf(clientId))
      .flatMap(({ assertions }) => assertions);
    const found: string[] = [];
    for (const address of addresses)
      for (const one of (await earners.read(house.keyOf(address))).assertions) {
        const there = obf.find(({ id, email }) => id === String(one.id) && email === address);
        if ((there?.revoked ?? true) !== one.revoked) found.push(`${address} ${one.badgeId}`);
      }
    return found;
  }
});

describe('unreadable', () => {
  const CLASS = ['lou@example.org', 'sam@example.org', 'alix@example.org'];
  const [LOU = ''] = CLASS;

  let house: House;
  beforeAll(async () => {
    house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS });
  });
  afterAll(() => house.close());

  test('what cannot be read of one of a class keeps the others from nothing', async () => {
    const [{ redis, queues }] = house.pipelines;
    const lou = recordKey(house.dataPrefix, house.keyOf(LOU));
    await redis.set(lou, 'what a hand wrote');
    await earn(house, ...CLASS);
    await until(() => house.awards().length === 2, 'awards of the others');
    expect(house.awards().toSorted()).toEqual(['R1 alix@example.org', 'R1 sam@example.org']);

    // The notices say whom they could not serve, and are done once that is mended.
    const waiting = await until(async () => {
      const jobs = await queues.notices.getJobs(['delayed', 'failed']);
      return jobs.length === 2 && jobs.every(({ failedReason }) => failedReason !== undefined) ? jobs : null;
    }, 'notices that are not done');
    for (const { failedReason } of waiting) expect(failedReason).toContain(house.keyOf(LOU));
    await redis.del(lou);
    // One that is neither delayed nor failed is on its way by itself.
    for (const job of waiting) await job.promote().catch(() => job.retry('failed').catch(() => undefined));
    await until(() => house.awards().length === 3, 'award of Lou');
    await house.idle();
    expect(house.awards()).toHaveLength(3);
    expect(house.awards()).toContain(`R1 ${LOU}`);
  });

  test('who can write to Redis plants no rule: nothing is issued by it, and the reason is told', async () => {
    const [{ redis, vault, queues, schemes }] = house.pipelines;
    const [state, texts] = ['state', 'texts'].map((name) => `${house.dataPrefix}:{scheme}:${name}`) as [
      string,
      string,
    ];
    const kept = await redis.getBuffer(state);
    const easier = parse(SMALL_SCHEME.replace('at_least: 2', 'at_least: 1'), SMALL_PARTNERS);
    const sources = { redis, prefix: house.dataPrefix };
    const stranger = createSchemes({ ...sources, vault: createVault(randomBytes(32)) }, easier);
    const calls = house.sandbox.issues().length;
    await redis.del(state);
    await stranger.start(easier);
    const event = house.issue({ clientId: 'P1', badgeId: 'A', recipients: ['zoe@example.org'] });
    await house.tell(event);
    const [failed] = await until(async () => {
      const jobs = await queues.notices.getJobs(['failed']);
      return jobs.length > 0 ? jobs : null;
    }, 'a notice that cannot be judged');
    expect(failed?.failedReason).toContain('rules in force cannot be read');
    await expect(schemes.now()).rejects.toThrow('PALIER_KEY');

    // The state is ours again, the text of its version is not: another process does not judge by it either.
    await redis.set(state, kept ?? '');
    const other = createSchemes({ ...sources, vault }, easier);
    const ours = await redis.hgetBuffer(texts, house.scheme.version);
    const planted = await redis.hgetBuffer(texts, easier.version);
    await redis.hset(texts, house.scheme.version, planted ?? '');
    await expect(other.now()).rejects.toThrow('rules in force cannot be read');
    await redis.hset(texts, house.scheme.version, ours ?? '');
    expect((await createSchemes({ ...sources, vault }, easier).now()).scheme.version).toBe(
      house.scheme.version,
    );

    await failed?.retry('failed');
    await house.idle();
    expect(house.sandbox.issues()).toHaveLength(calls);
  });
});
