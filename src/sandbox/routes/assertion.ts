import { ok, refused, type Handler, type Obf } from '../exchange.js';
import type { Badge } from '../records.js';
import { imageOf } from './badge.js';
import { isoOf, recipientHash } from './recipient-hash.js';

const CONTEXT = 'https://w3id.org/openbadges/v2';

/**
 * An Open Badges 2.0 assertion, its badge class and its issuer, at the addresses that OBF gives them.
 * @see https://www.imsglobal.org/spec/ob/v2p0
 */
export const assertion: Handler = (request, { world, url }) => {
  const found = world.assertion(request.param('assertion').replace(/\.json$/, ''));
  if (found === null) return refused(404, 'no such assertion');
  if (found.revoked) return { status: 410, body: { revoked: true } };
  const { event } = found;
  return ok({
    '@context': CONTEXT,
    type: 'Assertion',
    id: `${url}/v1/assertion/${found.id}`,
    uid: found.id,
    recipient: { type: 'email', hashed: true, salt: found.salt, identity: recipientHash(found) },
    badge: `${url}/v1/badge/_/${event.badge.id}.json?v=2.0&event=${event.id}`,
    verification: { type: 'HostedBadge' },
    issuedOn: isoOf(event.issuedOnS),
    ...(found.expiresOnS === null ? {} : { expires: isoOf(found.expiresOnS) }),
  });
};

export const badgeClass: Handler = (request, obf) => {
  const badge = badgeNamed(request.param('badge'), request.query['event'], obf);
  if (badge === null) return refused(404, 'no such badge');
  const event = request.query['event'] === undefined ? '' : `&event=${request.query['event']}`;
  return ok({
    '@context': CONTEXT,
    type: 'BadgeClass',
    id: `${obf.url}/v1/badge/_/${badge.id}.json?v=2.0${event}`,
    name: badge.name,
    description: badge.name,
    image: imageOf(badge, obf),
    criteria: { id: `${obf.url}/v1/badge/_/${badge.id}/criteria.html?v=2.0${event}`, narrative: '' },
    issuer: `${obf.url}/v1/client/?key=${badge.clientId}&v=2.0${event}`,
    tags: [],
    alignment: [],
  });
};

/** The event tells whose badge it is; without one, the first badge of that id. */
const badgeNamed = (id: string, eventId: string | undefined, { world }: Obf): Badge | null => {
  if (eventId === undefined) return world.badges().find((badge) => badge.id === id) ?? null;
  const badge = world.event(eventId)?.badge;
  return badge?.id === id ? badge : null;
};

export const issuer: Handler = (request, { world, url }) => {
  const client = world.client(request.query['key'] ?? '');
  if (client === null) return refused(404, 'no such client');
  return ok({
    '@context': CONTEXT,
    type: 'Issuer',
    id: `${url}/v1/client/?key=${client.id}&v=2.0`,
    name: client.name,
    url: `https://${client.id.toLowerCase()}.example/`,
    email: `contact@${client.id.toLowerCase()}.example`,
  });
};
