import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { z } from 'zod';
import { asEarnerKey } from '../../src/ids.js';
import { createLogger } from '../../src/platform/logger.js';
import { OTHER_KEY } from '../../src/platform/redis-faults.js';
import { EVENT_TYPES } from '../../src/webhooks/notices.js';
import { methodsOf, ROUTES } from '../../src/webhooks/app.js';
import type { WebhookDeps } from '../../src/webhooks/context.js';
import { startWebhooks, type RunningWebhooks } from '../../src/webhooks/server.js';
import { testRedis, type TestRedis } from '../support/redis.js';
import { until } from '../support/until.js';
import {
  basic,
  credentialUrl,
  eventBody,
  harness,
  patiently,
  send,
  signed,
  type Harness,
  type Sent,
} from './harness.js';
import { HOSTILE } from './hostile.js';

type Schema = Parameters<typeof z.fromJSONSchema>[0];
interface Answered {
  readonly description: string;
  readonly headers: Readonly<Record<string, { readonly $ref: string }>>;
  readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
}
interface Operation {
  readonly operationId: string;
  readonly security: readonly Readonly<Record<string, unknown>>[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { schema: Schema; example: unknown }>> };
  readonly responses: Readonly<Record<string, Answered>>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const FILE = 'docs/openapi.json';
const PASSPORT = '/obpv1/factory/users_badges';
const TOKEN = 'token-of-the-figures';
const document = JSON.parse(readFileSync(FILE, 'utf8')) as Document;
const operationOf = (path: string): Operation => {
  const found = Object.values(document.paths[path] ?? {}).find((part) => 'operationId' in part);
  if (found === undefined) throw new Error(`${path} is not described`);
  return found;
};

test('the file is what the route table and the schemas make today', () => {
  const check = (): Buffer =>
    execFileSync(process.execPath, ['--import', 'tsx', 'scripts/openapi.ts', '--check'], { stdio: 'pipe' });
  expect(check).not.toThrow();
});

test('every route is described, by its method, and nothing else is', () => {
  expect(document.openapi).toBe('3.1.0');
  expect(Object.keys(document.paths)).toEqual(ROUTES.map(({ path }) => path));
  for (const { path, method } of ROUTES) expect(document.paths[path]?.[method.toLowerCase()]).toBeDefined();
});

test('what is referred to is there, and each example is of its schema', () => {
  const text = JSON.stringify(document);
  const refs = [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)];
  expect(refs.length).toBeGreaterThan(20);
  for (const [, kind = '', name = ''] of refs) expect(document.components[kind]?.[name]).toBeDefined();
  for (const { path } of ROUTES) {
    const { security, requestBody } = operationOf(path);
    const ways = security.flatMap((way) => Object.keys(way));
    for (const way of ways) expect(document.components['securitySchemes']?.[way]).toBeDefined();
    for (const { schema, example } of Object.values(requestBody?.content ?? {}))
      expect(z.fromJSONSchema(schema).safeParse(example).success).toBe(true);
  }
});

