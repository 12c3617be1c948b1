import { asClientId, type AssertionId, type BadgeId, type ClientId, type EventId } from '../ids.js';
import {
  isFor,
  isV2,
  isV3,
  issuerOfClass,
  parseV2,
  parseV3,
  REVOCATION_LIST_TYPE,
  revokedIds,
  saysRevoked,
  type CredentialV2,
  type CredentialV3,
  type ParsedCredential,
} from './credential.js';
import {
  CredentialAbsent,
  CredentialRefused,
  errorOfStatus,
  jsonOrNull,
  ObfTooLarge,
  ObfUnreadable,
  type HttpReply,
} from './errors.js';
import { HostedUrls } from './hosted-url.js';
import type { Http } from './http.js';
import type { RateLimiter } from './rate-limiter.js';
import { parseJson } from './rows.js';

/** What a hosted credential says. Times are Unix seconds. */
interface HostedAssertion {
  readonly revokedOnly: false;
  readonly assertionId: AssertionId;
  readonly clientId: ClientId;
  readonly badgeId: BadgeId;
  /** Null where the credential does not name it. */
  readonly eventId: EventId | null;
  readonly issuedOnS: number;
  readonly expiresOnS: number | null;
  readonly revoked: boolean;
}

/**
 * OBF says that it is revoked, and as a rule nothing else: not even whose it was. It serves to mark an
 * assertion that is known already; an unknown one has nothing to count.
 */
interface RevokedAssertion {
  readonly revokedOnly: true;
  readonly assertionId: AssertionId;
}

export type HostedCredential = HostedAssertion | RevokedAssertion;

const CALL = 'GET credential';
/** All public reads share one lane, whoever issued what they read. */
const LANE = 'public';
/** A credential may hold its picture. */
const MAX_CREDENTIAL_BYTES = 1024 * 1024;
const MAX_LIST_BYTES = 5 * 1024 * 1024;
const NOT_FOUND = 404;
const FORBIDDEN = 403;
const GONE = 410;

/** A credential under verification. */
interface Subject {
  readonly assertionId: AssertionId;
  /** Null: the owner is known. */
  readonly email: string | null;
  readonly signal: AbortSignal | undefined;
}

/** Credentials that OBF publishes: for partners whose API key we do not have, and for pushes to a Passport. */
export class HostedCredentials {
  private readonly urls: HostedUrls;

  constructor(
    base: URL,
    private readonly http: Http,
    private readonly rate: RateLimiter,
  ) {
    this.urls = new HostedUrls(base);
  }

  /** Whether `read` would fetch this at all: a credential's address on OBF's own host. */
  accepts(url: string): boolean {
    return this.urls.assertionId(url) !== null;
  }

  /**
   * Reads once more what `read` has accepted before: whose it is was checked then, and by another spelling of the
   * address it may not be provable now.
   * @param first the format in which it came; the other is tried where OBF has none
   * @throws as `read`
   */
  async readAgain(id: AssertionId, first: 'v2' | 'v3', signal?: AbortSignal): Promise<HostedCredential> {
    const { v2, v3 } = this.urls.addressesOf(id);
    try {
      return await this.read(first === 'v2' ? v2 : v3, null, signal);
    } catch (error) {
      if (!(error instanceof CredentialAbsent)) throw error;
      return this.read(first === 'v2' ? v3 : v2, null, signal);
    }
  }

  /**
   * Reads a credential (Open Badges 3.0 or 2.0) and checks that it was made for this address; null: that is known.
   * Issuer, badge and id are those that the credential names; nothing is taken from the sender of the URL.
   * @throws CredentialRefused for good: another host, another person, two ids, too large
   * @throws CredentialAbsent while OBF does not show it; ObfError typed by certainty, as any read
   */
  async read(url: string, email: string | null, signal?: AbortSignal): Promise<HostedCredential> {
    const assertionId = this.urls.assertionId(url);
    if (assertionId === null)
      throw new CredentialRefused(CALL, 'url', "its address is not that of a credential on OBF's host");
    const subject: Subject = { assertionId, email, signal };
    const { status, body } = await this.fetchPublic(subject, CALL, url, { alsoGood: GONE });
    // A credential that is gone may leave nothing, or a page for people.
    const json = status === GONE ? (jsonOrNull(body) ?? {}) : parseJson(CALL, body);
    if (typeof json !== 'object' || json === null) throw new ObfUnreadable(CALL, 'not a JSON object');
    if (status === GONE || saysRevoked(json)) {
      const id: unknown = Reflect.get(json, 'id');
      if (typeof id === 'string') this.checkId(id, subject);
      return { revokedOnly: true, assertionId };
    }
    if (isV3(json)) return this.verifyV3(parseV3(CALL, body), subject);
    if (isV2(json)) return this.verifyV2(parseV2(CALL, body), subject);
    throw new ObfUnreadable(CALL, 'neither Open Badges 3.0 nor 2.0');
  }

