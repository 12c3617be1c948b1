import { createHash } from 'node:crypto';
import { asAssertionId } from '../../src/ids.js';
import {
  CredentialAbsent,
  CredentialRefused,
  ObfNotSent,
  ObfRefused,
  ObfThrottled,
  ObfUnreadable,
} from '../../src/obf/errors.js';
import type { HostedCredentials } from '../../src/obf/hosted.js';
import { isFor } from '../../src/obf/credential.js';
import type { AssertionRecord, EventRecord } from '../../src/sandbox/types.js';
import {
  closeStubs,
  errorOf,
  everythingOf,
  MAIL,
  openBench,
  openStub,
  type Bench,
  type Stub,
} from './bench.js';

let bench: Bench;
let hosted: HostedCredentials;
beforeAll(async () => {
  bench = await openBench();
  hosted = bench.obf().hosted;
});
afterAll(() => Promise.all([bench.close(), closeStubs()]));
beforeEach(() => bench.sandbox.clearFaults());

const hash = (text: string, algorithm = 'sha256'): string =>
  `${algorithm}$${createHash(algorithm).update(text).digest('hex')}`;

const issue = (email: string = MAIL): { event: EventRecord; assertion: AssertionRecord } => {
  const hand = { clientId: 'P1', badgeId: 'B1', issuedOnS: 1_740_787_200, expiresOnS: 1_772_323_200 };
  const event = bench.sandbox.issueByHand({ ...hand, recipients: [email, 'other@example.org'] });
  const [assertion] = event.assertions;
  if (assertion === undefined) throw new Error('nothing issued');
  return { event, assertion };
};
const says = (assertion: AssertionRecord, eventId: string | null, revoked = false) => ({
  revokedOnly: false,
  assertionId: assertion.id,
  clientId: 'P1',
  badgeId: 'B1',
  eventId,
  issuedOnS: 1_740_787_200,
  expiresOnS: 1_772_323_200,
  revoked,
});

test.each([MAIL, ' jean.dupont@example.org ', 'JEAN.DUPONT@EXAMPLE.ORG'])(
  'a good credential of each format, for an address typed as %j',
  async (email) => {
    // Whoever typed it for OBF, and whoever types it for us, need not agree on letter case.
    const { event, assertion } = issue(email.trim() === MAIL ? MAIL : email.trim().toLowerCase());
    expect(await hosted.read(assertion.url, email)).toEqual(says(assertion, null));
    expect(await hosted.read(assertion.urlV1, email)).toEqual(says(assertion, event.id));
  },
);

test('one that was accepted before is read again by its id alone; where OBF has no such format, in the other', async () => {
  const { event, assertion } = issue();
  expect(await hosted.readAgain(asAssertionId(assertion.id), 'v3')).toEqual(says(assertion, null));
  expect(await hosted.readAgain(asAssertionId(assertion.id), 'v2')).toEqual(says(assertion, event.id));
  bench.sandbox.fault({ route: 'GET credential', kind: 'status', status: 404 });
  expect(await hosted.readAgain(asAssertionId(assertion.id), 'v3')).toEqual(says(assertion, event.id));
  bench.sandbox.fault({ route: 'GET assertion', kind: 'status', status: 404 });
  expect(await hosted.readAgain(asAssertionId(assertion.id), 'v2')).toEqual(says(assertion, null));
  bench.sandbox.fault({ route: 'GET credential', kind: 'status', status: 500 });
  expect(await errorOf(hosted.readAgain(asAssertionId(assertion.id), 'v3'))).toBeInstanceOf(ObfNotSent);
});

test('a forged recipient is refused, and nothing more is read for it', async () => {
  const { assertion } = issue();
  for (const url of [assertion.url, assertion.urlV1]) {
    const from = bench.sandbox.calls.length;
    const error = await errorOf(hosted.read(url, 'thief@example.org'));
    expect(error).toBeInstanceOf(CredentialRefused);
    expect(error).toBeInstanceOf(ObfRefused);
    expect(error).toMatchObject({ fault: 'recipient' });
    expect(everythingOf(error)).not.toContain('thief');
    expect(bench.sandbox.calls).toHaveLength(from + 1);
  }
});

