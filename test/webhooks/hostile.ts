import { gzipSync } from 'node:zlib';
import type { ProblemCode } from '../../src/webhooks/problems.js';
import { basic, credentialUrl, eventBody, PAIRS, SECRETS, signed, type Sent } from './harness.js';

/** Requests that ask for nothing that may be done, each with the answer it gets. No job comes of any. */
export interface Hostile {
  readonly name: string;
  readonly sent: Sent;
  readonly status: number;
  readonly code?: ProblemCode;
  readonly field?: string;
  readonly json?: Readonly<Record<string, unknown>>;
}

const PASSPORT = '/obpv1/factory/users_badges';
const MIB = 1024 * 1024;
export const PERSON = 'jeanne.dupont@example.net';
const S = 1000;

const push = (people: Record<string, unknown>): string => JSON.stringify(people);
const event = (data: unknown, type: unknown = 'badge.issued'): string => JSON.stringify({ type, data });
const good = eventBody();

/** Signed as it should be: what is wrong is the body. */
const withBody = (body: string | Buffer, sent: Sent = {}): Sent => ({
  body,
  ...sent,
  headers: { ...signed(body), ...sent.headers },
});
const says = (name: string, sent: Sent, status: number, code: ProblemCode, field?: string): Hostile => ({
  name,
  sent,
  status,
  code,
  ...(field === undefined ? {} : { field }),
});
const ignored = (name: string, body: string, reason: string): Hostile => ({
  name,
  sent: withBody(body),
  status: 202,
  json: { status: 'ignored', reason },
});

const CREDENTIALS: readonly Hostile[] = [
  says('no credentials', { body: good }, 401, 'credentials_missing'),
  says('an empty Authorization', { body: good, headers: { authorization: '' } }, 401, 'credentials_missing'),
  says(
    'a signature under another secret',
    { body: good, headers: signed(good, { secret: `whsec_${Buffer.alloc(24, 9).toString('base64')}` }) },
    403,
    'signature_invalid',
  ),
  says(
    'the signature of another body',
    { body: eventBody('P2'), headers: signed(good) },
    403,
    'signature_invalid',
  ),
  says(
    'the signature of another message id',
    { body: good, headers: { ...signed(good), 'webhook-id': 'msg_2' } },
    403,
    'signature_invalid',
  ),
  says(
    'a signature without its timestamp',
    { body: good, headers: { 'webhook-id': 'a', 'webhook-signature': 'v1,abcd' } },
    403,
    'signature_invalid',
    'webhook-timestamp',
  ),
  says(
    'an id alone, beside good Basic',
    { body: good, headers: { 'webhook-id': 'a', ...basic() } },
    403,
    'signature_invalid',
    'webhook-timestamp',
  ),
  says(
    'a timestamp that is no number',
    { body: good, headers: { ...signed(good), 'webhook-timestamp': '0x7fffffff' } },
    403,
    'signature_invalid',
    'webhook-timestamp',
  ),
  says(
    'an empty signature',
    { body: good, headers: { ...signed(good), 'webhook-signature': '' } },
    403,
    'signature_invalid',
  ),
  says(
    'a signature of an unknown kind',
    { body: good, headers: { ...signed(good), 'webhook-signature': 'v1a,abcd v2,abcd v1' } },
    403,
    'signature_invalid',
  ),
  says(
    'a stale signature',
    { body: good, headers: signed(good, { atMs: Date.now() - 302 * S }) },
    403,
    'signature_stale',
  ),
  says(
    'a signature of the future',
    { body: good, headers: signed(good, { atMs: Date.now() + 3600 * S }) },
    403,
    'signature_stale',
  ),
  says(
    'a stale time, the signature renewed in nothing but that',
    {
      body: good,
      headers: {
        ...signed(good, { atMs: Date.now() - 3600 * S }),
        'webhook-timestamp': String(Math.floor(Date.now() / S)),
      },
    },
    403,
    'signature_invalid',
  ),
  says('a wrong Basic secret', { body: good, headers: basic('obf:first') }, 403, 'basic_invalid'),
  says('an unknown Basic key', { body: good, headers: basic('nobody:first:secret') }, 403, 'basic_invalid'),
  says(
    'parts of two Basic pairs',
    { body: good, headers: basic(`obf:${PAIRS[1]?.secret}`) },
    403,
    'basic_invalid',
  ),
  says(
    'Basic that is no base64',
    { body: good, headers: { authorization: 'Basic \u00a7' } },
    403,
    'basic_invalid',
  ),
  says('Basic with nothing in it', { body: good, headers: { authorization: 'Basic' } }, 403, 'basic_invalid'),
  says(
    'a bearer token',
    { body: good, headers: { authorization: `Bearer ${SECRETS[0]}` } },
    403,
    'basic_invalid',
  ),
  says('garbage, unsigned', { body: '{{{{' }, 401, 'credentials_missing'),
  says(
    'a Passport push without credentials',
    { path: PASSPORT, body: push({ [PERSON]: [credentialUrl(1)] }) },
    401,
    'credentials_missing',
  ),
  says(
    'a Passport push with wrong ones',
    { path: PASSPORT, body: push({ [PERSON]: [credentialUrl(1)] }), headers: basic('obf:no') },
    403,
    'basic_invalid',
  ),
];

