import { UnrecoverableError } from 'bullmq';
import fc from 'fast-check';
import { z } from 'zod';
import { SomeUnreadable } from '../../src/earners/assertions.js';
import { RecordUnreadable } from '../../src/earners/record.js';
import { asEarnerKey, asBadgeId } from '../../src/ids.js';
import {
  errorBeforeSending,
  errorOfStatus,
  ObfNotSent,
  ObfOutcomeUnknown,
  ObfRefused,
  ObfUnreadable,
} from '../../src/obf/errors.js';
import { groupFailures, MAX_GROUPS } from '../../src/ops/web/failures/read.js';
import { REASONS, reasonOf } from '../../src/ops/web/failures/words.js';
import { withoutAddresses } from '../../src/platform/logger.js';
import { StoredJsonUnreadable } from '../../src/platform/redis-commands.js';
import { VaultError } from '../../src/platform/vault.js';
import { EnqueueError } from '../../src/queue/enqueue.js';
import { FAILURE_KINDS, shownReason } from '../../src/queue/failures.js';
import { QUEUES, type QueueName } from '../../src/queue/jobs.js';
import { RegionUnreadable } from '../../src/issuing/region-account-sync.js';
import { applyErrorPolicy, classifyError } from '../../src/workers/runtime/job-outcome.js';
import { openHouse, type House, REGION } from '../support/house.js';
import { queueKey, testRedis, type TestRedis } from '../support/redis.js';
import { SMALL_PARTNERS, SMALL_SCHEME } from '../support/small-scheme.js';
import { until } from '../support/until.js';
import { signedIn, type Browser, type Reply } from './support/browser.js';
import { putFailed, standing } from './support/failed-jobs.js';
import { OPERATOR, OPS_SETTINGS, READER } from './support/people.js';
import { textOf } from './support/text.js';
import { openWeb, type Web } from './support/web.js';

