import { asAssertionId, asBadgeId, asClientId, asEventId, type AssertionId } from '../ids.js';
import { fieldOf } from '../platform/logger.js';
import {
  assertionV2,
  credentialV3,
  HOSTED_ID,
  isIssuedTo,
  issuerOfClass,
  REVOCATION_LIST_TYPE,
  revokedIds,
  type CredentialV2,
  type CredentialV3,
} from './credential.js';
import {
  CredentialAbsent,
  errorOfStatus,
  isGood,
  isThrottled,
  jsonOrNull,
  ObfRefused,
  ObfTooLarge,
  ObfUnreadable,
  type HttpReply,
} from './errors.js';
import type { Http } from './http.js';
import type { RateLimiter } from './rate-limiter.js';
import { parseJson, readJson } from './wire.js';

/**
 * A hosted credential, times in Unix seconds. `revokedOnly`: OBF usually says no more of a revoked one, not even its
 * recipient. It marks a known assertion as revoked; an unknown one would not count anyway.
 */
export type HostedCredential = Awaited<ReturnType<HostedCredentials['read']>>;

const CALL = 'GET credential';
/** All public reads share one lane, across issuers. */
const LANE = 'public';
const MAX_CREDENTIAL_BYTES = 1024 * 1024;
const MAX_LIST_BYTES = 5 * 1024 * 1024;
const NOT_FOUND = 404;
const FORBIDDEN = 403;
const GONE = 410;

/** For a credential that will never count for this person, however often it is read. */
const refused = (call: string, why: string): ObfRefused => new ObfRefused(call, 422, why);

interface Subject {
  readonly assertionId: AssertionId;
  /** Null: the recipient was checked before. */
  readonly email: string | null;
  readonly signal: AbortSignal | undefined;
}

/**
 * Reads credentials that OBF publishes: for partners without an API key here, and for pushes to a Passport. Every
 * assumption about their URLs is here. Their forms come from issued credentials, Open Badge Passport and OBF's Moodle
 * plugin. `/v1/client/<id>.json` is a guess, by analogy.
 */
export class HostedCredentials {
  readonly #basePath: string;

  constructor(
    private readonly base: URL,
    private readonly http: Http,
    private readonly rate: RateLimiter,
  ) {
    this.#basePath = base.pathname.replace(/\/+$/, '');
  }

  /**
   * Reads a credential again that `read` accepted before. Does not check the recipient again: another spelling of the
   * address might not match the hash.
   * @param first the format it came in; the other is tried when OBF shows none
   * @throws as `read`
   */
  async readAgain(id: AssertionId, first: 'v2' | 'v3', signal?: AbortSignal) {
    const base = `${this.base.origin}${this.#basePath}`;
    const name = encodeURIComponent(id);
    const urls = { v2: `${base}/v1/assertion/${name}`, v3: `${base}/obv3/credentials/${name}.json` };
    return this.read(urls[first], null, signal).catch((error: unknown) => {
      if (error instanceof CredentialAbsent)
        return this.read(urls[first === 'v2' ? 'v3' : 'v2'], null, signal);
      throw error;
    });
  }

  /**
   * Reads a credential (Open Badges 3.0 or 2.0) and checks that it was made for `email`, unless that is null. Takes
   * issuer, badge and id from the credential alone, nothing from the sender of the URL.
   * @throws ObfRefused for good: another host, another recipient, two ids, too large
   * @throws CredentialAbsent while OBF does not show it; ObfError typed by certainty, as any read
   */
  async read(url: string, email: string | null, signal?: AbortSignal) {
    const id = this.#assertionIn(url);
    if (id === null) throw refused(CALL, "its address is not that of a credential on OBF's host");
    const subject: Subject = { assertionId: asAssertionId(id), email, signal };
    const { status, body } = await this.#fetch(subject, CALL, url, { alsoGood: GONE });
    // A 410 may have no body, or a page for people.
    const json = status === GONE ? jsonOrNull(body) : parseJson(CALL, body);
    if (status === GONE || fieldOf(json, 'revoked') === true) {
      const ownId = fieldOf(json, 'id');
      if (typeof ownId === 'string') this.#checkId(ownId, subject);
      return { revokedOnly: true, assertionId: subject.assertionId } as const;
    }
    if (fieldOf(json, 'credentialSubject') !== undefined)
      return this.#verifyV3(readJson(CALL, body, credentialV3), subject);
    if (fieldOf(json, 'badge') !== undefined && fieldOf(json, 'recipient') !== undefined)
      return this.#verifyV2(readJson(CALL, body, assertionV2), subject);
    throw new ObfUnreadable(CALL, 'neither Open Badges 3.0 nor 2.0');
  }

