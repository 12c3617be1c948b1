import { asClientId, type AssertionId, type ClientId } from '../ids.js';
import type { HostedAssertion, HostedCredential, ParsedCredential, RevokedAssertion } from './credential.js';
import { isV2, issuerOfClass, parseV2, saysRevoked, type AssertionV2 } from './credential-v2.js';
import { isV3, parseV3, type CredentialV3 } from './credential-v3.js';
import { CredentialRefused, ObfRefused, ObfUnreadable } from './errors.js';
import { HostedUrls } from './hosted-url.js';
import { readPublic, type PublicParts } from './public.js';
import { jsonOf } from './read-reply.js';
import { isFor } from './recipient-hash.js';
import { REVOCATION_LIST_TYPE, revokedIds } from './revocation-list.js';

export type { HostedAssertion, HostedCredential, RevokedAssertion } from './credential.js';

/** Credentials that OBF publishes: for partners whose API key we do not have, and for pushes to a Passport. */
export interface HostedCredentials {
  /** Whether `read` would fetch this at all: a credential's address on OBF's own host. */
  accepts(url: string): boolean;
  /**
   * Reads a credential (Open Badges 3.0 or 2.0) and checks that it was made for this address. Issuer,
   * badge and id are those that the credential names; nothing is taken from whoever gave the URL.
   * @throws CredentialRefused for good: another host, another person, two ids, too large
   * @throws ObfError typed by certainty, as any read
   */
  read(url: string, email: string, signal?: AbortSignal): Promise<HostedCredential>;
  /**
   * Reads once more what `read` has accepted before: whose it is was checked then, and by another spelling of the
   * address it may not be provable now.
   * @param first the format in which it came; the other is tried where OBF has none
   * @throws as `read`
   */
  readAgain(id: AssertionId, first: 'v2' | 'v3', signal?: AbortSignal): Promise<HostedCredential>;
}

const CALL = 'GET credential';
/** A credential may hold its picture. */
const MAX_CREDENTIAL_BYTES = 1024 * 1024;
const MAX_LIST_BYTES = 5 * 1024 * 1024;
const NOT_FOUND = 404;
const GONE = 410;

export function createHosted(parts: PublicParts & { readonly base: URL }): HostedCredentials {
  const reader = new Reader(parts, new HostedUrls(parts.base));
  return {
    accepts: (url) => reader.urls.assertionId(url) !== null,
    read: (url, email, signal) => reader.read(url, email, signal),
    readAgain: (id, first, signal) => reader.readAgain(id, first, signal),
  };
}

/** A credential under verification. */
interface Subject {
  readonly assertionId: AssertionId;
  /** Null: whose it is is known. */
  readonly email: string | null;
  readonly signal: AbortSignal | undefined;
}

class Reader {
  constructor(
    private readonly parts: PublicParts,
    readonly urls: HostedUrls,
  ) {}

  async readAgain(id: AssertionId, first: 'v2' | 'v3', signal?: AbortSignal): Promise<HostedCredential> {
    const { v2, v3 } = this.urls.addressesOf(id);
    try {
      return await this.read(first === 'v2' ? v2 : v3, null, signal);
    } catch (error) {
      if (!(error instanceof ObfRefused) || error.status !== NOT_FOUND) throw error;
      return this.read(first === 'v2' ? v3 : v2, null, signal);
    }
  }

  async read(url: string, email: string | null, signal?: AbortSignal): Promise<HostedCredential> {
    const assertionId = this.urls.assertionId(url);
    if (assertionId === null)
      throw new CredentialRefused(CALL, 'url', "its address is not that of a credential on OBF's host");
    const reply = await this.fetch(CALL, url, MAX_CREDENTIAL_BYTES, [GONE], { email, signal });
    const subject: Subject = { assertionId, email, signal };
    const gone = reply.status === GONE;
    const json = gone ? jsonOrEmpty(reply.body) : jsonOf(CALL, reply.body);
    if (typeof json !== 'object' || json === null) throw new ObfUnreadable(CALL, 'not a JSON object');
    if (gone || saysRevoked(json)) return this.revoked(json, subject);
    if (isV3(json)) return this.v3(parseV3(CALL, reply.body), subject);
    if (isV2(json)) return this.v2(parseV2(CALL, reply.body), subject);
    throw new ObfUnreadable(CALL, 'neither Open Badges 3.0 nor 2.0');
  }

