import type { AssertionId, BadgeId, ClientId, EventId } from '../ids.js';
import {
  assertionV2,
  credentialV3,
  isFor,
  issuerOfClass,
  REVOCATION_LIST_TYPE,
  revokedIds,
  type CredentialV2,
  type CredentialV3,
} from './credential.js';
import {
  CredentialAbsent,
  CredentialRefused,
  errorOfStatus,
  isGood,
  jsonOrNull,
  ObfTooLarge,
  ObfUnreadable,
  type HttpReply,
} from './errors.js';
import { createHostedUrls } from './hosted-url.js';
import type { Http } from './http.js';
import type { RateLimiter } from './rate-limiter.js';
import { parseJson, readJson } from './rows.js';

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
 * Revoked only: OBF says as a rule nothing else then, not even whose it was. It serves to mark an assertion that is
 * known already; an unknown one has nothing to count.
 */
export type HostedCredential =
  HostedAssertion | { readonly revokedOnly: true; readonly assertionId: AssertionId };

const CALL = 'GET credential';
/** All public reads share one lane, across issuers. */
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
  readonly #urls: ReturnType<typeof createHostedUrls>;

  constructor(
    base: URL,
    private readonly http: Http,
    private readonly rate: RateLimiter,
  ) {
    this.#urls = createHostedUrls(base);
  }

  /**
   * Reads once more what `read` has accepted before: whose it is was checked then, and by another spelling of the
   * address it may not be provable now.
   * @param first the format in which it came; the other is tried where OBF has none
   * @throws as `read`
   */
  async readAgain(id: AssertionId, first: 'v2' | 'v3', signal?: AbortSignal): Promise<HostedCredential> {
    const { v2, v3 } = this.#urls.addressesOf(id);
    const [one, other] = first === 'v2' ? [v2, v3] : [v3, v2];
    return this.read(one, null, signal).catch((error: unknown) => {
      if (error instanceof CredentialAbsent) return this.read(other, null, signal);
      throw error;
    });
  }

  /**
   * Reads a credential (Open Badges 3.0 or 2.0) and checks that it was made for this address; null: that is known.
   * Issuer, badge and id are those that the credential names; nothing is taken from the sender of the URL.
   * @throws CredentialRefused for good: another host, another person, two ids, too large
   * @throws CredentialAbsent while OBF does not show it; ObfError typed by certainty, as any read
   */
  async read(url: string, email: string | null, signal?: AbortSignal): Promise<HostedCredential> {
    const assertionId = this.#urls.assertionId(url);
    if (assertionId === null)
      throw new CredentialRefused(CALL, 'url', "its address is not that of a credential on OBF's host");
    const subject: Subject = { assertionId, email, signal };
    const { status, body } = await this.#fetch(subject, CALL, url, { alsoGood: GONE });
    // A credential that is gone may leave nothing, or a page for people.
    const json = status === GONE ? (jsonOrNull(body) ?? {}) : parseJson(CALL, body);
    if (typeof json !== 'object' || json === null) throw new ObfUnreadable(CALL, 'not a JSON object');
    if (status === GONE || ('revoked' in json && json.revoked === true)) {
      if ('id' in json && typeof json.id === 'string') this.#checkId(json.id, subject);
      return { revokedOnly: true, assertionId };
    }
    if ('credentialSubject' in json) return this.#verifyV3(readJson(CALL, body, credentialV3), subject);
    if ('badge' in json && 'recipient' in json)
      return this.#verifyV2(readJson(CALL, body, assertionV2), subject);
    throw new ObfUnreadable(CALL, 'neither Open Badges 3.0 nor 2.0');
  }

  async #verifyV3(credential: CredentialV3, subject: Subject): Promise<HostedAssertion> {
    const common = this.#commonOf(credential, subject);
    const badgeId = this.#urls.badgeIdOfAchievement(credential.achievement);
    const { clientId } = credential;
    if (badgeId === null)
      throw new ObfUnreadable(CALL, 'field credentialSubject.achievement.id: not a badge of this OBF');
    if (clientId === null)
      throw new ObfUnreadable(CALL, 'field issuer.otherIdentifier: not one client id (systemId)');
    const revoked = await this.#isListedAsRevoked(credential, subject);
    return { ...common, clientId, badgeId, eventId: null, revoked };
  }

  async #verifyV2(credential: CredentialV2, subject: Subject): Promise<HostedAssertion> {
    const common = this.#commonOf(credential, subject);
    const { badge } = credential;
    const badgeId = this.#urls.badgeIdOfClass(badge);
    if (badgeId === null) throw new ObfUnreadable(CALL, 'field badge: not a badge of this OBF');
    const name = 'GET badgeclass';
    const issuer =
      credential.issuer ?? readJson(name, (await this.#fetch(subject, name, badge)).body, issuerOfClass);
    const clientId = this.#urls.clientId(issuer);
    if (clientId === null) throw new ObfUnreadable(CALL, 'field badge.issuer: not a client of this OBF');
    return { ...common, clientId, badgeId, eventId: this.#urls.eventId(badge), revoked: false };
  }

  /** What both formats come to, once it is known to be this person's. @throws CredentialRefused */
  #commonOf({ id, recipients, issuedOnS, expiresOnS }: CredentialV2 | CredentialV3, subject: Subject) {
    const { assertionId, email } = subject;
    this.#checkId(id, subject);
    if (email !== null && !recipients.some((recipient) => isFor(recipient, email)))
      throw new CredentialRefused(CALL, 'recipient', 'it was made for another address');
    return { revokedOnly: false, assertionId, issuedOnS, expiresOnS } as const;
  }

  /** One credential could else be counted again and again under invented addresses. */
  #checkId(id: string, { assertionId }: Subject): void {
    if (this.#urls.assertionId(id) !== assertionId)
      throw new CredentialRefused(CALL, 'identity', 'its own id is not the one that it was read under');
  }

  async #isListedAsRevoked({ id, statuses }: CredentialV3, subject: Subject): Promise<boolean> {
    const name = 'GET revoked';
    const isOwn = (one: string): boolean =>
      one === id || one === subject.assertionId || this.#urls.assertionId(one) === subject.assertionId;
    for (const { id: url, type } of statuses) {
      if (!type.includes(REVOCATION_LIST_TYPE))
        throw new ObfUnreadable(CALL, 'field credentialStatus.type: not a status that OBF is known to use');
      if (!this.#urls.isOurs(url))
        throw new CredentialRefused(CALL, 'url', "its revocation list is not on OBF's host");
      // Not known: whether OBF has a list before the first revocation. Its 404 is read as "none".
      const options = { alsoGood: NOT_FOUND, maxBytes: MAX_LIST_BYTES };
      const { status, body } = await this.#fetch(subject, name, url, options);
      const listed = status === NOT_FOUND ? [] : readJson(name, body, revokedIds);
      if (listed.some(isOwn)) return true;
    }
    return false;
  }

  /** @param alsoGood a status besides 2xx that says something to the caller */
  async #fetch(
    { email, signal }: Subject,
    name: string,
    url: string,
    { alsoGood = 200, maxBytes = MAX_CREDENTIAL_BYTES }: { alsoGood?: number; maxBytes?: number } = {},
  ): Promise<HttpReply> {
    const facts = { name, clientId: null, write: false, secrets: email === null ? [] : [email] };
    const { pathname, search } = new URL(url);
    await this.rate.acquire(name, LANE, { signal });
    const request = { ...facts, method: 'GET', path: `${pathname}${search}`, maxBytes } as const;
    const reply = await this.http.send(request, signal).catch((error: unknown) => {
      throw error instanceof ObfTooLarge ? new CredentialRefused(name, 'size', 'it is too large') : error;
    });
    if (reply.status === 429) await this.rate.hold(LANE, reply.retryAfterMs);
    if (isGood(reply) || reply.status === alsoGood) return reply;
    const error = errorOfStatus(facts, reply);
    const isAbsent = reply.status === NOT_FOUND || reply.status === FORBIDDEN;
    throw isAbsent ? new CredentialAbsent(name, error.message.replace(`OBF ${name}: `, '')) : error;
  }
}