  async #verifyV3(credential: CredentialV3, subject: Subject) {
    const common = this.#commonOf(credential, subject);
    const badge = this.#idIn('obv3/achievements', credential.achievement);
    const { clientId } = credential;
    if (badge === null)
      throw new ObfUnreadable(CALL, 'field credentialSubject.achievement.id: not a badge of this OBF');
    if (clientId === null)
      throw new ObfUnreadable(CALL, 'field issuer.otherIdentifier: not one client id (systemId)');
    const revoked = await this.#isListedAsRevoked(credential, subject);
    return { ...common, clientId, badgeId: asBadgeId(badge), eventId: null, revoked };
  }

  async #verifyV2(credential: CredentialV2, subject: Subject) {
    const common = this.#commonOf(credential, subject);
    // `/v1/badge/_/<badge id>.json?v=2.0&event=<event id>`
    const badge = this.#idIn('v1/badge/_', credential.badge);
    if (badge === null) throw new ObfUnreadable(CALL, 'field badge: not a badge of this OBF');
    const event = this.#parameterIn('event', credential.badge);
    const name = 'GET badgeclass';
    const issuer =
      credential.issuer ??
      readJson(name, (await this.#fetch(subject, name, credential.badge)).body, issuerOfClass);
    // `/v1/client/<client id>.json`, or `/v1/client/?key=<client id>&v=2.0&event=<event id>`
    const isByKey = /^\/v1\/client\/?$/.test(this.#routeOf(issuer) ?? '');
    const client = isByKey ? this.#parameterIn('key', issuer) : this.#idIn('v1/client', issuer);
    if (client === null) throw new ObfUnreadable(CALL, 'field badge.issuer: not a client of this OBF');
    const [clientId, eventId] = [asClientId(client), event === null ? null : asEventId(event)];
    return { ...common, clientId, badgeId: asBadgeId(badge), eventId, revoked: false };
  }

  /** Checks id and recipient; returns what both formats share. @throws ObfRefused */
  #commonOf({ id, recipients, issuedOnS, expiresOnS }: CredentialV2 | CredentialV3, subject: Subject) {
    const { assertionId, email } = subject;
    this.#checkId(id, subject);
    if (email !== null && !recipients.some((recipient) => isIssuedTo(recipient, email)))
      throw refused(CALL, 'it was made for another address');
    return { revokedOnly: false, assertionId, issuedOnS, expiresOnS } as const;
  }

  /** Without this check one credential could count many times, under invented URLs. */
  #checkId(id: string, { assertionId }: Subject): void {
    if (this.#assertionIn(id) !== assertionId)
      throw refused(CALL, 'its own id is not the one that it was read under');
  }

  async #isListedAsRevoked({ id, statuses }: CredentialV3, subject: Subject): Promise<boolean> {
    const name = 'GET revoked';
    const isOwn = (one: string): boolean =>
      one === id || one === subject.assertionId || this.#assertionIn(one) === subject.assertionId;
    for (const { id: url, type } of statuses) {
      if (!type.includes(REVOCATION_LIST_TYPE))
        throw new ObfUnreadable(CALL, 'field credentialStatus.type: not a status that OBF is known to use');
      // A 404 is read as an empty list: OBF may have none before the first revocation.
      const options = { alsoGood: NOT_FOUND, maxBytes: MAX_LIST_BYTES };
      const { status, body } = await this.#fetch(subject, name, url, options);
      const listed = status === NOT_FOUND ? [] : readJson(name, body, revokedIds);
      if (listed.some(isOwn)) return true;
    }
    return false;
  }

  /** @param alsoGood a status besides 2xx that is returned, not thrown */
  async #fetch(
    { email, signal }: Subject,
    name: string,
    url: string,
    { alsoGood = 200, maxBytes = MAX_CREDENTIAL_BYTES } = {},
  ): Promise<HttpReply> {
    const route = this.#routeOf(url);
    if (route === null) throw refused(name, "its address is not on OBF's host");
    const secrets = email === null ? [] : [email];
    const path = `${route}${new URL(url).search}`;
    const request = { name, clientId: null, method: 'GET', write: false, path, secrets, maxBytes } as const;
    await this.rate.acquire(name, LANE, { signal });
    const reply = await this.http.send(request, signal).catch((error: unknown) => {
      throw error instanceof ObfTooLarge ? refused(name, 'it is too large') : error;
    });
    if (isThrottled(reply, false)) await this.rate.hold(LANE, reply.retryAfterMs);
    if (isGood(reply) || reply.status === alsoGood) return reply;
    const error = errorOfStatus(request, reply);
    const isAbsent = reply.status === NOT_FOUND || reply.status === FORBIDDEN;
    throw isAbsent ? new CredentialAbsent(name, error.detail) : error;
  }

  /** Returns the path below OBF's base URL; null unless scheme, host and port are OBF's, without credentials. */
  #routeOf(address: string): string | null {
    if (!URL.canParse(address)) return null;
    const { origin, username, password, pathname } = new URL(address);
    const isOurs = origin === this.base.origin && username === '' && password === '';
    return isOurs && pathname.startsWith(`${this.#basePath}/`) ? pathname.slice(this.#basePath.length) : null;
  }

  /** Returns the id of a URL of OBF, `/<folder>/<id>` or `/<folder>/<id>.json`, else null. */
  #idIn(folder: string, address: string): string | null {
    const route = this.#routeOf(address)?.replace(/\.json$/, '');
    const id = route?.startsWith(`/${folder}/`) === true ? route.slice(folder.length + 2) : '';
    return HOSTED_ID.test(id) ? id : null;
  }

  #assertionIn(address: string): string | null {
    return this.#idIn('obv3/credentials', address) ?? this.#idIn('v1/assertion', address);
  }

  #parameterIn(name: string, address: string): string | null {
    const id = this.#routeOf(address) === null ? '' : (new URL(address).searchParams.get(name) ?? '');
    return HOSTED_ID.test(id) ? id : null;
  }
}