/** An answer of the running server. */
interface Seen {
  readonly path: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

describe('the running server', () => {
  let redis: TestRedis;
  let web: Harness;
  let away: Harness;
  let other: RunningWebhooks;
  let foreign: RunningWebhooks;
  let read: () => Promise<string> = () => Promise.resolve('palier_flags 1\n');
  beforeAll(async () => {
    redis = await testRedis();
    web = await harness(redis.address, redis.prefix);
    away = await harness({ kind: 'single', urls: ['redis://127.0.0.1:1'] });
    const meter = { count() {}, time() {}, mark() {}, flush: () => Promise.resolve() };
    const broken = (): never => {
      throw new TypeError('a bug');
    };
    const deps: WebhookDeps = {
      participants: new Set(),
      authenticate: broken,
      obfBaseUrl: 'https://obf.example.org',
      enqueueNotices: () => Promise.resolve(),
      ready: broken,
      earnerKeyOf: asEarnerKey,
      seal: (text) => text,
      log: createLogger('silent', 'web'),
      metrics: { token: TOKEN, read: () => read(), meter },
    };
    other = await startWebhooks(deps, 0);
    foreign = await startWebhooks({ ...deps, ready: () => Promise.resolve(OTHER_KEY) }, 0);
  });
  afterAll(async () => {
    await Promise.all([web.close(), away.close(), other.close(), foreign.close()]);
    await redis.close();
  });

  /** One of each code, as hostile senders get it; and what a good sender gets. */
  const sentToDoors = (path: string): readonly Sent[] => {
    // The first of each: those of the doors' own come before those of one path.
    const refused = HOSTILE.filter(({ code }) => code !== undefined).toReversed();
    const oneOfEach = new Map(refused.map(({ code, sent }) => [code, sent]));
    const push = JSON.stringify({ 'lou@example.org': [credentialUrl(1)] });
    const events = [eventBody(), eventBody('P9'), '{"type":"ping"}'].map((body) => ({
      body,
      headers: signed(body),
    }));
    return [
      ...[...oneOfEach.values()].map((sent) => ({ ...sent, path })),
      ...(path === PASSPORT ? [] : events),
      { path, body: push, headers: basic() },
      { path, body: '{}', headers: basic() },
      { path, method: 'PUT' },
    ];
  };

  const ask = async (port: number, sent: Sent): Promise<Seen> => {
    const askOnce = () => send(port, sent);
    // Where Redis is there, a busy machine alone makes it late.
    const askDoor = () => (port === web.port ? patiently(askOnce) : askOnce());
    const { status, headers, text } = await (sent.path === '/metrics' ? plain(port, sent) : askDoor());
    return { path: sent.path ?? '/webhooks/obf', status, headers: new Headers(headers as never), text };
  };
  /** What is no JSON the harness cannot read. */
  const plain = async (port: number, { path = '', method = 'POST', headers = {} }: Sent) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers: headers as never });
    return { status: answer.status, headers: Object.fromEntries(answer.headers), text: await answer.text() };
  };

  /** What one more large body is answered while as many are awaited as there is room for. */
  async function askAmongMany(path: string): Promise<Seen> {
    const sockets = Array.from({ length: 32 }, () => connect(web.port, '127.0.0.1'));
    const { authorization } = basic();
    for (const socket of sockets)
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n` +
          `Authorization: ${String(authorization)}\r\nContent-Length: 1048576\r\n\r\n`,
      );
    const large = { path, body: Buffer.alloc(100_000, ' '), headers: basic() };
    try {
      return await until(async () => {
        const seen = await ask(web.port, large);
        return seen.status === 503 ? seen : null;
      }, '503');
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  }

  async function everyAnswer(): Promise<readonly Seen[]> {
    const seen: Seen[] = [];
    for (const path of ['/webhooks/obf', PASSPORT]) {
      for (const sent of sentToDoors(path)) seen.push(await ask(web.port, { path, ...sent }));
      const push = JSON.stringify({ 'lou@example.org': [credentialUrl(1)] });
      seen.push(await ask(away.port, { path, body: push, headers: basic() }));
      seen.push(await ask(other.port, { path, body: push, headers: basic() }));
    }
    for (const path of ['/webhooks/obf', PASSPORT]) seen.push(await askAmongMany(path));
    for (const path of ['/healthz', '/readyz']) {
      seen.push(await ask(web.port, { method: 'GET', path }), await ask(web.port, { path }));
      seen.push(
        await ask(away.port, { method: 'GET', path }),
        await ask(other.port, { method: 'GET', path }),
      );
    }
    seen.push(await ask(foreign.port, { method: 'GET', path: '/readyz' }));
    const metrics: Sent = { method: 'GET', path: '/metrics', headers: { authorization: `Bearer ${TOKEN}` } };
    seen.push(await ask(web.port, metrics), await ask(other.port, metrics));
    seen.push(
      await ask(other.port, { ...metrics, headers: {} }),
      await ask(other.port, { path: '/metrics' }),
    );
    read = () => Promise.reject(new Error('Redis is away'));
    seen.push(await ask(other.port, metrics));
    return seen;
  }

  const codeIn = ({ headers, text }: Seen): string =>
    headers.get('content-type') === 'application/problem+json'
      ? String((JSON.parse(text) as { code: unknown }).code)
      : 'good';

  test('gives every answer that is described, none that is not, and each is of its schema', async () => {
    const seen = await everyAnswer();
    for (const answer of seen) {
      const described = operationOf(answer.path).responses[String(answer.status)];
      const type = answer.headers.get('content-type') ?? '';
      const schema = described?.content[type]?.schema;
      if (described === undefined || schema === undefined)
        throw new Error(`${answer.path} ${answer.status} ${type} is not described: ${answer.text}`);
      const body: unknown = type.includes('json') ? JSON.parse(answer.text) : answer.text;
      expect([answer.path, z.fromJSONSchema(schema).safeParse(body).error]).toEqual([answer.path, undefined]);
      for (const name of Object.keys(described.headers)) expect(answer.headers.get(name)).not.toBeNull();
    }
    const given = new Set(seen.map((one) => `${one.path} ${one.status} ${codeIn(one)}`));
    expect([...given].toSorted()).toEqual(describedAnswers().toSorted());
  });

  test('takes every body that the description allows', async () => {
    const schema = bodySchemaOf('/webhooks/obf');
    await fc.assert(
      fc.asyncProperty(anyBody, async (body) => {
        expect(schema.safeParse(body).success).toBe(true);
        const text = JSON.stringify(body);
        const told = () => web.send({ body: text, headers: signed(text) });
        expect((await patiently(told)).status).toBe(202);
      }),
      { numRuns: 60 },
    );
  });

  test('refuses no body that the description allows, but for what a schema cannot say', () => {
    // Where credentials must be, how many there may be in all, keys that mean something to JavaScript, and
    // halves of characters.
    const beyond = /^(too_many|url_not_obf)$/;
    const hostileKey = /__proto__|constructor|\\ud800/;
    const misfits = HOSTILE.filter(({ status, code }) => status === 422 && !beyond.test(code ?? ''))
      .map(({ name, sent }) => ({ name, path: sent.path ?? '/webhooks/obf', text: String(sent.body) }))
      .filter(({ text }) => !hostileKey.test(text) && text.length < 10_000);
    expect(misfits.length).toBeGreaterThan(25);
    const allowed = misfits.filter(
      ({ path, text }) => bodySchemaOf(path).safeParse(JSON.parse(text)).success,
    );
    expect(allowed.map(({ name }) => name)).toEqual([]);
  });
});

function bodySchemaOf(path: string): z.ZodType {
  const schema = operationOf(path).requestBody?.content['application/json']?.schema;
  if (schema === undefined) throw new Error(`${path} has no body`);
  return z.fromJSONSchema(schema);
}

/** `path status code`, or `good` for a code. */
const describedAnswers = (): readonly string[] =>
  ROUTES.flatMap(({ path }) =>
    Object.entries(operationOf(path).responses).flatMap(([status, { content }]) => {
      const { schema } = content['application/problem+json'] ?? {};
      const codes = (schema as { properties?: { code?: { enum?: readonly string[] } } } | undefined)
        ?.properties?.code?.enum ?? ['good'];
      return codes.map((code) => `${path} ${status} ${code}`);
    }),
  );

const id = fc.stringMatching(/^[\w-]{1,128}$/);
const extras = fc.dictionary(fc.stringMatching(/^x_[a-z]{1,8}$/), fc.jsonValue(), { maxKeys: 3 });
const anyBody = fc.oneof(
  fc
    .tuple(fc.constantFrom(...EVENT_TYPES.keys()), id, id, extras, extras)
    .map(([type, client_id, event_id, around, within]) => ({
      ...around,
      type,
      data: { ...within, client_id, event_id },
    })),
  fc.tuple(fc.stringMatching(/^[a-z.]{0,20}$/), extras).map(([type, around]) => ({ ...around, type })),
  fc.dictionary(
    fc.emailAddress(),
    fc.array(
      id.map((assertion) => credentialUrl(assertion)),
      { minLength: 1, maxLength: 5 },
    ),
    { minKeys: 1, maxKeys: 5 },
  ),
);

test('a method that is described is one that is served', () => {
  for (const route of ROUTES) expect(methodsOf(route)).toContain(route.method);
});
