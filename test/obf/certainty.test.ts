import { createServer } from 'node:net';
import { once } from 'node:events';
import {
  ObfNotSent,
  ObfOutcomeUnknown,
  ObfRefused,
  ObfThrottled,
  ObfUnreadable,
  waitAskedMs,
} from '../../src/obf/errors.js';
import type { ObfAccount } from '../../src/obf/types.js';
import type { Fault } from '../../src/sandbox/types.js';
import { until } from '../support/until.js';
import { B1, errorOf, issueTo, MAIL, NO_EVENT, openBench, type Bench } from './bench.js';

let bench: Bench;
let account: ObfAccount;
beforeAll(async () => {
  bench = await openBench();
  account = bench.account();
  await account.ping();
});
afterAll(() => bench.close());
beforeEach(() => bench.sandbox.clearFaults());

type WithoutRoute<F> = F extends unknown ? Omit<F, 'route'> : never;
/** Where no answer will come, one need not wait long for it. */
const accountFor = (fault: WithoutRoute<Fault>): ObfAccount =>
  fault.kind === 'black-hole' ? bench.account({ timeoutMs: 200 }) : account;
const status = (code: number, more = {}) => ({ kind: 'status', status: code, ...more }) as const;

const PAGE = '<!doctype html><title>Maintenance</title>';

const READS: [string, WithoutRoute<Fault>, unknown, object][] = [
  ['400', status(400), ObfRefused, { status: 400 }],
  ['404', status(404), ObfRefused, { status: 404 }],
  ['405', status(405), ObfRefused, { status: 405 }],
  ['408', status(408), ObfNotSent, {}],
  ['429', status(429, { retryAfterS: 0.3 }), ObfThrottled, { retryAfterMs: 300 }],
  ['500', status(500), ObfNotSent, {}],
  ['502', status(502), ObfNotSent, {}],
  ['503', status(503, { retryAfterS: 0.7 }), ObfThrottled, { retryAfterMs: 700 }],
  ['302', status(302), ObfNotSent, {}],
  ['a redirect of a proxy', status(307, { body: PAGE }), ObfNotSent, {}],
  ['404 of a proxy', status(404, { body: PAGE }), ObfNotSent, {}],
  ['400 without a word', status(400, { body: {} }), ObfNotSent, {}],
  ['reset', { kind: 'reset' }, ObfNotSent, {}],
  ['no answer', { kind: 'black-hole' }, ObfNotSent, {}],
  ['reply lost', { kind: 'reply-lost' }, ObfNotSent, {}],
  ['not JSON', { kind: 'not-json' }, ObfUnreadable, {}],
];

test.each(READS)('a read, %s', async (_, fault, type, more) => {
  const from = bench.calls('GET events').length;
  bench.sandbox.fault({ route: 'GET events', ...fault });
  const error = await errorOf(accountFor(fault).events({}));
  expect(error).toBeInstanceOf(type);
  expect(error).toMatchObject({ call: 'GET events', ...more });
  expect(error.message).toContain('OBF GET events: ');
  // Nothing is repeated behind the caller's back.
  expect(bench.calls('GET events')).toHaveLength(from + 1);
});

const WRITES: [string, WithoutRoute<Fault>, unknown, 0 | 1][] = [
  ['400', status(400), ObfRefused, 0],
  ['404 of a proxy', status(404, { body: PAGE }), ObfRefused, 0],
  ['413', status(413), ObfRefused, 0],
  ['429', status(429, { retryAfterS: 0.25 }), ObfThrottled, 0],
  ['408', status(408), ObfOutcomeUnknown, 0],
  ['302', status(302), ObfOutcomeUnknown, 0],
  ['500', status(500), ObfOutcomeUnknown, 0],
  ['503', status(503), ObfOutcomeUnknown, 0],
  ['reset', { kind: 'reset' }, ObfOutcomeUnknown, 0],
  ['no answer', { kind: 'black-hole' }, ObfOutcomeUnknown, 0],
  ['reply lost', { kind: 'reply-lost' }, ObfOutcomeUnknown, 1],
  ['not JSON', { kind: 'not-json' }, ObfOutcomeUnknown, 1],
  ['500 after it was done', { kind: 'status-after-commit', status: 500 }, ObfOutcomeUnknown, 1],
];

test.each(WRITES)('a write, %s', async (name, fault, type, issued) => {
  const email = `${name.replaceAll(/\W/g, '')}.write@example.org`;
  const from = bench.sandbox.issues().length;
  bench.sandbox.fault({ route: 'POST issue', ...fault });
  const error = await errorOf(accountFor(fault).issue(issueTo(email)));
  expect(error).toBeInstanceOf(type);
  expect(error).toMatchObject({ call: 'POST issue' });
  // One call whatever happened, and as many badges as OBF says.
  expect(bench.sandbox.issues()).toHaveLength(from + 1);
  expect(bench.sandbox.awarded(email)).toHaveLength(issued);
});

