import { asClientId, asEarnerKey } from '../../src/ids.js';
import { systemClock } from '../../src/platform/clock.js';
import { createLogger } from '../../src/platform/logger.js';
import { noticeJob, NOTICE_TYPES, type NoticeJob } from '../../src/queue/jobs.js';
import { createAuthenticate } from '../../src/webhooks/authenticate.js';
import type { WebhookDeps } from '../../src/webhooks/context.js';
import { noticesOf } from '../../src/webhooks/notices.js';
import { batchPerWrite, type RunningWebhooks, startWebhooks } from '../../src/webhooks/server.js';
import { until } from '../support/until.js';
import {
  basic,
  credentialUrl,
  eventBody,
  type HarnessOnRedis,
  harnessOnRedis,
  keyOf,
  OBF,
  patiently,
  BASIC,
  PAIRS,
  SECRETS,
  send,
  type Sent,
  signed,
  vault,
} from './harness.js';
import type { Job } from 'bullmq';
import fc from 'fast-check';
import type { OutgoingHttpHeaders } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';

describe('batch per write', () => {
  const WITHIN_MS = 300;
  /** A store that notes what it was given, and answers when it is told to. */
  function slowStore() {
    const writes: {
      readonly items: readonly number[];
      readonly late: AbortSignal;
      answer: (error?: Error) => void;
    }[] = [];
    const store = batchPerWrite<number>(
      (items, late) =>
        new Promise((resolve, reject) => {
          writes.push({ items, late, answer: (error) => (error === undefined ? resolve() : reject(error)) });
        }),
      WITHIN_MS,
    );
    return { writes, store };
  }

  test('what is given within one tick is one write, and nobody is told before it is stored', async () => {
    const { writes, store } = slowStore();
    const told: number[] = [];
    const given = Array.from({ length: 64 }, (_, at) => store([at]).then(() => told.push(at)));
    await nextTurn();
    await nextTurn();
    expect(writes.map(({ items }) => items)).toEqual([Array.from({ length: 64 }, (_, at) => at)]);
    expect(told).toEqual([]);
    writes[0]?.answer();
    await Promise.all(given);
    expect(told).toHaveLength(64);
  });

  test('what comes while a write is under way is the next one; a failure is told to those of its write alone', async () => {
    const { writes, store } = slowStore();
    const first = Promise.allSettled([store([1]), store([2])]);
    await nextTurn();
    await nextTurn();
    const second = store([3]);
    await nextTurn();
    await nextTurn();
    const third = store([4]);
    await nextTurn();
    await nextTurn();
    expect(writes.map(({ items }) => items)).toEqual([[1, 2]]);
    writes[0]?.answer(new Error('Redis is away'));
    expect((await first).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await until(() => writes.length === 2, 'the second write');
    expect(writes[1]?.items).toEqual([3, 4]);
    writes[1]?.answer();
    await expect(Promise.all([second, third])).resolves.toEqual([undefined, undefined]);
  });

  test('a write that hangs makes nobody wait longer: the time of the next is counted from its first item', async () => {
    const { writes, store } = slowStore();
    const both = Promise.allSettled([
      store([1]),
      nextTurn()
        .then(nextTurn)
        .then(() => store([2])),
    ]);
    await until(() => writes[0]?.late.aborted, 'the end of the first');
    // By now the second item, too, was given as long ago as a write may take.
    await pause(WITHIN_MS);
    writes[0]?.answer(new Error('no answer from Redis in time'));
    await until(() => writes.length === 2, 'the second write');
    expect(writes[1]?.late.aborted).toBe(true);
    writes[1]?.answer(new Error('no answer from Redis in time'));
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});

describe('request id', () => {
  const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
  let onRedis: HarnessOnRedis;
  let queue: HarnessOnRedis['queue'];
  let web: HarnessOnRedis['web'];
  beforeAll(async () => {
    onRedis = await harnessOnRedis();
    ({ queue, web } = onRedis);
  });
  afterEach(async () => {
    web.lines.length = 0;
    await queue.clear();
  });
  afterAll(() => onRedis.close());

  const idsInLog = () => web.lines.map((line) => (JSON.parse(line) as { requestId: string }).requestId);
  const tell = (sent: Sent) => patiently(() => web.send(sent));
  const idsInJobs = async () => (await queue.jobs()).map(({ data }) => noticeJob.parse(data).request);
  const health = async (id?: string) => {
    const headers = id === undefined ? {} : { 'x-request-id': id };
    const answer = await web.send({ method: 'GET', path: '/healthz', headers });
    return String(answer.headers['x-request-id']);
  };

  test('an id of 1 to 128 letters, digits, "_", "." and "-" is taken as it is', async () => {
    const id = fc.stringMatching(/^[\w.-]{1,128}$/);
    await fc.assert(
      fc.asyncProperty(id, async (given) => {
        web.lines.length = 0;
        expect(await health(given)).toBe(given);
        expect(idsInLog()).toEqual([given]);
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    ['none', undefined],
    ['an empty one', ''],
    ['129 characters', 'a'.repeat(129)],
    ['an address', 'jeanne@example.org'],
    ['words', 'one two'],
    ['a quote', '"},"level":60'],
    ['another alphabet', 'é'],
  ])('in place of %s one is made, and nothing of what was given is kept', async (_, given) => {
    const made = await health(given);
    expect(made).toMatch(UUID);
    expect(idsInLog()).toEqual([made]);
    if (given !== undefined && given !== '') expect(web.lines.join('')).not.toContain(given);
  });

  test('the id goes on with every notice of the request, and a refusal has one too', async () => {
    const event = eventBody('P1', 'E1');
    await tell({ body: event, headers: { ...signed(event), 'x-request-id': 'of.the-event_1' } });
    expect(await idsInJobs()).toEqual(['of.the-event_1']);
    await queue.clear();
    const push = JSON.stringify({
      'a@b.fr': [credentialUrl(1), credentialUrl(2)],
      'c@d.fr': [credentialUrl(3)],
    });
    const path = '/obpv1/factory/users_badges';
    const { headers } = await tell({ path, body: push, headers: basic() });
    expect(await idsInJobs()).toEqual(Array.from({ length: 3 }, () => headers['x-request-id']));
    const refused = await web.send({ body: event, headers: { 'x-request-id': 'refused' } });
    expect([refused.status, refused.headers['x-request-id']]).toEqual([401, 'refused']);
  });

  test('a notice that is told again keeps the id of the first telling', async () => {
    const event = eventBody('P1', 'E1');
    for (const id of ['first', 'second'])
      await tell({ body: event, headers: { ...signed(event), 'x-request-id': id } });
    expect(await idsInJobs()).toEqual(['first']);
    expect(new Set(idsInLog())).toEqual(new Set(['first', 'second']));
  });
});

describe('receive', () => {
  const ACCEPTED = { status: 'accepted' };
  const PASSPORT = '/obpv1/factory/users_badges';

  let onRedis: HarnessOnRedis;
  let queue: HarnessOnRedis['queue'];
  let web: HarnessOnRedis['web'];

  beforeAll(async () => {
    onRedis = await harnessOnRedis();
    ({ queue, web } = onRedis);
  });
  afterEach(() => queue.clear());
  afterAll(() => onRedis.close());

  const jobs = (): Promise<Job[]> => queue.jobs();
  const notices = async (): Promise<NoticeJob[]> => (await jobs()).map(({ data }) => noticeJob.parse(data));
  const post = (body: string | Buffer, headers = signed(body), rest: Sent = {}) =>
    patiently(() => web.send({ body, headers, ...rest }));
  /** The lines of the log about requests that were not too late. */
  const answered = () =>
    web.lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ msg, status }) => msg === 'request' && status !== 503);

  test('an event becomes a notice with nothing in it but where to look', async () => {
    const body = JSON.stringify({
      type: 'badge.issued',
      id: 'x',
      data: { client_id: 'P1', event_id: 'E-1_a', email: 'jeanne@example.net', badge: { name: 'n' } },
    });
    const { status, json } = await post(body, { ...signed(body), 'x-request-id': 'r.1' });
    expect([status, json]).toEqual([202, ACCEPTED]);
    expect((await jobs()).map(({ id, data }) => ({ id, data: data as unknown }))).toEqual([
      {
        id: 'issued.P1.E-1_a',
        data: {
          kind: 'event',
          clientId: 'P1',
          eventId: 'E-1_a',
          type: 'issued',
          source: 'webhook',
          request: 'r.1',
        },
      },
    ]);
  });

  test("the Région's own events are taken too; each type of notice is a job of its own", async () => {
    expect(NOTICE_TYPES).toEqual(expect.arrayContaining(['issued', 'revoked', 'updated']));
    for (const type of NOTICE_TYPES)
      expect(await post(eventBody('region', 'E1', `badge.${type}`))).toMatchObject({
        status: 202,
        json: ACCEPTED,
      });
    expect((await jobs()).map(({ id }) => id).toSorted()).toEqual(
      NOTICE_TYPES.map((type) => `${type}.region.E1`).toSorted(),
    );
  });

  test('an update becomes a notice which says so: the event is to be asked for by its id', async () => {
    const body = eventBody('P1', 'E1', 'badge.updated');
    const { status, json } = await post(body, { ...signed(body), 'x-request-id': 'r.1' });
    expect([status, json]).toEqual([202, ACCEPTED]);
    expect((await jobs()).map(({ id, data }) => ({ id, data: data as unknown }))).toEqual([
      {
        id: 'updated.P1.E1',
        data: {
          kind: 'event',
          clientId: 'P1',
          eventId: 'E1',
          type: 'updated',
          source: 'webhook',
          request: 'r.1',
        },
      },
    ]);
    expect((await post(body, signed(body), { method: 'PUT' })).status).toBe(405);
    expect(await notices()).toHaveLength(1);
  });

  const OTHER = SECRETS[1] ?? '';
  const FIRST = eventBody();
  /** Signed when it is asked for: a test may come minutes after its file was read. */
  const goodHeaders = (): Record<string, OutgoingHttpHeaders> => ({
    'the first secret': signed(FIRST),
    'another secret': signed(FIRST, { secret: OTHER }),
    'several signatures, one of them good': {
      ...signed(FIRST),
      'webhook-signature': `v1,AAAA ${String(signed(FIRST)['webhook-signature'])} v1a,BBBB`,
    },
    'a clock 240 s slow': signed(FIRST, { atMs: Date.now() - 240_000 }),
    'a clock 240 s fast': signed(FIRST, { atMs: Date.now() + 240_000 }),
    'a signature, beside wrong Basic': { ...signed(FIRST), ...basic('no:no') },
    Basic: basic(),
    'Basic in lower case': { authorization: String(basic()['authorization']).replace('Basic', 'basic') },
    'another Basic pair, in UTF-8': basic(`${PAIRS[1]?.key}:${PAIRS[1]?.secret}`),
    'a content type with its charset': {
      ...signed(FIRST),
      'content-type': 'Application/JSON; charset="UTF-8"',
    },
    'an encoding that is none': { ...signed(FIRST), 'content-encoding': 'identity' },
  });
  test.each(Object.keys(goodHeaders()))('%s will do', async (name) => {
    expect(await post(FIRST, goodHeaders()[name])).toMatchObject({ status: 202, json: ACCEPTED });
    expect(await notices()).toHaveLength(1);
  });

  test('a push becomes a notice for each credential at OBF, its address sealed', async () => {
    const body = JSON.stringify({
      ' Jeanne.Dupont@example.net': [credentialUrl('a'), credentialUrl('b'), 'https://elsewhere.example/c'],
      'jeanne.dupont@EXAMPLE.net': [credentialUrl('a')],
      'zoé@exemple.fr': [credentialUrl('a')],
    });
    for (const [path, status, json] of [
      [PASSPORT, 200, { success: true }],
      ['/webhooks/obf', 202, ACCEPTED],
    ] as const)
      expect(await post(body, basic(), { path })).toMatchObject({ status, json });
    const found = (await notices()).flatMap((job) => (job.kind === 'credential' ? [job] : []));
    const jeanne = keyOf('jeanne.dupont@example.net');
    expect(found.map(({ earner, url, source }) => [earner, url, source].join(' ')).toSorted()).toEqual(
      [
        `${jeanne} ${credentialUrl('a')} passport`,
        `${jeanne} ${credentialUrl('b')} passport`,
        `${keyOf('zoé@exemple.fr')} ${credentialUrl('a')} passport`,
      ].toSorted(),
    );
    const opened = found.map(({ recipient, earner }) => vault.open(recipient, earner));
    expect(new Set(opened.map((address) => address.toLowerCase()))).toEqual(
      new Set(['jeanne.dupont@example.net', 'zoé@exemple.fr']),
    );
    const lines = web.lines.join('');
    expect(lines).toContain('"ignoredHosts":["elsewhere.example"]');
    expect(lines).not.toMatch(/@|obv3/);
  });

  const DOORS = [
    [PASSPORT, 200, { success: true }],
    ['/webhooks/obf', 202, ACCEPTED],
  ] as const;

  test.each(DOORS)(
    '%s: of a push, what can be used is taken, and the rest is counted',
    async (path, status, json) => {
      const body = JSON.stringify({
        'jeanne@example.net': [credentialUrl('a'), null, 'https://elsewhere.example/c', 'no URL'],
        nobody: [],
        'lou@example.net': [],
        'max@example.net': { 0: credentialUrl('b') },
        'no address': [credentialUrl('c')],
        'sam@example.net': Array.from({ length: 101 }, (_, at) => credentialUrl(at)),
      });
      web.lines.length = 0;
      expect(await post(body, basic(), { path })).toMatchObject({ status, json });
      expect(await notices()).toMatchObject([
        { earner: keyOf('jeanne@example.net'), url: credentialUrl('a') },
      ]);
      expect(answered()).toMatchObject([{ credentials: 1, ignored: 8 }]);
    },
  );

  /** Entries of a push: what they hold that can be used, told by how they were made. */
  const entry = fc.record({
    key: fc.oneof(
      fc.nat({ max: 30 }).map((n) => ({ text: `p${n}@example.net`, good: true })),
      fc
        .constantFrom(
          'nobody',
          '',
          '@',
          'a@',
          '@b',
          'a b@c.fr',
          'a@b@c',
          'a\u0000@b.fr',
          `${'a'.repeat(250)}@c.fr`,
        )
        .map((text) => ({ text, good: false })),
    ),
    list: fc.oneof(
      {
        weight: 3,
        arbitrary: fc.array(
          fc.oneof(
            fc.nat({ max: 50 }).map((n) => ({ value: credentialUrl(n) as unknown, good: true })),
            fc
              .oneof(
                fc.constantFrom(
                  '',
                  'x',
                  'file:///etc/passwd',
                  credentialUrl(1, 'https://a.b'),
                  'https://a.b',
                ),
                fc.jsonValue().filter((value) => typeof value !== 'string'),
              )
              .map((value) => ({ value: value as unknown, good: false })),
          ),
          { maxLength: 5 },
        ),
      },
      {
        weight: 1,
        arbitrary: fc
          .jsonValue()
          .filter((value) => !Array.isArray(value))
          .map((value) => ({ value: value as unknown })),
      },
    ),
  });

  test('whatever stands beside it, what can be used is stored; refused is only what has nothing of it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(entry, { selector: ({ key }) => key.text, minLength: 1, maxLength: 8 }),
        fc.constantFrom(...DOORS),
        async (entries, [path, status]) => {
          await queue.clear();
          const value = ({ list }: (typeof entries)[number]): unknown =>
            Array.isArray(list) ? list.map((one) => one.value) : list.value;
          const body = JSON.stringify(Object.fromEntries(entries.map((one) => [one.key.text, value(one)])));
          const usable = entries.flatMap(({ key, list }) =>
            key.good && Array.isArray(list)
              ? list.flatMap((one) => (one.good ? [`${keyOf(key.text)} ${String(one.value)}`] : []))
              : [],
          );
          const answer = await post(body, basic(), { path });
          expect(answer.status).toBe(usable.length === 0 ? 422 : status);
          const stored = (await notices()).flatMap((job) =>
            job.kind === 'credential' ? [`${job.earner} ${job.url}`] : [],
          );
          expect(stored.toSorted()).toEqual([...new Set(usable)].toSorted());
        },
      ),
      { numRuns: 150 },
    );
  });

  test.each([
    ['type', '"type":["x"]'],
    ['data', '"data":{"client_id":"P1"}'],
    ['__proto__', `"__proto__":["${credentialUrl(2)}"]`],
    ['constructor', `"constructor":["${credentialUrl(2)}"]`],
  ])('a push with the key %s beside an address is a push of that address', async (_, odd) => {
    const { status } = await post(`{${odd},"jeanne@example.net":["${credentialUrl(1)}"]}`);
    expect(status).toBe(202);
    expect(await notices()).toMatchObject([{ kind: 'credential', url: credentialUrl(1) }]);
  });

  test('odd entries, however many, do not count towards the 5000 that a push may hold', async () => {
    const odd = Array.from({ length: 20_000 }, (_, at) => `"${at}":0`).join(',');
    const { status } = await post(`{${odd},"jeanne@example.net":["${credentialUrl(1)}"]}`);
    expect(status).toBe(202);
    expect(await notices()).toHaveLength(1);
  });

  test('while a large push is sealed, others get their turn every ten milliseconds', async () => {
    const message = {
      kind: 'push' as const,
      credentials: Array.from({ length: 100 }, (_, at) => ({
        address: `j${at}@example.net`,
        url: credentialUrl(at),
      })),
      foreignHosts: [],
      unusable: 0,
    };
    let turns = 0;
    const others = setInterval(() => (turns += 1), 0);
    const seal = (text: string): string => {
      for (const end = performance.now() + 2; performance.now() < end;);
      return text;
    };
    const made = await noticesOf(message, { earnerKeyOf: keyOf, seal }, 'r.1');
    clearInterval(others);
    expect(made).toHaveLength(100);
    // 200 ms of work.
    expect(turns).toBeGreaterThanOrEqual(10);
  });

  test('a push for a class of 5000 is answered within two seconds, and stored once by repeating it', async () => {
    const people = Array.from({ length: 5000 }, (_, at) => [`person.${at}@example.net`, [credentialUrl(at)]]);
    const body = JSON.stringify(Object.fromEntries(people));
    // On a busy machine the first may be a 503: the part of it that was stored is found by the next.
    expect(await post(body, basic(), { path: PASSPORT })).toMatchObject({
      status: 200,
      json: { success: true },
    });
    expect(await queue.jobs()).toHaveLength(5000);
  });

  test('whatever is told, and however often, the answer is the same and the notice is one', async () => {
    const id = fc.stringMatching(/^[\w-]{1,128}$/);
    const message = fc.oneof(
      fc.record({
        client: fc.constantFrom('P1', 'P2'),
        event: id,
        type: fc.constantFrom(...NOTICE_TYPES),
      }),
      fc.record({
        address: fc.emailAddress(),
        url: id.map((assertion) => credentialUrl(assertion)),
      }),
    );
    await fc.assert(
      fc.asyncProperty(message, fc.integer({ min: 2, max: 4 }), async (told, times) => {
        await queue.clear();
        const body =
          'event' in told
            ? eventBody(told.client, told.event, `badge.${told.type}`)
            : JSON.stringify({ [told.address]: [told.url] });
        const answers = await Promise.all(Array.from({ length: times }, () => post(body)));
        answers.push(await post(body, basic()));
        expect(answers.map(({ status, json }) => [status, json])).toEqual(answers.map(() => [202, ACCEPTED]));
        expect(await notices()).toHaveLength(1);
      }),
      { numRuns: 40 },
    );
  });

  test('a request has one line in the log, under the id it came with', async () => {
    web.lines.length = 0;
    const body = eventBody('P2', 'E7');
    const own = await post(body, { ...signed(body), 'x-request-id': 'their-id_1' });
    const made = await post(body, { ...signed(body), 'x-request-id': 'no id: jeanne@example.net' });
    expect(own.headers['x-request-id']).toBe('their-id_1');
    expect(made.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    const [first, ...more] = answered();
    expect(more).toHaveLength(1);
    expect(first).toMatchObject({
      level: 30,
      requestId: 'their-id_1',
      route: 'webhooks',
      status: 202,
      kind: 'event',
      by: 'signature',
      clientId: 'P2',
      eventId: 'E7',
    });
  });

  test('ready while Redis answers, and HEAD will do', async () => {
    for (const [method, text] of [
      ['GET', '{"status":"ready"}'],
      ['HEAD', ''],
    ] as const) {
      const ready = async () => {
        const answer = await web.send({ method, path: '/readyz' });
        return answer.status === 200 ? answer : null;
      };
      expect((await until(ready, 'readiness')).text).toBe(text);
    }
  });
});

describe('server', () => {
  let web: RunningWebhooks;
  let enqueueNotices: WebhookDeps['enqueueNotices'];
  let sockets: Socket[] = [];
  const lines: string[] = [];

  beforeEach(async () => {
    enqueueNotices = () => Promise.resolve();
    lines.length = 0;
    web = await startWebhooks(
      {
        participants: new Set(),
        authenticate: createAuthenticate({ webhookSecrets: [], webhookBasic: BASIC }, systemClock),
        obfBaseUrl: OBF,
        enqueueNotices: (notices) => enqueueNotices(notices),
        ready: () => Promise.reject(new TypeError('a bug, and jeanne@example.net')),
        earnerKeyOf: asEarnerKey,
        seal: (text) => text,
        log: createLogger('debug', 'web', { write: (text) => void lines.push(text) }),
      },
      0,
    );
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    sockets = [];
    await web.close();
  });

  /** A bare connection, and all that came back on it. */
  function open(): { socket: Socket; heard: () => string; closed: () => boolean } {
    const socket = connect(web.port, '127.0.0.1');
    sockets.push(socket);
    let text = '';
    let closed = false;
    socket.on('data', (part) => (text += part.toString()));
    socket.on('error', () => {});
    socket.on('close', () => (closed = true));
    return { socket, heard: () => text, closed: () => closed };
  }

  const AUTHORIZATION = `Authorization: ${String(basic()['authorization'])}`;
  const head = (...headers: string[]): string =>
    ['POST /webhooks/obf HTTP/1.1', 'Host: x', 'Content-Type: application/json', ...headers, '', ''].join(
      '\r\n',
    );

  test('an announced length over 1 MiB is refused before a byte of it comes', async () => {
    const { socket, heard } = open();
    socket.write(head('Content-Length: 2097152'));
    await until(() => heard().includes('payload_too_large'), 'answer');
    expect(heard()).toMatch(/^HTTP\/1.1 413 .*\r\nConnection: close\r\n/is);
  });

  test('a body without a length is refused as soon as it passes 1 MiB, not when it ends', async () => {
    const { socket, heard } = open();
    socket.write(head('Transfer-Encoding: chunked', AUTHORIZATION));
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, ' '), Buffer.from('\r\n')]);
    for (let at = 0; at < 17; at += 1) socket.write(chunk);
    await until(heard, 'answer');
    expect(heard()).toMatch(/^HTTP\/1.1 413 /);
  });

  test('a sender that never stops is cut off after its answer', async () => {
    const { socket, heard, closed } = open();
    socket.write(head('Transfer-Encoding: chunked', AUTHORIZATION));
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, ' '), Buffer.from('\r\n')]);
    while (!closed()) {
      if (socket.writable) socket.write(chunk);
      await pause(5);
    }
    expect(heard()).toContain('payload_too_large');
  });

  test('a sender that asks first is told no, or to go on', async () => {
    const body = eventBody();
    const no = open();
    no.socket.write(head('Content-Length: 2097152', 'Expect: 100-continue'));
    const unfit = open();
    unfit.socket.write(head('Content-Length: 20', 'Content-Encoding: gzip', 'Expect: 100-continue'));
    const unknown = open();
    unknown.socket.write(head('Content-Length: 20', 'Expect: 100-continue'));
    const yes = open();
    yes.socket.write(head(`Content-Length: ${body.length}`, AUTHORIZATION, 'Expect: 100-continue'));
    await until(() => yes.heard().startsWith('HTTP/1.1 100 Continue\r\n\r\n'), '100');
    yes.socket.write(body);
    await until(() => yes.heard().includes('HTTP/1.1 202'), '202');
    await until(() => [no, unfit, unknown].every(({ heard }) => heard() !== ''), 'answers');
    expect(no.heard()).toMatch(/^HTTP\/1.1 413 /);
    expect(unfit.heard()).toMatch(/^HTTP\/1.1 415 /);
    expect(unknown.heard()).toMatch(/^HTTP\/1.1 401 /);
  });

  test.each([
    ['no credentials', '', 401, 'credentials_missing'],
    ['wrong Basic', 'Authorization: Basic bm86bm8=', 403, 'basic_invalid'],
    ['no timestamp', 'webhook-signature: v1,abcd', 403, 'signature_invalid'],
    ['a stale timestamp', 'webhook-timestamp: 1700000000', 403, 'signature_stale'],
  ])('a sender with %s is refused before a byte of its body comes', async (_, header, status, code) => {
    for (const length of ['Content-Length: 1048576', 'Transfer-Encoding: chunked']) {
      const { socket, heard } = open();
      socket.write(head(length, ...(header === '' ? [] : [header])));
      await until(() => heard().includes(code), 'answer');
      expect(heard()).toMatch(new RegExp(`^HTTP/1.1 ${status} .*\r\nConnection: close\r\n`, 'is'));
    }
  });

  test('33 bodies of 1 MiB at once are one too many, told with Retry-After; small ones pass', async () => {
    const large = Array.from({ length: 33 }, () => open());
    for (const { socket } of large) socket.write(head('Transfer-Encoding: chunked', AUTHORIZATION));
    const answered = () => large.filter(({ heard }) => heard() !== '');
    await until(() => answered().length === 1, '503');
    expect(answered()[0]?.heard()).toMatch(/^HTTP\/1.1 503 .*\r\nRetry-After: 10\r\n.*"too_busy"/is);
    const small = (): Promise<{ status: number }> => send(web.port, { body: eventBody(), headers: basic() });
    expect((await small()).status).toBe(202);
    for (const { socket } of large) socket.destroy();
    const again = () => send(web.port, { body: Buffer.alloc(1_000_000, ' '), headers: basic() });
    await until(async () => (await again()).status === 400, 'room');
  });

  test('200,000 chunks of one byte are one body', async () => {
    const { socket, heard } = open();
    const body = eventBody();
    socket.write(head('Transfer-Encoding: chunked', AUTHORIZATION));
    for (const byte of Buffer.from(body)) socket.write(Buffer.from([0x31, 13, 10, byte, 13, 10]));
    socket.write(Buffer.concat(Array.from({ length: 200_000 }, () => Buffer.from('1\r\n \r\n'))));
    socket.write('0\r\n\r\n');
    await until(heard, 'answer');
    expect(heard()).toContain('unknown_client');
  });

  test('a sender that leaves in the middle of its body harms nobody', async () => {
    const { socket } = open();
    socket.write(head('Content-Length: 100', AUTHORIZATION) + '{"type"', () => socket.destroy());
    await until(() => lines.some((line) => line.includes('request_aborted')), 'line');
    expect((await send(web.port, { method: 'GET', path: '/healthz' })).status).toBe(200);
  });

  test('headers over 8 kB are refused', async () => {
    const { socket, heard } = open();
    socket.write(head(`X-Long: ${'a'.repeat(9000)}`));
    await until(heard, 'answer');
    expect(heard()).toMatch(/^HTTP\/1.1 431 /);
  });

  test('an error nobody foresaw is a 500 that says nothing of it', async () => {
    const { status, json, text } = await send(web.port, { method: 'GET', path: '/readyz' });
    expect([status, json['code']]).toEqual([500, 'internal']);
    expect(text).not.toContain('bug');
    expect(lines.join('')).toContain('a bug, and [address]');
  });

  test('closing waits for what is under way, and takes no more', async () => {
    let store: () => void = () => {};
    enqueueNotices = () => new Promise((resolve) => (store = resolve));
    const body = JSON.stringify({ 'a@b.fr': [`${OBF}/1`] });
    const idle = open();
    idle.socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => idle.heard().includes('"ok"'), 'answer on a connection that is kept');
    const underWay = send(web.port, { body, headers: { ...basic(), connection: 'keep-alive' } });
    const before = store;
    await until(() => store !== before, 'request under way');
    const closed = web.close();
    await until(idle.closed, 'end of the idle connection');
    await expect(send(web.port, { method: 'GET', path: '/healthz' })).rejects.toThrow(/ECONNREFUSED/);
    store();
    expect((await underWay).status).toBe(202);
    await closed;
  });

  test('a port that is taken is an error at once', async () => {
    await expect(
      startWebhooks(
        { participants: new Set(), log: createLogger('silent', 'web') } as unknown as WebhookDeps,
        web.port,
      ),
    ).rejects.toThrow(/EADDRINUSE/);
  });
});