  private revoked(json: object, subject: Subject): RevokedAssertion {
    const id: unknown = Reflect.get(json, 'id');
    if (typeof id === 'string') this.checkId(id, subject);
    return { revokedOnly: true, assertionId: subject.assertionId };
  }

  private async v3(credential: CredentialV3, subject: Subject): Promise<HostedAssertion> {
    this.check(credential, subject);
    const badgeId = this.urls.badgeIdOfAchievement(credential.achievement);
    if (badgeId === null)
      throw new ObfUnreadable(CALL, 'field credentialSubject.achievement.id: not a badge of this OBF');
    const clientId = clientIdOf(credential);
    const revoked = await this.isListed(credential, subject);
    return { ...common(credential, subject), clientId, badgeId, eventId: null, revoked };
  }

  private async v2(credential: AssertionV2, subject: Subject): Promise<HostedAssertion> {
    this.check(credential, subject);
    const badgeId = this.urls.badgeIdOfClass(credential.badge);
    if (badgeId === null) throw new ObfUnreadable(CALL, 'field badge: not a badge of this OBF');
    const clientId = this.urls.clientId(credential.issuer ?? (await this.issuerOf(credential, subject)));
    if (clientId === null) throw new ObfUnreadable(CALL, 'field badge.issuer: not a client of this OBF');
    const eventId = this.urls.eventId(credential.badge);
    return { ...common(credential, subject), clientId, badgeId, eventId, revoked: false };
  }

  private check(credential: ParsedCredential, subject: Subject): void {
    const { email } = subject;
    this.checkId(credential.id, subject);
    if (email !== null && !credential.recipients.some((recipient) => isFor(recipient, email)))
      throw new CredentialRefused(CALL, 'recipient', 'it was made for another address');
  }

  /** One credential could else be counted again and again under invented addresses. */
  private checkId(id: string, { assertionId }: Subject): void {
    if (this.urls.assertionId(id) !== assertionId)
      throw new CredentialRefused(CALL, 'identity', 'its own id is not the one that it was read under');
  }

  private async issuerOf(credential: AssertionV2, subject: Subject): Promise<string> {
    const name = 'GET badgeclass';
    const { body } = await this.fetch(name, credential.badge, MAX_CREDENTIAL_BYTES, [], subject);
    return issuerOfClass(name, body);
  }

  private async isListed(credential: CredentialV3, subject: Subject): Promise<boolean> {
    const name = 'GET revoked';
    for (const { id, types } of credential.statuses) {
      if (!types.includes(REVOCATION_LIST_TYPE))
        throw new ObfUnreadable(
          CALL,
          'field credentialStatus.type: not a kind of status that OBF is known to use',
        );
      if (!this.urls.isOurs(id))
        throw new CredentialRefused(CALL, 'url', "its revocation list is not on OBF's host");
      // Not known: whether OBF has a list before the first revocation. Its own 404 says that it has none.
      const reply = await this.fetch(name, id, MAX_LIST_BYTES, [NOT_FOUND], subject);
      const listed = reply.status === NOT_FOUND ? [] : revokedIds(name, reply.body);
      if (listed.some((entry) => this.names(entry, credential, subject))) return true;
    }
    return false;
  }

  private names = (entry: string, { id }: ParsedCredential, { assertionId }: Subject): boolean =>
    entry === id || entry === assertionId || this.urls.assertionId(entry) === assertionId;

  private fetch(
    name: string,
    address: string,
    maxBytes: number,
    alsoGood: readonly number[],
    { email, signal }: Pick<Subject, 'email' | 'signal'>,
  ) {
    const read = {
      name,
      path: this.urls.pathOf(address),
      maxBytes,
      alsoGood,
      hidden: email === null ? [] : [email],
    };
    return readPublic(this.parts, read, signal);
  }
}

function clientIdOf({ clientId }: CredentialV3): ClientId {
  if (clientId !== null && /^[\w-]{1,128}$/.test(clientId)) return asClientId(clientId);
  throw new ObfUnreadable(CALL, 'field issuer.otherIdentifier: not one client id (systemId)');
}

const common = ({ issuedOnS, expiresOnS }: ParsedCredential, { assertionId }: Subject) =>
  ({ revokedOnly: false, assertionId, issuedOnS, expiresOnS }) as const;

/** A credential that is gone may leave nothing, or a page for people. */
function jsonOrEmpty(body: string): unknown {
  try {
    return JSON.parse(body) ?? {};
  } catch {
    return {};
  }
}