test('a write to an OBF that is not there was certainly not made', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  server.close();
  // The token is in Redis already: only the write itself goes to the closed port.
  const gone = bench.account({ baseUrl: `http://127.0.0.1:${port}` });
  const error = await errorOf(gone.issue(issueTo()));
  expect(error).toBeInstanceOf(ObfNotSent);
  expect(error).toMatchObject({ call: 'POST issue' });
  const nowhere = bench.account({ baseUrl: 'https://obf.invalid' });
  expect(await errorOf(nowhere.issue(issueTo()))).toBeInstanceOf(ObfNotSent);
});

test('a write whose connection never came about (no TLS) was certainly not made', async () => {
  const silent = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const address = silent.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const mute = bench.account({ baseUrl: `https://127.0.0.1:${port}`, timeoutMs: 150 });
  const error = await errorOf(mute.issue(issueTo()));
  silent.close();
  expect(error).toBeInstanceOf(ObfNotSent);
  expect(error.message).toContain('no answer in time');
});

test('a write given up before it leaves was not made; after, nobody knows', async () => {
  const before = await errorOf(account.issue(issueTo(), AbortSignal.abort()));
  expect(before).toBeInstanceOf(ObfNotSent);
  const from = bench.calls('POST issue').length;
  bench.sandbox.fault({ route: 'POST issue', kind: 'slow', ms: 300 });
  const abort = new AbortController();
  const late = errorOf(account.issue(issueTo(), abort.signal));
  await until(() => bench.calls('POST issue').length > from, 'issue call');
  abort.abort();
  expect(await late).toBeInstanceOf(ObfOutcomeUnknown);
});

test('a 403 of a write was a no: it is made once more with a new token, and once only', async () => {
  const from = bench.sandbox.issues().length;
  bench.sandbox.fault({ route: 'POST issue', kind: 'status', status: 403 });
  const eventId = await account.issue(issueTo('again@example.org'));
  expect(bench.sandbox.issues()).toHaveLength(from + 2);
  expect(bench.sandbox.awarded('again@example.org')).toEqual(['P1/B1']);
  expect(await account.event(eventId)).toMatchObject({
    id: eventId,
    badgeId: B1,
    logEntry: { award: 'communiquer-1' },
  });
});

test('what the issue call carries', async () => {
  await account.issue({ ...issueTo(MAIL), recipients: [{ email: MAIL, name: null }], sendEmail: false });
  expect(bench.sandbox.issues().at(-1)?.body).toEqual({
    recipient: [{ email: MAIL, name: '' }],
    issued_on: 1_740_787_200,
    api_consumer_id: 'palier',
    send_email: false,
    show_report: true,
    log_entry: { award: 'communiquer-1' },
  });
  await account.issue(issueTo());
  expect(bench.sandbox.issues().at(-1)?.body.send_email).toBe(true);
});

test('revoking says how many, and is a write', async () => {
  const eventId = await account.issue(issueTo('r@example.org'));
  expect(await account.revoke(eventId, ['R@example.org'])).toBe(1);
  expect(bench.sandbox.awarded('r@example.org')).toEqual([]);
  bench.sandbox.fault({ route: 'PUT revoke', kind: 'reply-lost' });
  expect(await errorOf(account.revoke(eventId, ['r@example.org']))).toBeInstanceOf(ObfOutcomeUnknown);
});

test('calls without recipients are refused before they leave', async () => {
  const from = bench.sandbox.calls.length;
  expect(await errorOf(account.issue({ ...issueTo(), recipients: [] }))).toBeInstanceOf(ObfRefused);
  expect(await errorOf(account.revoke(NO_EVENT, []))).toBeInstanceOf(ObfRefused);
  expect(bench.sandbox.calls).toHaveLength(from);
});

test.each([
  ['3', 3000],
  ['0', 250],
  ['Wed, 05 Mar 2025 12:00:10 GMT', 10_000],
  ['Wed, 05 Mar 2020 12:00:10 GMT', 250],
  ['86400', 300_000],
  ['soon', 5000],
  [null, 5000],
])('Retry-After: %s', (header, ms) => {
  expect(waitAskedMs(header, 'Wed, 05 Mar 2025 12:00:00 GMT')).toBe(ms);
});

test('a date to wait for is compared with the clock of OBF; where its answer has none, it says nothing', () => {
  const inAMinute = new Date(Date.now() + 60_000).toUTCString();
  expect(waitAskedMs(inAMinute, null)).toBe(5000);
});