describe('connections', () => {
  let web: RunningWebhooks;
  beforeAll(async () => {
    const deps = {
      participants: new Set([asClientId('P1')]),
      authenticate: createAuthenticate({ webhookSecrets: SECRETS, webhookBasic: [] }, systemClock),
      obfBaseUrl: OBF,
      enqueueNotices: async () => {},
      ready: async () => null,
      earnerKeyOf: asEarnerKey,
      seal: (text: string) => text,
      log: createLogger('silent', 'web'),
    };
    web = await startWebhooks(deps, 0);
  });
  afterAll(() => web.close());

  const notice = (clientId: string): Sent => {
    const body = eventBody(clientId);
    return { body, headers: { ...signed(body), 'x-request-id': 'ours' } };
  };

  test('an accepted and an ignored notice have the same headers, those against misuse among them', async () => {
    const [accepted, ignored] = [
      await send(web.port, notice('P1')),
      await send(web.port, notice('stranger')),
    ];
    expect([accepted.json, ignored.json['status']]).toEqual([{ status: 'accepted' }, 'ignored']);
    const same = (headers: object): object => ({ ...headers, 'content-length': null, date: null });
    expect(same(accepted.headers)).toEqual(same(ignored.headers));
    expect(accepted.headers['content-length']).toBe(String(accepted.text.length));
    expect(accepted.headers).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'strict-transport-security': expect.stringContaining('max-age='),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
  });

  /** All that comes back on one connection, until it is closed or `answers` have come. */
  async function talk(text: string, answers: number): Promise<string> {
    const socket = connect(web.port, '127.0.0.1');
    let heard = '';
    let closed = false;
    socket.on('data', (part) => (heard += part.toString()));
    socket.on('close', () => (closed = true));
    socket.write(text);
    await until(() => closed || heard.split('HTTP/1.1 202').length > answers, 'answers');
    if (closed) heard += '(closed)';
    socket.destroy();
    return heard;
  }

  function requestOf(id: string, version = 'HTTP/1.1', ...more: string[]): string {
    const body = eventBody();
    const headers = Object.entries(signed(body)).map(([name, value]) => `${name}: ${String(value)}`);
    const first = [`POST /webhooks/obf ${version}`, 'Host: x', 'Content-Type: application/json'];
    const length = `Content-Length: ${body.length}`;
    return [...first, length, `X-Request-Id: ${id}`, ...headers, ...more, '', body].join('\r\n');
  }

  test('requests sent one behind the other without waiting are answered in their order', async () => {
    const heard = await talk(['a', 'b', 'c'].map((id) => requestOf(id)).join(''), 3);
    expect([...heard.matchAll(/X-Request-Id: (\w)/g)].map(([, id]) => id)).toEqual(['a', 'b', 'c']);
    expect(heard.match(/\r\n\r\n\{"status":"accepted"\}/g)).toHaveLength(3);
  });

  test.each([
    ['of HTTP/1.0', requestOf('a', 'HTTP/1.0')],
    ['who asks for it', requestOf('a', 'HTTP/1.1', 'Connection: close')],
  ])('the connection of a sender %s is closed behind the answer', async (_, text) => {
    const heard = await talk(text, 2);
    expect(heard).toContain('Connection: close');
    expect(heard).toMatch(/\r\n\r\n\{"status":"accepted"\}\(closed\)$/);
  });
});