describe('the pages of failures', () => {
  const LIST = '/ops/echecs';
  const SEND = '/ops/echecs/renvoyer';

  const plain = (escaped: string): string =>
    escaped.replaceAll('&lt;', '<').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
  /** Addresses of links on a page that begin so. */
  const hrefs = (html: string, start: string): string[] =>
    [...html.matchAll(/href="([^"]+)"/g)]
      .map(([, href = '']) => plain(href))
      .filter((href) => href.startsWith(start));
  /** What is sent unseen with the form of a page. */
  const hidden = (html: string): Record<string, string> =>
    Object.fromEntries(
      [
        ...(html.split(`action="${SEND}"`)[1] ?? '').matchAll(
          /type="hidden" name="([^"]+)" value="([^"]*)"/g,
        ),
      ].map(([, name = '', value = '']) => [name, plain(value)] as const),
    );
  const flashOf = ({ html }: Reply): string =>
    /<div class="alert (?:good|bad)"[^>]*>(.*?)<\/div>/.exec(html)?.[1] ?? '';

  const listed = (browser: Browser, query = ''): Promise<Reply> => browser.get(`${LIST}${query}`);

  /** Sends the form of a page, and gives the page that follows. */
  async function sendFrom(browser: Browser, page: Reply, typed: Record<string, string> = {}): Promise<Reply> {
    expect([page.status, page.html.includes(`action="${SEND}"`)]).toEqual([200, true]);
    return browser.follow(await browser.post(SEND, { ...hidden(page.html), ...typed }));
  }

  describe('badges that OBF refused come out when they are sent again', () => {
    let house: House;
    let operator: Browser;
    beforeEach(async () => {
      house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, ops: OPS_SETTINGS });
      operator = await signedIn(house.opsUrl, OPERATOR);
    });
    afterEach(() => house.close());

    /** Everybody has both badges, and is due one of the Région's. */
    const give = (...recipients: string[]) =>
      Promise.all(
        [
          house.issue({ clientId: 'P1', badgeId: 'A', recipients }),
          house.issue({ clientId: 'P2', badgeId: 'B', recipients }),
        ].map((event) => house.notify(event)),
      );
    const failed = (count: number) =>
      until(async () => (await house.failedReasons()).length === count, `${count} failed jobs`);

    test('one job, from the page of the list down to it', async () => {
      house.sandbox.fault({ kind: 'status', status: 400, route: 'POST issue' });
      await give('lou@example.org');
      await failed(1);
      expect(house.awards()).toEqual([]);

      const list = await listed(operator);
      expect(list.html).toContain('OBF refuse un bénéficiaire');
      expect(list.html).toContain('Travaux en échec, par cause (1 travail)');
      const [groupHref = ''] = hrefs(list.html, `${LIST}/cause/`);
      const group = await operator.get(groupHref);
      expect(group.html).toContain('Délivrer « Communiquer : je pratique »');
      const [jobHref = ''] = hrefs(group.html, `${LIST}/travail/`);
      const job = await operator.get(jobHref);
      expect(job.html).toContain('POST issue: 400');
      expect(job.html).toContain('Rien n’est délivré deux fois');
      expect(house.sandbox.issues()).toHaveLength(1);

      const after = await sendFrom(operator, job);
      expect(flashOf(after)).toBe('Le travail a été renvoyé, avec toutes ses tentatives.');
      await until(() => house.awards().length > 0, 'an award');
      await house.idle();
      expect(house.awards()).toEqual(['R1 lou@example.org']);
      expect(house.sandbox.issues()).toHaveLength(2);
      expect((await listed(operator)).html).toContain('Rien n’est en échec.');
      expect((await operator.get(jobHref)).html).toContain('n’est plus en échec');
      expect((await operator.get(groupHref)).status).toBe(404);
    });

    test('a group, once the partner’s key is mended; the other group stays', async () => {
      house.sandbox.fault({ kind: 'status', status: 404, route: 'GET recipient', clientId: 'P1', times: 2 });
      house.sandbox.fault({ kind: 'status', status: 404, route: 'GET event', clientId: 'P2', times: 1 });
      await give('ana@example.org');
      await failed(2);
      const list = await listed(operator);
      expect(list.html).toContain('OBF ne dit pas à qui un badge a été remis');
      expect(list.html).toContain('OBF ne connaît pas l’événement annoncé');
      house.sandbox.clearFaults();

      const after = await sendFrom(operator, await operator.get(`${LIST}/cause/destinataires`));
      expect(flashOf(after)).toBe('1 travail renvoyé, avec toutes ses tentatives.');
      expect(after.html).not.toContain('OBF ne dit pas à qui');
      expect(after.html).toContain('OBF ne connaît pas l’événement annoncé');
      await house.idle();
      expect(house.awards()).toEqual([]);
      await sendFrom(operator, await operator.get(`${LIST}/cause/evenement`));
      await until(() => house.awards().length > 0, 'an award');
      await house.idle();
      expect(house.awards()).toEqual(['R1 ana@example.org']);
    });

    test('all, and what fails once more is back on the page', async () => {
      house.sandbox.fault({ kind: 'status', status: 404, route: 'GET recipient', times: 100 });
      await give('ana@example.org', 'bob@example.org');
      await failed(2);
      const after = await sendFrom(operator, await listed(operator), { jour: '', heure: '' });
      expect(flashOf(after)).toBe('2 travaux renvoyés, avec toutes leurs tentatives.');
      await until(async () => (await operator.get(LIST)).html.includes('(2 travaux)'), 'them again');
      house.sandbox.clearFaults();
      await sendFrom(operator, await listed(operator));
      await until(() => house.awards().length === 2, 'two awards');
      await house.idle();
      expect(house.awards().toSorted()).toEqual(['R1 ana@example.org', 'R1 bob@example.org']);
      expect(house.sandbox.issues()).toHaveLength(1);
    });

    test('the wrong key of one partner is told by their name', async () => {
      house.sandbox.fault({ kind: 'status', status: 403, route: 'POST token', clientId: 'P2', times: 100 });
      await give('ana@example.org');
      await failed(1);
      const { html } = await listed(operator);
      expect(html).toContain('OBF refuse la clé d’API de « Organisme deux »');
    });
  });

  describe('pages without an OBF', () => {
    let redis: TestRedis;
    let web: Web;
    beforeEach(async () => {
      redis = await testRedis();
      web = await openWeb({ redis: redis.address, prefix: redis.prefix });
      web.work();
    });
    afterEach(async () => {
      await web.close();
      await redis.close();
    });

    const EVIL = 'TypeError: <script>alert(1)</script> of jeanne@example.fr "><img src=x>';

    test('a reason with a script and an address in it is harmless, wherever it stands', async () => {
      const nowMs = Date.now();
      await putFailed(redis, [
        {
          id: 'issued.P1.E1',
          reason: EVIL,
          failedMs: nowMs,
          trace: `${EVIL}\n    at jeanne@example.fr (<script>)`,
          data: { kind: 'event', clientId: '<b>', eventId: 'jeanne@example.fr', extra: '<script>' },
        },
        { id: '<script>"\'&/é', reason: EVIL, failedMs: nowMs },
      ]);
      const operator = await signedIn(web.origin, OPERATOR);
      const list = await listed(operator);
      const [groupHref = ''] = hrefs(list.html, `${LIST}/cause/`);
      const group = await operator.get(groupHref);
      // The one with a trace first.
      const jobs = hrefs(group.html, `${LIST}/travail/`).toSorted((a) => (a.includes('issued') ? -1 : 1));
      expect(jobs).toHaveLength(2);
      const pages = [list, group];
      for (const href of jobs) pages.push(await operator.get(href));
      for (const { status, html, headers } of pages) {
        expect(status).toBe(200);
        expect(html).not.toMatch(/<script>|<img src=x|jeanne/);
        expect(html).toContain('[address]');
        expect(headers['content-security-policy']).toContain("default-src 'none'");
      }
      const [, , first] = pages;
      expect(first?.html).toContain('[masqué]');
      // Nothing of a trace stands open.
      expect(first?.html.split('<details>')[0]).not.toContain('    at ');
      const gone = await sendFrom(operator, await operator.get(jobs[1] ?? ''));
      expect(flashOf(gone)).toBe('Le travail a été renvoyé, avec toutes ses tentatives.');
      expect(await standing(redis)).toEqual({ waiting: 1, failed: 1 });
      expect(web.lines.join('')).not.toMatch(/jeanne/);
    });

    test('the sealed address of a person is not shown, the way to the person is', async () => {
      const data = {
        kind: 'credential',
        earner: 'Abc_123-xyz',
        recipient: 'c2VhbGVk',
        url: 'https://obf.example/v1/assertion/x?email=jeanne%40example.fr',
        source: 'passport',
      };
      const id = 'credential.Abc_123-xyz.u';
      await putFailed(redis, [{ id, reason: 'Sealed text was altered', failedMs: Date.now(), data }]);
      const reader = await signedIn(web.origin, READER);
      const { html } = await reader.get(`${LIST}/travail/notices/${id}`);
      expect(html).not.toMatch(/c2VhbGVk|jeanne/);
      expect(html).toContain('href="/ops/personne/Abc_123-xyz"');
      expect(html).toContain('PALIER_KEY a changé');
      expect(html).toContain('7 sur 60');
    });

    test('a reader sees it all, and sends nothing', async () => {
      await putFailed(redis, [
        { id: 'issued.P1.E1', reason: 'OBF GET event: 404 Not Found', failedMs: Date.now() },
      ]);
      const reader = await signedIn(web.origin, READER);
      for (const path of [LIST, `${LIST}/cause/evenement`, `${LIST}/travail/notices/issued.P1.E1`]) {
        const { status, html } = await reader.get(path);
        expect([status, html.includes(SEND)]).toEqual([200, false]);
      }
      expect((await reader.post(SEND, { cause: 'evenement' })).status).toBe(403);
      expect(await standing(redis)).toEqual({ waiting: 0, failed: 1 });
    });

    test('a forged form sends nothing', async () => {
      await putFailed(redis, [
        { id: 'issued.P1.E1', reason: 'OBF GET event: 404 Not Found', failedMs: Date.now() },
      ]);
      const operator = await signedIn(web.origin, OPERATOR);
      for (const site of ['cross-site', 'same-site', 'none'])
        expect((await operator.post(SEND, { cause: 'evenement' }, { 'sec-fetch-site': site })).status).toBe(
          403,
        );
      expect(await standing(redis)).toEqual({ waiting: 0, failed: 1 });
    });

    test('only what failed since the instant is sent', async () => {
      await putFailed(
        redis,
        [4, 3, 2, 1].map((hour) => ({
          id: `issued.P1.E${5 - hour}`,
          reason: 'OBF GET event: 404 Not Found',
          failedMs: Date.UTC(2026, 0, 31, hour),
        })),
      );
      const operator = await signedIn(web.origin, OPERATOR);
      const typed = { jour: '2026-01-31', heure: '03:30' };
      const after = await sendFrom(operator, await listed(operator), typed);
      expect(flashOf(after)).toContain('2 travaux renvoyés');
      expect((await listed(operator)).html).toContain('(2 travaux)');
      const left = await redis.connection.zrange(queueKey(redis, 'notices', 'failed'), '0', '-1');
      expect(left).toEqual(['issued.P1.E4', 'issued.P1.E3']);
      const job = await redis.connection.hmget(queueKey(redis, 'notices', 'issued.P1.E1'), 'atm', 'ats');
      expect(job).toEqual([null, null]);
      expect(web.lines.join('')).toMatch(/"user":"marie","sent":2,"gone":0,"left":0/);
    });

    test.each([
      ['cause=nothing-of-the-kind', 'Rien de tel'],
      ['file=notices&travail=gone', 'rien n’a été renvoyé'],
      ['', 'Rien n’a été choisi'],
      ['cause=<script>', 'Rien n’a été choisi'],
      ['file=nope&travail=1', 'Rien n’a été choisi'],
      ['tout=1&jour=hier', 'ne se lit pas'],
      ['tout=1&jour=2026-02-31', 'ne se lit pas'],
      ['tout=1&jour=2026-01-31&heure=25:00', 'ne se lit pas'],
      ['tout=1&heure=14:30', 'ne se lit pas'],
      ['tout=1&jour=2999-01-01', 'ne se lit pas'],
    ])('a form that makes no sense is told so: %s', async (asked, words) => {
      const operator = await signedIn(web.origin, OPERATOR);
      const posted = await operator.post(SEND, Object.fromEntries(new URLSearchParams(asked)));
      expect([posted.status, posted.location]).toEqual([303, LIST]);
      expect((await operator.follow(posted)).html).toContain(words);
    });

    test('a date and an hour are those of the scheme’s zone', async () => {
      const operator = await signedIn(web.origin, OPERATOR);
      await putFailed(redis, [
        { id: 'a', reason: 'x', failedMs: Date.parse('2026-01-31T13:29:59.999Z') },
        { id: 'b', reason: 'x', failedMs: Date.parse('2026-01-31T13:30:00Z') },
      ]);
      const all = { tout: '1', jour: '2026-01-31' };
      const one = await operator.follow(await operator.post(SEND, { ...all, heure: '14h30' }));
      expect(flashOf(one)).toContain('1 travail renvoyé');
      expect(flashOf(await operator.follow(await operator.post(SEND, all)))).toContain('1 travail renvoyé');
    });

    test.each(['/ops/echecs/cause/none', '/ops/echecs/travail/none/1'])(
      'there is no page %s',
      async (path) => {
        expect((await (await signedIn(web.origin, READER)).get(path)).status).toBe(404);
      },
    );

    test('nothing is failed, and that is said', async () => {
      const { html } = await listed(await signedIn(web.origin, READER));
      expect(html).toContain('Rien n’est en échec.');
    });
  });
});

