import { createHash } from 'node:crypto';
import type { AssertionRecord, EventRecord } from '../../src/sandbox/types.js';
import { openBench, type Bench } from './bench.js';

const ADDRESS = 'Claire.Duval@example.org';
let bench: Bench;
let event: EventRecord;
let assertion: AssertionRecord;
let other: AssertionRecord;

beforeAll(async () => {
  bench = await openBench({ clock: () => 1_740_960_000_000 });
  event = bench.sandbox.issueByHand({
    clientId: 'P1',
    badgeId: 'B1',
    recipients: [ADDRESS, 'other@example.org'],
    issuedOnS: 1_740_787_200,
    expiresOnS: 1_772_323_200,
  });
  [assertion, other] = event.assertions as [AssertionRecord, AssertionRecord];
});
afterAll(() => bench.sandbox.close());

const hashOf = (email: string, salt: string): string =>
  `sha256$${createHash('sha256')
    .update(email + salt)
    .digest('hex')}`;

test('Open Badges 3.0: who, what, when, by whom; the hash is of that address and of no other', async () => {
  const { status, data } = await bench.get(assertion.url.replace(bench.sandbox.url, ''));
  expect(status).toBe(200);
  expect(data).toMatchObject({
    id: assertion.url.replace('.json', ''),
    type: ['VerifiableCredential', 'OpenBadgeCredential'],
    validFrom: '2025-03-01T00:00:00Z',
    validUntil: '2026-03-01T00:00:00Z',
    credentialStatus: { id: `${bench.sandbox.url}/obv3/revoked/P1/B1`, type: '1EdTechRevocationList' },
    proof: [{ type: 'DataIntegrityProof', cryptosuite: 'eddsa-rdfc-2022' }],
  });
  expect(data.issuer.otherIdentifier).toEqual([
    { type: 'IdentifierEntry', identifier: 'P1', identifierType: 'systemId' },
  ]);
  const achievement = new URL(data.credentialSubject.achievement.id);
  expect([achievement.pathname, achievement.searchParams.has('cid')]).toEqual([
    '/obv3/achievements/B1',
    true,
  ]);
  const [identifier] = data.credentialSubject.identifier;
  expect(identifier).toMatchObject({ identityType: 'emailAddress', hashed: true });
  expect(identifier.identityHash).toBe(hashOf(ADDRESS, identifier.salt));
  expect(identifier.identityHash).not.toBe(hashOf('other@example.org', identifier.salt));
});

test('Open Badges 2.0: assertion, badge class and issuer lead from one to the next', async () => {
  const { data } = await bench.get(assertion.urlV1.replace(bench.sandbox.url, ''));
  expect(data).toMatchObject({
    '@context': 'https://w3id.org/openbadges/v2',
    type: 'Assertion',
    id: assertion.urlV1,
    badge: `${bench.sandbox.url}/v1/badge/_/B1.json?v=2.0&event=${event.id}`,
    issuedOn: '2025-03-01T00:00:00Z',
    expires: '2026-03-01T00:00:00Z',
    recipient: { type: 'email', hashed: true, identity: hashOf(ADDRESS, data.recipient.salt) },
  });
  const badge = (await bench.get(data.badge.replace(bench.sandbox.url, ''))).data;
  expect(badge).toMatchObject({ type: 'BadgeClass', id: data.badge, name: 'Badge B1' });
  const issuer = (await bench.get(badge.issuer.replace(bench.sandbox.url, ''))).data;
  expect(issuer).toMatchObject({ type: 'Issuer', name: 'Organisme P1' });
  expect(new URL(badge.issuer).searchParams.get('key')).toBe('P1');
});

test('two clients that have a badge of the same id are told apart by the event', async () => {
  bench.sandbox.addBadge({ clientId: 'R', id: 'B1', name: 'Another' });
  const second = bench.sandbox.issueByHand({ clientId: 'R', badgeId: 'B1', recipients: [ADDRESS] });
  const issuerOf = async (eventId: string): Promise<string> =>
    (await bench.get(`/v1/badge/_/B1.json?v=2.0&event=${eventId}`)).data.issuer;
  expect(await issuerOf(event.id)).toContain('?key=P1&');
  expect(await issuerOf(second.id)).toContain('?key=R&');
});

test('a revoked one: on the list in 3.0, gone in 2.0; the others stay', async () => {
  const revoked = async (): Promise<unknown> =>
    (await bench.get('/obv3/revoked/P1/B1')).data.revokedCredential;
  expect(await revoked()).toEqual([]);
  bench.sandbox.revokeByHand(event.id, [ADDRESS]);
  expect(await revoked()).toEqual([{ id: assertion.url.replace('.json', ''), revoked: true }]);
  const gone = await bench.get(`/v1/assertion/${assertion.id}`);
  expect([gone.status, gone.data]).toEqual([410, { revoked: true }]);
  expect((await bench.get(`/v1/assertion/${other.id}`)).status).toBe(200);
});

test.each(['/obv3/credentials/none.json', '/v1/assertion/none', '/obv3/revoked/P1/B7', '/v1/client/?key=P7'])(
  '%s is not found',
  async (path) => {
    expect((await bench.get(path)).status).toBe(404);
  },
);
