import { createHash } from 'node:crypto';
import { imageOf } from './api.js';
import { ok, refused, type PublicHandler, type Routes } from './exchange.js';
import type { Badge, Client, AssertionRecord } from './world.js';

/** Unix seconds as `2025-11-08T08:38:36Z`. */
const isoOf = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
const credentialId = ({ url }: AssertionRecord): string => url.replace(/\.json$/, '');
const statusId = (badge: Badge, url: string): string => `${url}/obv3/revoked/${badge.clientId}/${badge.id}`;
const didOf = ({ id }: Client): string => `did:key:z6Mk${id}`;

const contactOf = ({ id, name }: Client) => ({
  name,
  url: `https://${id.toLowerCase()}.example/`,
  email: `contact@${id.toLowerCase()}.example`,
});

/** Returns `sha256$` and, in hexadecimal, the SHA-256 of the typed address and the salt. */
const recipientHash = ({ email, salt }: AssertionRecord): string =>
  `sha256$${createHash('sha256').update(`${email}${salt}`).digest('hex')}`;

/**
 * Serves an Open Badges 3.0 credential as OBF writes it, even a revoked one: `credentialStatus` leads to the list.
 * The proof signs nothing.
 * @see https://www.imsglobal.org/spec/ob/v3p0
 */
const getCredential: PublicHandler = ({ assertion: id }, world) => {
  const { url } = world;
  const assertion = world.assertions.get(id);
  if (assertion === undefined) return refused(404, 'no such credential');
  const { event, salt, expiresOnS } = assertion;
  const { badge, issuedOnS, ctimeS } = event;
  const client = world.clientNamed(badge.clientId);
  const did = didOf(client);
  const identity = { type: 'IdentityObject', identityType: 'emailAddress', hashed: true, salt };
  return ok({
    '@context': [
      'https://www.w3.org/ns/credentials/v2',
      'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json',
    ],
    id: credentialId(assertion),
    type: ['VerifiableCredential', 'OpenBadgeCredential'],
    issuer: {
      id: did,
      type: ['Profile'],
      ...contactOf(client),
      otherIdentifier: [{ type: 'IdentifierEntry', identifier: client.id, identifierType: 'systemId' }],
    },
    awardedDate: isoOf(issuedOnS),
    validFrom: isoOf(issuedOnS),
    ...(expiresOnS === null ? {} : { validUntil: isoOf(expiresOnS) }),
    credentialSubject: {
      type: ['AchievementSubject'],
      identifier: [{ ...identity, identityHash: recipientHash(assertion) }],
      achievement: {
        id: `${url}/obv3/achievements/${badge.id}?cid=${badge.id}&lang=fr`,
        type: ['Achievement'],
        name: badge.name,
        description: badge.name,
        image: { id: imageOf(badge, url), type: 'Image' },
      },
    },
    credentialStatus: { id: statusId(badge, url), type: '1EdTechRevocationList' },
    endorsement: [],
    proof: [{ type: 'DataIntegrityProof', created: isoOf(ctimeS), cryptosuite: 'eddsa-rdfc-2022' }],
  });
};

/**
 * Serves the list of one badge's revoked credentials.
 * @see https://www.imsglobal.org/spec/vcrl/v1p0/
 */
const getRevokedList: PublicHandler = (request, world) => {
  const badge = world.badges.get(`${request.client}/${request.badge}`);
  if (badge === undefined) return refused(404, 'no such badge');
  const client = world.clientNamed(badge.clientId);
  const revoked = client.assertions.filter((one) => one.event.badge === badge && one.revoked);
  return ok({
    id: statusId(badge, world.url),
    issuer: didOf(client),
    revokedCredential: revoked.map((one) => ({ id: credentialId(one), revoked: true })),
  });
};

const V2_CONTEXT = 'https://w3id.org/openbadges/v2';

/**
 * Serves an Open Badges 2.0 assertion. Its badge class and issuer follow below, at OBF's own URLs.
 * @see https://www.imsglobal.org/spec/ob/v2p0
 */
const getAssertion: PublicHandler = ({ assertion: id }, { assertions, url }) => {
  const assertion = assertions.get(id);
  if (assertion === undefined) return refused(404, 'no such assertion');
  if (assertion.revoked) return { status: 410, body: { revoked: true } };
  const { event, salt, expiresOnS } = assertion;
  return ok({
    '@context': V2_CONTEXT,
    type: 'Assertion',
    id: assertion.urlV1,
    recipient: { type: 'email', hashed: true, salt, identity: recipientHash(assertion) },
    badge: `${url}/v1/badge/_/${event.badge.id}.json?v=2.0&event=${event.id}`,
    verification: { type: 'HostedBadge' },
    issuedOn: isoOf(event.issuedOnS),
    ...(expiresOnS === null ? {} : { expires: isoOf(expiresOnS) }),
  });
};

/** Serves a badge class: the badge of the query's event; without an event, the first badge with the id. */
const getBadgeClass: PublicHandler = (request, { badges, events, url }) => {
  const { event: eventId } = request.query;
  const candidates = eventId === undefined ? [...badges.values()] : [events.get(eventId)?.badge];
  const badge = candidates.find((one) => one?.id === request.badge);
  if (badge === undefined) return refused(404, 'no such badge');
  const event = eventId === undefined ? '' : `&event=${eventId}`;
  return ok({
    '@context': V2_CONTEXT,
    type: 'BadgeClass',
    id: `${url}/v1/badge/_/${badge.id}.json?v=2.0${event}`,
    name: badge.name,
    description: badge.name,
    image: imageOf(badge, url),
    issuer: `${url}/v1/client/?key=${badge.clientId}&v=2.0${event}`,
  });
};

const getIssuer: PublicHandler = (request, { clients, url }) => {
  const client = clients.get(request.query['key'] ?? '');
  if (client === undefined) return refused(404, 'no such client');
  const id = `${url}/v1/client/?key=${client.id}&v=2.0`;
  return ok({ '@context': V2_CONTEXT, type: 'Issuer', id, ...contactOf(client) });
};

export const PUBLIC_ROUTES: Routes<PublicHandler> = [
  ['GET credential', '/obv3/credentials/:assertion', getCredential],
  ['GET revoked', '/obv3/revoked/:client/:badge', getRevokedList],
  ['GET assertion', '/v1/assertion/:assertion', getAssertion],
  ['GET badgeclass', '/v1/badge/_/:badge.json', getBadgeClass],
  ['GET issuer', '/v1/client', getIssuer],
];
