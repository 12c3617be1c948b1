import { createHash } from 'node:crypto';
import { ok, refused, type Handler, type Obf } from '../exchange.js';
import { lookOfBase58 } from '../made-up-ids.js';
import type { Badge, Client, Issued } from '../records.js';
import { imageOf } from './badge.js';
import { isoOf, recipientHash } from './recipient-hash.js';

/**
 * An Open Badges 3.0 credential, field by field as OBF writes them. A revoked one is still served: its
 * `credentialStatus` says so. The proof has the look of one and signs nothing.
 * @see https://www.imsglobal.org/spec/ob/v3p0
 */
export const credential: Handler = (request, obf) => {
  const found = obf.world.assertion(request.param('assertion').replace(/\.json$/, ''));
  const issuer = found === null ? null : obf.world.client(found.event.badge.clientId);
  if (found === null || issuer === null) return refused(404, 'no such credential');
  const awarded = isoOf(found.event.issuedOnS);
  return ok({
    '@context': [
      'https://www.w3.org/ns/credentials/v2',
      'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json',
      'https://purl.imsglobal.org/spec/ob/v3p0/extensions.json',
    ],
    id: credentialId(found, obf),
    type: ['VerifiableCredential', 'OpenBadgeCredential'],
    issuer: profileOf(issuer),
    awardedDate: awarded,
    validFrom: awarded,
    ...(found.expiresOnS === null ? {} : { validUntil: isoOf(found.expiresOnS) }),
    credentialSubject: subjectOf(found, obf),
    credentialStatus: { id: statusOf(found.event.badge, obf), type: '1EdTechRevocationList' },
    endorsement: [],
    proof: [proofOf(found, issuer)],
  });
};

/**
 * The credentials of one badge that were revoked.
 * @see https://www.imsglobal.org/spec/vcrl/v1p0/
 */
export const revokedList: Handler = (request, obf) => {
  const badge = obf.world.badge(request.param('client'), request.param('badge'));
  const issuer = badge === null ? null : obf.world.client(badge.clientId);
  if (badge === null || issuer === null) return refused(404, 'no such badge');
  const revoked = obf.world
    .assertionsOf(badge.clientId)
    .filter((found) => found.event.badge === badge && found.revoked);
  return ok({
    id: statusOf(badge, obf),
    issuer: didOf(issuer),
    revokedCredential: revoked.map((found) => ({ id: credentialId(found, obf), revoked: true })),
  });
};

const credentialId = (found: Issued, { url }: Obf): string => `${url}/obv3/credentials/${found.id}`;
const statusOf = (badge: Badge, { url }: Obf): string => `${url}/obv3/revoked/${badge.clientId}/${badge.id}`;
const didOf = (client: Client): string => `did:key:z6Mk${lookOfBase58(client.id, 44)}`;

function subjectOf(found: Issued, obf: Obf) {
  const { badge } = found.event;
  const contentId = createHash('sha256').update(badge.name).digest('hex');
  return {
    type: ['AchievementSubject'],
    identifier: [
      {
        type: 'IdentityObject',
        identityType: 'emailAddress',
        hashed: true,
        salt: found.salt,
        identityHash: recipientHash(found),
      },
    ],
    achievement: {
      id: `${obf.url}/obv3/achievements/${badge.id}?cid=${contentId}&lang=fr`,
      type: ['Achievement'],
      name: badge.name,
      description: badge.name,
      inLanguage: 'fr',
      criteria: {
        id: `${obf.url}/v1/badge/_/${badge.id}/criteria.html?v=2.0&c_id=${contentId}`,
        narrative: '',
      },
      image: { id: imageOf(badge, obf), type: 'Image' },
      tag: [],
    },
  };
}

const profileOf = (client: Client) => ({
  id: didOf(client),
  type: ['Profile'],
  name: client.name,
  url: `https://${client.id.toLowerCase()}.example/`,
  email: `contact@${client.id.toLowerCase()}.example`,
  otherIdentifier: [{ type: 'IdentifierEntry', identifier: client.id, identifierType: 'systemId' }],
});

function proofOf(found: Issued, client: Client) {
  const did = didOf(client);
  return {
    type: 'DataIntegrityProof',
    created: isoOf(found.event.ctimeS),
    verificationMethod: `${did}#${did.replace('did:key:', '')}`,
    cryptosuite: 'eddsa-rdfc-2022',
    proofPurpose: 'assertionMethod',
    proofValue: `z${lookOfBase58(found.id, 87)}`,
  };
}