describe('reasons in words', () => {
  /** What stands in failed for an error: as the workers tell it to BullMQ. */
  async function failedReason(error: unknown): Promise<string> {
    // Neither pauses nor waits: these errors end a job.
    const job = {} as never;
    try {
      return await applyErrorPolicy(job, undefined, classifyError(error), error);
    } catch (thrown) {
      return thrown instanceof Error ? thrown.message : String(thrown);
    }
  }

  const refused = (name: string, status: number, error = 'Not Found') =>
    errorOfStatus(
      { name, write: name.startsWith('P'), secrets: [] },
      { status, body: JSON.stringify({ error }), retryAfterMs: 0 },
    );
  const notSent = (name: string) => new ObfNotSent(name, 'connect ECONNREFUSED 127.0.0.1:443');
  const key = new ObfRefused(
    'POST token',
    401,
    'refused a moment ago: check the API key of client P1, its client id and its secret',
  );

  const KNOWN: readonly [error: unknown, key: string, queue?: QueueName][] = [
    [key, 'cle.P1'],
    [
      new ObfRefused('POST token', 401, '403 Invalid key: check the API key of client P-2, its client id'),
      'cle.P-2',
    ],
    [new RegionUnreadable(`The Région's account cannot be read. ${key.message}`), 'cle.P1', 'awards'],
    [
      new ObfRefused(
        'GET event',
        403,
        'we hold no API key of client P3: name it as secret_env in partners.yaml',
      ),
      'sans-cle.P3',
    ],
    [refused('GET event', 404), 'evenement'],
    [refused('GET event', 403, 'Forbidden'), 'compte'],
    [refused('GET events', 302), 'adresse-obf'],
    [refused('GET recipient', 404), 'destinataires'],
    [refused('POST issue', 400, 'issuing limit reached'), 'beneficiaire', 'awards'],
    [refused('POST issue', 400, 'invalid e-mail'), 'beneficiaire', 'awards'],
    [refused('POST issue', 422), 'beneficiaire', 'awards'],
    [refused('PUT revoke', 404), 'retrait', 'awards'],
    [
      new RegionUnreadable(`The Région's account cannot be read. ${refused('GET events', 403).message}`),
      'compte',
    ],
    [
      new RegionUnreadable(`The Région's account cannot be read. ${refused('GET events', 404).message}`),
      'compte-region',
    ],
    [notSent('GET event'), 'obf-absent'],
    [refused('GET event', 500, 'Oops'), 'obf-absent'],
    [new ObfOutcomeUnknown('POST issue', 'no answer in time, after it was sent'), 'obf-doute', 'awards'],
    [new ObfRefused('GET credential', 422, 'it was made for another address'), 'attestation-autre'],
    [
      new ObfRefused('GET credential', 422, "its address is not that of a credential on OBF's host"),
      'attestation-refusee',
    ],
    [new ObfRefused('GET credential', 422, 'it is too large'), 'attestation-refusee'],
    [new ObfRefused('GET revoked', 422, "its address is not on OBF's host"), 'attestation-refusee'],
    [new ObfRefused('GET badgeclass', 422, 'it is too large'), 'attestation-refusee'],
    [refused('GET credential', 404), 'attestation-absente'],
    [new ObfUnreadable('GET credential', 'neither Open Badges 3.0 nor 2.0'), 'attestation-illisible'],
    [new ObfUnreadable('GET recipient', 'the answer is not JSON'), 'obf-illisible'],
    [
      new VaultError('Sealed text was altered, or PALIER_KEY is not the one it was sealed under'),
      'cle-palier',
    ],
    [errorBeforeSending('POST token', new Error('Connection is closed.')), 'redis'],
    [new Error('Connection is closed.'), 'redis'],
    [Object.assign(new Error('OOM command not allowed'), { name: 'ReplyError' }), 'redis'],
    [z.object({ kind: z.string() }).safeParse({}).error, 'forme', 'earners'],
    [new StoredJsonUnreadable('palier:batches:{R1}', {}), 'forme', 'awards'],
    [new EnqueueError('notices: no answer from Redis in time'), 'redis', 'awards'],
    [new RecordUnreadable(asEarnerKey('k1'), 'it is of version 9'), 'donnees', 'awards'],
    [new SomeUnreadable([], [asEarnerKey('k1')]), 'donnees', 'notices'],
    [new UnrecoverableError('job stalled more than allowable limit'), 'arret'],
  ];

  test.each(KNOWN.map(([error, ...rest]) => [String(error), error, ...rest] as const))(
    '%s',
    async (_, error, expected, queue = 'notices') => {
      const text = error instanceof UnrecoverableError ? error.message : await failedReason(error);
      expect(reasonOf(text, queue).key).toBe(expected);
    },
  );

  test('every reason has a key of its own, that stands in addresses, and words', () => {
    const keys = FAILURE_KINDS.map(([kind]) => kind);
    expect(new Set(keys)).toEqual(new Set(Object.keys(REASONS)));
    expect(new Set(keys).size).toBe(keys.length);
    for (const [name, [happened, next]] of Object.entries(REASONS)) {
      expect(name).toMatch(/^[a-z-]+$/);
      // A line break before these signs would tear them off: French asks for a space, ours is plain.
      for (const words of [happened, next]) expect(words).not.toMatch(/\S[:;?!](\s|$)/);
    }
  });

  test('an organisation is told by its name', () => {
    expect(reasonOf(key.message, 'notices', (id) => `Organisme ${id}`).happened).toBe(
      'OBF refuse la clé d’API de « Organisme P1 »',
    );
  });

  test('a reason that nobody foresaw is told as it is, without what differs from job to job', () => {
    const [one, other] = ['8Qk3v0', 'zz91AB'].map((id) =>
      reasonOf(`TypeError: assertion ${id} of jeanne@example.fr\n  is not 404`, 'earners'),
    );
    expect(one?.happened).toBe(
      'Une personne n’a pas pu être évaluée : TypeError: assertion … of [address] is not 404',
    );
    expect(one?.key).toMatch(/^autre\.earners\.[\w-]{10}$/);
    expect(other?.key).toBe(one?.key);
    expect(reasonOf('TypeError: other', 'earners').key).not.toBe(one?.key);
    expect(reasonOf('', 'awards').happened).toBe('Des badges n’ont pas pu être délivrés : ?');
  });

  const reasons = fc.oneof(
    fc.string({ maxLength: 1500, unit: 'grapheme' }),
    fc
      .tuple(fc.constantFrom(...KNOWN), fc.string())
      .map(([[error], more]) => `${error instanceof Error ? `${error.name}: ${error.message}` : ''} ${more}`),
  );

  test('what is shown of a reason gives the same words as the reason, and no address', () => {
    fc.assert(
      fc.property(reasons, fc.emailAddress(), fc.constantFrom(...QUEUES), (text, address, queue) => {
        const reason = reasonOf(`${text} ${address}`, queue);
        expect(reasonOf(shownReason(`${text} ${address}`), queue)).toEqual(reason);
        expect(reason.key).toMatch(/^[\w.-]+$/);
        for (const words of [reason.happened, reason.next]) expect(withoutAddresses(words)).toBe(words);
      }),
    );
  });

  test('a very long reason is soon read', () => {
    const long = `OBF POST token: ${'check the API key of client '.repeat(40_000)}`;
    // Of this process alone: a machine that stands still costs it nothing.
    const before = process.cpuUsage();
    reasonOf(long, 'notices');
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(10);
  });

  describe('counting', () => {
    const failures = fc.array(
      fc.record({
        id: fc.uuid(),
        failedMs: fc.integer({ min: 1, max: 1000 }),
        reason: fc.constantFrom(
          'OBF GET event: 404 Not Found',
          'ZodError: x',
          'TypeError: a',
          'TypeError: b',
        ),
      }),
      { maxLength: 60 },
    );

    test('counts each once, in whatever order they come, the newest first', () => {
      fc.assert(
        fc.property(failures, (all) => {
          const groups = groupFailures(all.map((one) => ({ queue: 'notices', ...one })));
          expect(groups.reduce((sum, { jobs }) => sum + jobs.length, 0)).toBe(all.length);
          for (const group of groups) {
            const own = all.filter(({ reason }) => reasonOf(reason, 'notices').key === group.key);
            expect(group.jobs).toHaveLength(own.length);
            const instants = own.map(({ failedMs }) => failedMs).toSorted((a, b) => b - a);
            expect([group.lastMs, group.firstMs]).toEqual([instants[0], instants.at(-1)]);
            expect(group.jobs.map(({ id }) => own.find((one) => one.id === id)?.failedMs)).toEqual(instants);
          }
        }),
      );
    });

    test('makes a bounded number of groups', () => {
      const groups = groupFailures(
        // Letters, so that they are not taken for ids.
        Array.from({ length: 300 }, (_, at) => ({
          queue: 'earners',
          id: `e.${at}`,
          failedMs: at,
          reason: `Error: ${String(at).replaceAll(/\d/g, (digit) => 'abcdefghij'.charAt(Number(digit)))}`,
        })),
      );
      expect(groups).toHaveLength(MAX_GROUPS + 1);
      expect(groups.find((group) => group.key === 'divers')?.jobs).toHaveLength(300 - MAX_GROUPS);
    });
  });
});