test('a revoked one is found out in each format', async () => {
  const { event, assertion } = issue();
  bench.sandbox.revokeByHand(event.id, [MAIL]);
  expect(await hosted.read(assertion.url, MAIL)).toEqual(says(assertion, null, true));
  // Of its 2.0 form, OBF says nothing but that it is revoked: not even whose it was.
  expect(await hosted.read(assertion.urlV1, MAIL)).toEqual({ revokedOnly: true, assertionId: assertion.id });
  const [, other] = event.assertions;
  expect(await hosted.read(other?.url ?? '', 'other@example.org')).toMatchObject({ revoked: false });
});

test.each([
  ['another host', (url: URL) => `https://evil.example${url.pathname}`],
  ['a host that begins like ours', (url: URL) => `http://${url.host}.evil.example${url.pathname}`],
  ['another port', (url: URL) => `http://127.0.0.1:1${url.pathname}`],
  ['another scheme', (url: URL) => `https://${url.host}${url.pathname}`],
  ['credentials in it', (url: URL) => `http://me:pw@${url.host}${url.pathname}`],
  ['our host as a name', (url: URL) => `http://${url.host}@evil.example${url.pathname}`],
  ['a file', () => 'file:///etc/passwd'],
  ['no address', () => 'hello'],
  ['a route of the API', (url: URL) => `${url.origin}/v2/client/P1`],
  ['a file that somebody may have put there', (url: URL) => `${url.origin}/c/file/credentials.json`],
  ['a way around', (url: URL) => `${url.origin}/obv3/credentials/../../v2/client/P1`],
  ['an id that is none', (url: URL) => `${url.origin}/obv3/credentials/a%2Fb`],
])('an address that is %s is refused without a call', async (_, forge) => {
  const from = bench.sandbox.calls.length;
  const url = forge(new URL(issue().assertion.url));
  expect(hosted.accepts(url)).toBe(false);
  expect(await errorOf(hosted.read(url, MAIL))).toMatchObject({ fault: 'url' });
  expect(bench.sandbox.calls).toHaveLength(from);
});

test('no call carries credentials, and all stand in one line under the rate', async () => {
  const { assertion } = issue();
  const slow = [bench.obf({ maxRps: 4 }).hosted, bench.obf({ maxRps: 4 }).hosted];
  const from = bench.sandbox.calls.length;
  await Promise.all(slow.map((one) => one.read(assertion.url, MAIL)));
  const calls = bench.sandbox.calls.slice(from);
  expect(calls.map((call) => call.clientId)).toEqual([null, null, null, null]);
  const [first, last] = [calls.at(0)?.atMs ?? 0, calls.at(-1)?.atMs ?? 0];
  // Four places of one line, not two of two.
  expect(last - first).toBeGreaterThan(400);
});

test.each([
  ['404', { kind: 'status', status: 404 }, CredentialAbsent],
  ['302', { kind: 'status', status: 302 }, ObfNotSent],
  ['400', { kind: 'status', status: 400 }, ObfRefused],
  ['429', { kind: 'status', status: 429, retryAfterS: 0.25 }, ObfThrottled],
  ['503', { kind: 'status', status: 503, retryAfterS: 0.25 }, ObfThrottled],
  ['500', { kind: 'status', status: 500 }, ObfNotSent],
  ['reset', { kind: 'reset' }, ObfNotSent],
  ['no answer', { kind: 'black-hole' }, ObfNotSent],
  ['not JSON', { kind: 'not-json' }, ObfUnreadable],
] as const)('OBF fails (%s), at any of the calls that a credential takes', async (_, fault, type) => {
  const { assertion } = issue();
  const reader = fault.kind === 'black-hole' ? bench.obf({ timeoutMs: 200 }).hosted : hosted;
  const calls = [
    ['GET credential', assertion.url],
    ['GET assertion', assertion.urlV1],
    ['GET badgeclass', assertion.urlV1],
    ...(fault.kind === 'status' && fault.status === 404 ? [] : [['GET revoked', assertion.url] as const]),
  ] as const;
  for (const [route, url] of calls) {
    bench.sandbox.fault({ route, ...fault });
    expect(await errorOf(reader.read(url, MAIL))).toBeInstanceOf(type);
  }
});