const DEEP = 30_000;
const FORM: readonly Hostile[] = [
  says('nothing', withBody(''), 400, 'json_invalid'),
  says('truncated JSON', withBody(good.slice(0, -3)), 400, 'json_invalid'),
  says('text', withBody(`hello ${PERSON}`), 400, 'json_invalid'),
  says(
    'broken UTF-8',
    { body: Buffer.from([0x22, 0xff, 0xfe, 0x22]), headers: basic() },
    400,
    'json_invalid',
  ),
  says('UTF-16', { body: Buffer.from(good, 'utf16le'), headers: basic() }, 400, 'json_invalid'),
  says(
    'a form',
    withBody('a=b', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
    415,
    'media_type_unsupported',
  ),
  says(
    'JSON that says it is text',
    withBody(good, { headers: { 'content-type': 'text/plain' } }),
    415,
    'media_type_unsupported',
  ),
  says(
    'JSON of a certain kind',
    withBody(good, { headers: { 'content-type': 'application/ld+json' } }),
    415,
    'media_type_unsupported',
  ),
  says(
    'JSON in another character set',
    withBody(good, { headers: { 'content-type': 'application/json; charset=utf-16' } }),
    415,
    'media_type_unsupported',
  ),
  says('no content type', withBody(good, { headers: { 'content-type': '' } }), 415, 'media_type_unsupported'),
  says(
    'a gzip body',
    withBody(gzipSync(good), { headers: { 'content-encoding': 'gzip' } }),
    415,
    'encoding_unsupported',
  ),
  says(
    'a gzip bomb',
    withBody(gzipSync(Buffer.alloc(100 * MIB)), { headers: { 'content-encoding': 'gzip' } }),
    415,
    'encoding_unsupported',
  ),
  says(
    'gzip twice',
    withBody(good, { headers: { 'content-encoding': 'gzip, gzip' } }),
    415,
    'encoding_unsupported',
  ),
  says('2 MiB', { body: Buffer.alloc(2 * MIB, ' ') }, 413, 'payload_too_large'),
  says('one byte over 1 MiB', { body: Buffer.alloc(MIB + 1, ' ') }, 413, 'payload_too_large'),
  says(
    '2 MiB in chunks, of no length',
    { body: Buffer.alloc(2 * MIB, ' '), headers: basic(), chunked: true },
    413,
    'payload_too_large',
  ),
  says('1 MiB of blanks', { body: Buffer.alloc(MIB, ' '), headers: basic() }, 400, 'json_invalid'),
  says('nested arrays', withBody('['.repeat(DEEP) + ']'.repeat(DEEP)), 422, 'body_unknown', '$'),
  says('nested arrays, open', withBody('['.repeat(MIB)), 400, 'json_invalid'),
  says('nested objects', withBody('{"a":'.repeat(DEEP) + '1' + '}'.repeat(DEEP)), 422, 'field_invalid', '#0'),
  says(
    'nesting where an id should be',
    withBody(
      `{"type":"badge.issued","data":{"client_id":"P1","event_id":${'['.repeat(DEEP)}${']'.repeat(DEEP)}}}`,
    ),
    422,
    'field_invalid',
    'data.event_id',
  ),
  says(
    'nesting where a URL should be',
    withBody(`{"${PERSON}":[${'['.repeat(DEEP)}${']'.repeat(DEEP)}]}`),
    422,
    'field_invalid',
    '#0[0]',
  ),
];

const EVENTS: readonly Hostile[] = [
  says('null', withBody('null'), 422, 'body_unknown', '$'),
  says('a number', withBody('42'), 422, 'body_unknown', '$'),
  says('a string', withBody('"badge.issued"'), 422, 'body_unknown', '$'),
  says('an array of notices', withBody(`[${good}]`), 422, 'body_unknown', '$'),
  says('an empty object', withBody('{}'), 422, 'body_unknown', '$'),
  says(
    'data without type',
    withBody('{"data":{"client_id":"P1","event_id":"E1"}}'),
    422,
    'field_missing',
    'type',
  ),
  says('a type that is no text', withBody(event({}, 7)), 422, 'field_invalid', 'type'),
  says('a type that is a list', withBody(event({}, ['badge.issued'])), 422, 'field_invalid', 'type'),
  says('type without data', withBody('{"type":"badge.issued"}'), 422, 'field_missing', 'data'),
  says('data that is a list', withBody(event(['P1', 'E1'])), 422, 'field_invalid', 'data'),
  says('no client', withBody(event({ event_id: 'E1' })), 422, 'field_missing', 'data.client_id'),
  says('no event', withBody(event({ client_id: 'P1' })), 422, 'field_missing', 'data.event_id'),
  says(
    'a number for an event',
    withBody(event({ client_id: 'P1', event_id: 12 })),
    422,
    'field_invalid',
    'data.event_id',
  ),
  says(
    'null for an event',
    withBody(event({ client_id: 'P1', event_id: null })),
    422,
    'field_invalid',
    'data.event_id',
  ),
  says(
    'a path for an event',
    withBody(event({ client_id: 'P1', event_id: '../badge' })),
    422,
    'field_invalid',
    'data.event_id',
  ),
  says(
    'an address for an event',
    withBody(event({ client_id: 'P1', event_id: PERSON })),
    422,
    'field_invalid',
    'data.event_id',
  ),
  says(
    'a line end in an event',
    withBody(event({ client_id: 'P1', event_id: 'E1\n' })),
    422,
    'field_invalid',
    'data.event_id',
  ),
  says(
    'an event id of 129 characters',
    withBody(event({ client_id: 'P1', event_id: 'e'.repeat(129) })),
    422,
    'field_invalid',
    'data.event_id',
  ),
  says(
    'an empty client',
    withBody(event({ client_id: '', event_id: 'E1' })),
    422,
    'field_invalid',
    'data.client_id',
  ),
  says(
    '__proto__ beside the type',
    withBody('{"type":"badge.issued","data":{"client_id":"P1","event_id":"E1"},"__proto__":{"a":1}}'),
    422,
    'body_unknown',
    '$',
  ),
  says(
    '__proto__ for the whole',
    withBody('{"__proto__":{"type":"badge.issued","data":{"client_id":"P1","event_id":"E1"}}}'),
    422,
    'body_unknown',
    '$',
  ),
  says(
    '__proto__ in the data',
    withBody('{"type":"badge.issued","data":{"__proto__":{"client_id":"P1","event_id":"E1"}}}'),
    422,
    'field_invalid',
    'data',
  ),
  says(
    'constructor in the data',
    withBody('{"type":"badge.issued","data":{"client_id":"P1","event_id":"E1","constructor":{}}}'),
    422,
    'field_invalid',
    'data',
  ),
  ignored('a stranger', eventBody('P9'), 'unknown_client'),
  ignored('a name that every object has', eventBody('toString'), 'unknown_client'),
  ignored('a type of another world', eventBody('P1', 'E1', 'invoice.paid'), 'unknown_type'),
  ignored('a type that every object has', eventBody('P1', 'E1', 'constructor'), 'unknown_type'),
  ignored('an unknown type with nothing else', '{"type":"ping"}', 'unknown_type'),
];

const many = (count: number, urls: (at: number) => readonly string[]): string =>
  push(Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}@e.fr`, urls(at)])));
const short = (at: number): string => `https://a.b/${at}`;

const PUSHES: readonly Hostile[] = [
  says(
    'a key that is no address',
    withBody(push({ jeanne: [credentialUrl(1)] })),
    422,
    'field_invalid',
    '#0',
  ),
  says('a key with two @', withBody(push({ 'a@b@c': [credentialUrl(1)] })), 422, 'field_invalid', '#0'),
  says('a key with a blank', withBody(push({ 'a b@c.fr': [credentialUrl(1)] })), 422, 'field_invalid', '#0'),
  says(
    'a key with half a character',
    withBody(push({ '\ud800@c.fr': [credentialUrl(1)] })),
    422,
    'field_invalid',
    '#0',
  ),
  says(
    'a key of 255 characters',
    withBody(push({ [`${'a'.repeat(250)}@c.fr`]: [credentialUrl(1)] })),
    422,
    'field_invalid',
    '#0',
  ),
  says(
    'constructor for an address',
    withBody(push({ constructor: [credentialUrl(1)] })),
    422,
    'body_unknown',
    '$',
  ),
  says('a URL outside of a list', withBody(push({ [PERSON]: credentialUrl(1) })), 422, 'field_invalid', '#0'),
  says('an empty list', withBody(push({ [PERSON]: [] })), 422, 'field_invalid', '#0'),
  says(
    'null for a URL, beside one elsewhere',
    withBody(push({ 'a@b.fr': ['https://a.b/1'], [PERSON]: ['https://a.b/2', null] })),
    422,
    'field_invalid',
    '#1[1]',
  ),
  says(
    'a relative URL',
    withBody(push({ [PERSON]: ['/obv3/credentials/1.json'] })),
    422,
    'field_invalid',
    '#0[0]',
  ),
  says('a file', withBody(push({ [PERSON]: ['file:///etc/passwd'] })), 422, 'field_invalid', '#0[0]'),
  says('JavaScript', withBody(push({ [PERSON]: ['javascript:alert(1)'] })), 422, 'field_invalid', '#0[0]'),
  says(
    'a URL of 2049 characters',
    withBody(push({ [PERSON]: [credentialUrl('a'.repeat(2049))] })),
    422,
    'field_invalid',
    '#0[0]',
  ),
  says(
    'another host',
    withBody(push({ [PERSON]: [credentialUrl(1, 'https://evil.example.com')] })),
    422,
    'url_not_obf',
  ),
  says(
    'a host that begins like OBF',
    withBody(push({ [PERSON]: [credentialUrl(1, 'https://obf.example.org.evil.com')] })),
    422,
    'url_not_obf',
  ),
  says(
    'OBF as a user of another host',
    withBody(push({ [PERSON]: [credentialUrl(1, 'https://obf.example.org@evil.com')] })),
    422,
    'url_not_obf',
  ),
  says(
    'a user at OBF',
    withBody(push({ [PERSON]: [credentialUrl(1, 'https://me:pw@obf.example.org')] })),
    422,
    'url_not_obf',
  ),
  says(
    'an address in the path at OBF, which a job would store',
    withBody(push({ [PERSON]: [credentialUrl(`${PERSON}/1`)] })),
    422,
    'url_not_obf',
  ),
  says(
    'OBF without TLS',
    withBody(push({ [PERSON]: [credentialUrl(1, 'http://obf.example.org')] })),
    422,
    'url_not_obf',
  ),
  says(
    'another port of OBF',
    withBody(push({ [PERSON]: [credentialUrl(1, 'https://obf.example.org:8443')] })),
    422,
    'url_not_obf',
  ),
  says(
    'the machine itself',
    withBody(push({ [PERSON]: ['http://127.0.0.1:6379/', 'http://169.254.169.254/'] })),
    422,
    'url_not_obf',
  ),
  says('5001 addresses', withBody(many(5001, (at) => [short(at)])), 422, 'too_many', '$'),
  says(
    '101 URLs of one address',
    withBody(push({ [PERSON]: Array.from({ length: 101 }, (_, at) => short(at)) })),
    422,
    'too_many',
    '#0',
  ),
  says(
    '5001 URLs',
    withBody(many(51, (at) => Array.from({ length: at < 50 ? 100 : 1 }, (_, n) => short(n)))),
    422,
    'too_many',
    '#50',
  ),
  says('an event at the Passport path', withBody(good, { path: PASSPORT }), 422, 'field_invalid', '#0'),
];

const PLACES: readonly Hostile[] = [
  says('a slash too many', withBody(good, { path: '/webhooks/obf/' }), 404, 'not_found'),
  says('capitals', withBody(good, { path: '/Webhooks/OBF' }), 404, 'not_found'),
  says('a way round', withBody(good, { path: '/x/../webhooks/obf' }), 404, 'not_found'),
  says('an encoded path', withBody(good, { path: '/webhooks%2Fobf' }), 404, 'not_found'),
  says('a broken encoding', withBody(good, { path: '/%E0%A4%A' }), 404, 'not_found'),
  says(
    'an address in the path',
    withBody(good, { path: `/unsubscribe/${PERSON}?email=${PERSON}` }),
    404,
    'not_found',
  ),
  says('the root', { method: 'GET', path: '/' }, 404, 'not_found'),
  says('metrics, where there is no token for them', { method: 'GET', path: '/metrics' }, 404, 'not_found'),
  says('ops, which are not there yet', { method: 'GET', path: '/ops' }, 404, 'not_found'),
  says('GET where POST is', { method: 'GET' }, 405, 'method_not_allowed'),
  says('PUT', withBody(good, { method: 'PUT' }), 405, 'method_not_allowed'),
  says('OPTIONS at the Passport path', { method: 'OPTIONS', path: PASSPORT }, 405, 'method_not_allowed'),
  says('POST where GET is', withBody(good, { path: '/healthz' }), 405, 'method_not_allowed'),
  says('DELETE where GET is', { method: 'DELETE', path: '/readyz' }, 405, 'method_not_allowed'),
];

export const HOSTILE: readonly Hostile[] = [...CREDENTIALS, ...FORM, ...EVENTS, ...PUSHES, ...PLACES];