describe('an award whose issuing waits', () => {
  let house: House;
  afterEach(() => house.close());

  async function open(harm: (house: House) => void | Promise<void>): Promise<string> {
    const pace = { holdFirstMs: 3_600_000, holdMaxMs: 3_600_000 };
    house = await openHouse({ scheme: SMALL_SCHEME, partners: SMALL_PARTNERS, ops: OPS_SETTINGS, pace });
    await harm(house);
    for (const [clientId, badgeId] of [
      ['P1', 'A'],
      ['P2', 'B'],
    ] as const)
      await house.notify(house.issue({ clientId, badgeId, recipients: ['lou@example.org'] }));
    await until(() => house.pipelines[0].holds.of(asBadgeId('R1')), 'hold');
    const browser = await signedIn(house.opsUrl, OPERATOR);
    return textOf((await browser.get('/ops')).html).replaceAll(/\s+/g, ' ');
  }

  test('a badge that is a draft in OBF: its award is named, with what to do', async () => {
    const text = await open(({ sandbox }) => {
      sandbox.badgeNamed(REGION, 'R1').draft = true;
    });
    expect(text).toContain(
      'À régler « Communiquer : je pratique » n’est plus délivré : le badge n’est plus dans le compte OBF de la Région, ou y est un brouillon',
    );
    expect(text).toContain('reprend seul');
  });

  test('the quota is told once, though a batch waits for it', async () => {
    const text = await open(({ sandbox }) => {
      sandbox.clientNamed(REGION).issuingLimit = 20;
    });
    expect(text).toContain(
      'Le quota OBF de la Région est épuisé : il reste 20 badges, et Palier s’arrête à 50',
    );
    expect(text.match(/quota OBF de la Région est/g)).toHaveLength(1);
  });

  test('OBF’s words stand in it, and no address', async () => {
    const body = { error: 'not today for lou@example.org' };
    const text = await open(({ sandbox }) =>
      sandbox.fault({ route: 'POST issue', kind: 'status', status: 404, body, times: 9 }),
    );
    expect(text).toMatch(
      /OBF refuse l’envoi sans que le compte en dise la cause \(OBF POST issue: 404 [^)]*not today/,
    );
    expect(text).not.toContain('example.org');
  });
});