describe('what a hostile or an odd OBF may answer', () => {
  let stub: Stub;
  let own: HostedCredentials;
  const pages = new Map<string, { status?: number; body: unknown; headers?: Record<string, string> }>();
  beforeAll(async () => {
    stub = await openStub((req, res) => {
      const page = pages.get(req.url ?? '') ?? { status: 404, body: {} };
      const text = typeof page.body === 'string' ? page.body : JSON.stringify(page.body);
      res.writeHead(page.status ?? 200, page.headers).end(text);
    });
    own = bench.obf({ baseUrl: stub.url }).hosted;
  });
  beforeEach(() => {
    pages.clear();
    stub.seen.length = 0;
  });

  const SALT = 'R4qr2lVG0K';
  const URL_V3 = () => `${stub.url}/obv3/credentials/A1`;
  const URL_V2 = () => `${stub.url}/v1/assertion/A1`;
  const LIST = () => `${stub.url}/obv3/revoked/P1/B1`;

  const v2Form = { recipient: {}, badge: 'x' };
  /** The form of a real one, cut to what matters and to some of what does not. */
  const v3 = (more: Record<string, unknown> = {}) => ({
    '@context': ['https://www.w3.org/ns/credentials/v2'],
    type: ['VerifiableCredential', 'OpenBadgeCredential'],
    id: URL_V3(),
    issuer: { id: 'did:key:z6Mk', otherIdentifier: [{ identifier: 'P1', identifierType: 'systemId' }] },
    validFrom: '2025-11-08T08:38:36Z',
    credentialSubject: {
      identifier: [
        {
          type: 'IdentityObject',
          identityType: 'emailAddress',
          hashed: true,
          salt: SALT,
          identityHash: hash(MAIL + SALT),
        },
      ],
      achievement: { id: `${stub.url}/obv3/achievements/B1?cid=92&lang=en` },
    },
    credentialStatus: { id: LIST(), type: '1EdTechRevocationList' },
    ...more,
  });
  const v2 = (more: Record<string, unknown> = {}) => ({
    id: URL_V2(),
    recipient: { type: 'email', hashed: true, salt: SALT, identity: hash(MAIL + SALT) },
    badge: `${stub.url}/v1/badge/_/B1.json?v=2.0&event=E1`,
    issuedOn: '2025-11-08T08:38:36+00:00',
    ...more,
  });
  const at = (path: string, body: unknown, more = {}) => void pages.set(path, { body, ...more });
  const readV3 = (body: unknown, more = {}) => {
    at('/obv3/credentials/A1', body, more);
    return own.read(URL_V3(), MAIL);
  };
  const readV2 = (body: unknown, more = {}) => {
    at('/v1/assertion/A1', body, more);
    return own.read(URL_V2(), MAIL);
  };

  test.each([
    [
      'ids, as the specification has it',
      () => ({ revokedCredential: [{ id: URL_V3(), revoked: true, revocationReason: 'x' }] }),
      true,
    ],
    ['the plural', () => ({ revokedCredentials: [{ id: URL_V3() }] }), true],
    ['plain texts', () => ({ revokedCredential: [URL_V3()] }), true],
    ['bare ids', () => ({ revokedCredential: ['A1'] }), true],
    ['with .json', () => ({ revokedCredential: [`${URL_V3()}.json`] }), true],
    ['the name of 2.0', () => ({ revokedAssertions: [URL_V3()] }), true],
    ['a bare list', () => [URL_V3()], true],
    ['lifted again', () => ({ revokedCredential: [{ id: URL_V3(), revoked: false }] }), false],
    ['others only', () => ({ revokedCredential: [{ id: `${URL_V3()}2` }] }), false],
    ['an empty one', () => ({ revokedCredential: [] }), false],
  ])('a revocation list: %s', async (_, list, revoked) => {
    at('/obv3/revoked/P1/B1', list());
    expect(await readV3(v3())).toMatchObject({ revoked });
  });

  test('no list is there: OBF knows of no revocation. A list of no known form is no empty list', async () => {
    expect(await readV3(v3())).toMatchObject({ revoked: false });
    at('/obv3/revoked/P1/B1', { something: [] });
    expect(await errorOf(readV3(v3()))).toBeInstanceOf(ObfUnreadable);
    const bits = { id: LIST(), type: 'BitstringStatusListEntry' };
    expect(await errorOf(readV3(v3({ credentialStatus: bits })))).toBeInstanceOf(ObfUnreadable);
    expect(await readV3(v3({ credentialStatus: undefined }))).toMatchObject({ revoked: false });
  });

  test.each([
    ['seconds', 1_762_591_116],
    ['milliseconds', 1_762_591_116_789],
    ['milliseconds in a text', '1762591116789'],
  ])('dates in %s', async (_, date) => {
    const dated = { issuedOnS: 1_762_591_116, expiresOnS: 1_762_591_116 };
    expect(
      await readV3(v3({ validFrom: date, validUntil: date, credentialStatus: undefined })),
    ).toMatchObject(dated);
    const badge = { id: v2().badge, issuer: `${stub.url}/v1/client/?key=P1` };
    expect(await readV2(v2({ badge, issuedOn: date, expires: date }))).toMatchObject(dated);
  });

  test('nothing leads away from the host', async () => {
    const away = await openStub((_, res) => res.end('{}'));
    const status = { id: `${away.url}/obv3/revoked/P1/B1`, type: '1EdTechRevocationList' };
    expect(await errorOf(readV3(v3({ credentialStatus: status })))).toMatchObject({ fault: 'url' });
    expect(await errorOf(readV2(v2({ badge: `${away.url}/v1/badge/_/B1.json` })))).toBeInstanceOf(
      ObfUnreadable,
    );
    const redirect = { status: 302, headers: { Location: `${away.url}/obv3/credentials/A1` } };
    expect(await errorOf(readV3('', redirect))).toBeInstanceOf(ObfNotSent);
    at('/v1/badge/_/B1.json?v=2.0&event=E1', { issuer: `${away.url}/v1/client/?key=P1` });
    expect(await errorOf(readV2(v2()))).toBeInstanceOf(ObfUnreadable);
    expect(away.seen).toEqual([]);
    await away.close();
  });

  test.each([
    ['another assertion', () => `${stub.url}/obv3/credentials/A2`],
    ['another host', () => 'https://evil.example/obv3/credentials/A1'],
    ['no address', () => 'urn:uuid:A1'],
  ])('its own id is %s: refused', async (_, id) => {
    expect(await errorOf(readV3(v3({ id: id() })))).toMatchObject({ fault: 'identity' });
    expect(await errorOf(readV2(v2({ id: id() })))).toMatchObject({ fault: 'identity' });
    expect(await errorOf(readV2({ id: id(), revoked: true }))).toMatchObject({ fault: 'identity' });
  });

  test.each([
    ['issuer.otherIdentifier', () => v3({ issuer: { id: 'did:key:z6Mk' } })],
    [
      'issuer.otherIdentifier',
      () => v3({ issuer: { otherIdentifier: [{ identifier: 'P1', identifierType: 'ext:other' }] } }),
    ],
    [
      'issuer.otherIdentifier',
      () =>
        v3({
          issuer: {
            otherIdentifier: ['P1', 'P2'].map((identifier) => ({ identifier, identifierType: 'systemId' })),
          },
        }),
    ],
    ['validFrom', () => v3({ validFrom: 'yesterday' })],
    ['id', () => v3({ id: undefined })],
    [
      'credentialSubject.achievement',
      () => v3({ credentialSubject: { identifier: v3().credentialSubject.identifier } }),
    ],
    ['credentialSubject', () => v3({ credentialSubject: null })],
  ])('a 3.0 credential without a good %s is unreadable', async (field, credential) => {
    const error = await errorOf(readV3(credential()));
    expect(error).toBeInstanceOf(ObfUnreadable);
    expect(error.message).toContain(`field ${field}`);
  });

  test.each([
    ['in an assertion', `/v1/client/?key=P1&v=2.0&event=E1`],
    ['named otherwise', '/v1/client/P1.json?v=2.0'],
  ])('the issuer of a 2.0 assertion: %s', async (_, path) => {
    const expected = { clientId: 'P1', badgeId: 'B1', eventId: 'E1', revoked: false, expiresOnS: null };
    at('/v1/badge/_/B1.json?v=2.0&event=E1', { issuer: { id: `${stub.url}${path}`, name: 'x' } });
    expect(await readV2(v2())).toMatchObject(expected);
    stub.seen.length = 0;
    const badge = { id: v2().badge, issuer: `${stub.url}${path}` };
    expect(await readV2(v2({ badge }))).toMatchObject(expected);
    expect(stub.seen).toEqual(['GET /v1/assertion/A1']);
  });

  test.each([
    ['410 with nothing', '', { status: 410 }],
    ['410 with a page', '<p>gone</p>', { status: 410 }],
    ['410', { revoked: true }, { status: 410 }],
    ['200', { revoked: true }, {}],
    ['with its id', { id: '@', revoked: true }, {}],
    ['beside all the rest', { ...v2Form, id: '@', revoked: true }, {}],
  ])('revoked, and nothing else is said: %s', async (_, body, more) => {
    const page = typeof body === 'object' && 'id' in body ? { ...body, id: URL_V2() } : body;
    expect(await readV2(page, more)).toEqual({ revokedOnly: true, assertionId: 'A1' });
  });

  test.each([
    ['too large', () => JSON.stringify({ ...v3(), padding: 'x'.repeat(1024 * 1024) }), { fault: 'size' }],
    ['too deep', () => '['.repeat(30_000) + ']'.repeat(30_000), { code: 'obf_unreadable' }],
    [
      'too deep inside',
      () => JSON.stringify(v3()).replace('{', `{"x":${'{"a":'.repeat(30_000)}1${'}'.repeat(30_000)},`),
      { clientId: 'P1', revoked: false },
    ],
    [
      'polluting',
      () =>
        JSON.stringify(v3()).replace(
          '{',
          '{"__proto__":{"revoked":true},"constructor":{"prototype":{"x":1}},',
        ),
      { clientId: 'P1', revoked: false },
    ],
    ['something else', () => JSON.stringify({ hello: 'world' }), { code: 'obf_unreadable' }],
    ['a list', () => JSON.stringify([v3()]), { code: 'obf_unreadable' }],
    ['a text', () => '"x"', { code: 'obf_unreadable' }],
  ])('a credential that is %s', async (_, body, expected) => {
    const outcome = await readV3(body()).catch((error: unknown) => error);
    expect(outcome).toMatchObject(expected);
    expect(Reflect.get({}, 'x')).toBeUndefined();
  });
});