  private async verifyV3(credential: CredentialV3, subject: Subject): Promise<HostedAssertion> {
    const { achievement, clientId } = credential;
    const common = this.commonOf(credential, subject);
    const badgeId = this.urls.badgeIdOfAchievement(achievement);
    if (badgeId === null)
      throw new ObfUnreadable(CALL, 'field credentialSubject.achievement.id: not a badge of this OBF');
    if (clientId === null || !/^[\w-]{1,128}$/.test(clientId))
      throw new ObfUnreadable(CALL, 'field issuer.otherIdentifier: not one client id (systemId)');
    const revoked = await this.isListedAsRevoked(credential, subject);
    return { ...common, clientId: asClientId(clientId), badgeId, eventId: null, revoked };
  }

  private async verifyV2(credential: CredentialV2, subject: Subject): Promise<HostedAssertion> {
    const common = this.commonOf(credential, subject);
    const badgeId = this.urls.badgeIdOfClass(credential.badge);
    if (badgeId === null) throw new ObfUnreadable(CALL, 'field badge: not a badge of this OBF');
    const clientId = this.urls.clientId(credential.issuer ?? (await this.readIssuer(credential, subject)));
    if (clientId === null) throw new ObfUnreadable(CALL, 'field badge.issuer: not a client of this OBF');
    return { ...common, clientId, badgeId, eventId: this.urls.eventId(credential.badge), revoked: false };
  }

  /** What both formats come to, once it is known to be this person's. @throws CredentialRefused */
  private commonOf({ id, recipients, issuedOnS, expiresOnS }: ParsedCredential, subject: Subject) {
    const { assertionId, email } = subject;
    this.checkId(id, subject);
    if (email !== null && !recipients.some((recipient) => isFor(recipient, email)))
      throw new CredentialRefused(CALL, 'recipient', 'it was made for another address');
    return { revokedOnly: false, assertionId, issuedOnS, expiresOnS } as const;
  }

  /** One credential could else be counted again and again under invented addresses. */
  private checkId(id: string, { assertionId }: Subject): void {
    if (this.urls.assertionId(id) !== assertionId)
      throw new CredentialRefused(CALL, 'identity', 'its own id is not the one that it was read under');
  }

  private async readIssuer({ badge }: CredentialV2, subject: Subject): Promise<string> {
    const name = 'GET badgeclass';
    return issuerOfClass(name, (await this.fetchPublic(subject, name, badge)).body);
  }

  private async isListedAsRevoked({ id, statuses }: CredentialV3, subject: Subject): Promise<boolean> {
    const name = 'GET revoked';
    const { assertionId } = subject;
    for (const { id: url, types } of statuses) {
      if (!types.includes(REVOCATION_LIST_TYPE))
        throw new ObfUnreadable(
          CALL,
          'field credentialStatus.type: not a kind of status that OBF is known to use',
        );
      if (!this.urls.isOurs(url))
        throw new CredentialRefused(CALL, 'url', "its revocation list is not on OBF's host");
      // Not known: whether OBF has a list before the first revocation. Its 404 is read as "none".
      const options = { alsoGood: NOT_FOUND, maxBytes: MAX_LIST_BYTES };
      const { status, body } = await this.fetchPublic(subject, name, url, options);
      const listed = status === NOT_FOUND ? [] : revokedIds(name, body);
      if (
        listed.some((one) => one === id || one === assertionId || this.urls.assertionId(one) === assertionId)
      )
        return true;
    }
    return false;
  }

  /** @param alsoGood a status besides 2xx that says something to the caller */
  private async fetchPublic(
    { email, signal }: Pick<Subject, 'email' | 'signal'>,
    name: string,
    url: string,
    { alsoGood = 200, maxBytes = MAX_CREDENTIAL_BYTES }: { alsoGood?: number; maxBytes?: number } = {},
  ): Promise<HttpReply> {
    const { http, rate } = this;
    const facts = { name, write: false, secrets: email === null ? [] : [email] };
    const request = {
      ...facts,
      clientId: null,
      method: 'GET',
      path: this.urls.pathOf(url),
      maxBytes,
    } as const;
    await rate.acquire(name, LANE, { signal });
    const reply = await http.send(request, signal).catch((error: unknown) => {
      throw error instanceof ObfTooLarge ? new CredentialRefused(name, 'size', 'it is too large') : error;
    });
    if (reply.status === 429) await rate.hold(LANE, reply.retryAfterMs);
    if ((reply.status >= 200 && reply.status < 300) || reply.status === alsoGood) return reply;
    const error = errorOfStatus(facts, reply);
    const isAbsent = reply.status === NOT_FOUND || reply.status === FORBIDDEN;
    throw isAbsent ? new CredentialAbsent(name, error.message.replace(`OBF ${name}: `, '')) : error;
  }
}
