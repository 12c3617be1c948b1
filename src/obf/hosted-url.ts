import { asAssertionId, asBadgeId, asClientId, asEventId } from '../ids.js';
import type { AssertionId, BadgeId, ClientId, EventId } from '../ids.js';

/**
 * Every assumption on how OBF writes the addresses of what it publishes. The forms were seen in
 * credentials that OBF issued, in Open Badge Passport and in OBF's Moodle plugin; `/v1/client/<id>.json`
 * is a guess, in the manner of the others.
 */
const ID = String.raw`([\w-]{1,128})(?:\.json)?`;
const CREDENTIAL = new RegExp(`^/(?:obv3/credentials|v1/assertion)/${ID}$`);
const ACHIEVEMENT = new RegExp(`^/obv3/achievements/${ID}$`);
const BADGE_CLASS = new RegExp(`^/v1/badge/_/${ID}$`);
const ISSUER = new RegExp(`^/v1/client/${ID}$`);
/** `/v1/client/?key=<client id>&v=2.0&event=<event id>` */
const ISSUER_BY_KEY = /^\/v1\/client\/?$/;
const WORD = /^[\w-]{1,128}$/;

/** Reads addresses of one OBF. Each answers null for an address of another host, or of another form. */
export class HostedUrls {
  private readonly basePath: string;

  constructor(private readonly base: URL) {
    this.basePath = base.pathname.replace(/\/+$/, '');
  }

  assertionId = (address: string): AssertionId | null => this.id(CREDENTIAL, address, asAssertionId);
  badgeIdOfAchievement = (address: string): BadgeId | null => this.id(ACHIEVEMENT, address, asBadgeId);
  badgeIdOfClass = (address: string): BadgeId | null => this.id(BADGE_CLASS, address, asBadgeId);
  isOurs = (address: string): boolean => this.own(address) !== null;

  /** Of an issuer's profile. */
  clientId(address: string): ClientId | null {
    const url = this.own(address);
    if (url === null || !ISSUER_BY_KEY.test(this.route(url))) return this.id(ISSUER, address, asClientId);
    return this.parameter(address, 'key', asClientId);
  }

  /** The event that a badge class was asked for with: `?v=2.0&event=<event id>`. */
  eventId = (address: string): EventId | null => this.parameter(address, 'event', asEventId);

  /** Where OBF publishes an assertion, in each format. */
  addressesOf = (id: AssertionId): { readonly v3: string; readonly v2: string } => {
    const at = `${this.base.origin}${this.basePath}`;
    const name = encodeURIComponent(id);
    return { v3: `${at}/obv3/credentials/${name}.json`, v2: `${at}/v1/assertion/${name}` };
  };

  /** Path and query from the host's root, of an address that is ours. */
  pathOf(address: string): string {
    const url = new URL(address);
    return `${url.pathname}${url.search}`;
  }

  /** Same scheme, host and port as OBF, and no credentials in it. */
  private own(address: string): URL | null {
    if (!URL.canParse(address)) return null;
    const url = new URL(address);
    const ours = url.origin === this.base.origin && url.username === '' && url.password === '';
    return ours && url.pathname.startsWith(`${this.basePath}/`) ? url : null;
  }

  private route = (url: URL): string => url.pathname.slice(this.basePath.length);

  private parameter<I>(address: string, name: string, as: (id: string) => I): I | null {
    const value = this.own(address)?.searchParams.get(name) ?? '';
    return WORD.test(value) ? as(value) : null;
  }

  private id<I>(form: RegExp, address: string, as: (id: string) => I): I | null {
    const url = this.own(address);
    const [, id] = (url === null ? null : form.exec(this.route(url))) ?? [];
    return id === undefined ? null : as(id);
  }
}