const ADDRESS = 'rene.Lefèvre@example.org';

test.each([
  ['as typed', { hashed: true, identity: hash(`${ADDRESS}s`), salt: 's' }, ADDRESS, true],
  ['without salt', { hashed: true, identity: hash(ADDRESS), salt: null }, ADDRESS, true],
  ['lower-cased by OBF', { hashed: true, identity: hash(ADDRESS.toLowerCase()), salt: null }, ADDRESS, true],
  [
    'capitalised by OBF',
    { hashed: true, identity: hash('Rene.lefèvre@example.org'), salt: null },
    ADDRESS,
    true,
  ],
  ['upper-cased by OBF', { hashed: true, identity: hash(ADDRESS.toUpperCase()), salt: null }, ADDRESS, true],
  [
    'decomposed by the sender',
    { hashed: true, identity: hash(ADDRESS), salt: null },
    ` ${ADDRESS.normalize('NFD')}`,
    true,
  ],
  [
    'in upper-case hex',
    { hashed: true, identity: hash(ADDRESS).toUpperCase().replace('SHA', 'sha'), salt: null },
    ADDRESS,
    true,
  ],
  ['another salt', { hashed: true, identity: hash(`${ADDRESS}s`), salt: 't' }, ADDRESS, false],
  [
    'another address',
    { hashed: true, identity: hash(ADDRESS), salt: null },
    'rene.lefevre@example.org',
    false,
  ],
  ['MD5', { hashed: true, identity: hash(ADDRESS, 'md5'), salt: null }, ADDRESS, false],
  ['a cut hash', { hashed: true, identity: hash(ADDRESS).slice(0, 40), salt: null }, ADDRESS, false],
  ['no hash', { hashed: true, identity: '', salt: null }, ADDRESS, false],
  ['plain', { hashed: false, identity: ADDRESS.toUpperCase(), salt: null }, ADDRESS, true],
  ['plain, of another', { hashed: false, identity: 'x@example.org', salt: null }, ADDRESS, false],
  ['a hash said to be plain', { hashed: false, identity: hash(ADDRESS), salt: null }, ADDRESS, false],
])('the recipient: %s', (_, recipient, address, expected) => {
  expect(isFor(recipient, address)).toBe(expected);
});
