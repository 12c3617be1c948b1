import {
  asAssertionId,
  asBadgeId,
  asClientId,
  asEventId,
  type AssertionId,
  type BadgeId,
  type ClientId,
  type EventId,
} from '../ids.js';

/**
 * Every assumption on how OBF writes the addresses of what it publishes. The forms were seen in
 * credentials that OBF issued, in Open Badge Passport and in OBF's Moodle plugin; `/v1/client/<id>.json`
 * is a guess, in the manner of the others.
 */
const WORD = String.raw`[\w-]{1,128}`;
const routeTo = (folder: string): RegExp => new RegExp(`^/${folder}/(${WORD})(?:\\.json)?$`);
const CREDENTIAL = routeTo('(?:obv3/credentials|v1/assertion)');
const ACHIEVEMENT = routeTo('obv3/achievements');
const BADGE_CLASS = routeTo('v1/badge/_');
const ISSUER = routeTo('v1/client');
/** `/v1/client/?key=<client id>&v=2.0&event=<event id>` */
const ISSUER_BY_KEY = /^\/v1\/client\/?$/;

/** Reads addresses of one OBF. Each answers null for an address of another host, or of another form. */
export class HostedUrls {
  private readonly basePath: string;

  constructor(private readonly base: URL) {
    this.basePath = base.pathname.replace(/\/+$/, '');
  }

  assertionId = (address: string): AssertionId | null => this.id(CREDENTIAL, address, asAssertionId);
  badgeIdOfAchievement = (address: string): BadgeId | null => this.id(ACHIEVEMENT, address, asBadgeId);
  badgeIdOfClass = (address: string): BadgeId | null => this.id(BADGE_CLASS, address, asBadgeId);
  /** Of an issuer's profile. */
  clientId = (address: string): ClientId | null =>
    ISSUER_BY_KEY.test(this.routeOf(address) ?? '')
      ? this.parameter(address, 'key', asClientId)
      : this.id(ISSUER, address, asClientId);
  /** The event that a badge class was asked for with: `?v=2.0&event=<event id>`. */
  eventId = (address: string): EventId | null => this.parameter(address, 'event', asEventId);
  isOurs = (address: string): boolean => this.routeOf(address) !== null;

  /** Where OBF publishes an assertion, in each format. */
  addressesOf(id: AssertionId): { readonly v3: string; readonly v2: string } {
    const at = `${this.base.origin}${this.basePath}`;
    const name = encodeURIComponent(id);
    return { v3: `${at}/obv3/credentials/${name}.json`, v2: `${at}/v1/assertion/${name}` };
  }

  /** Path and query from the host's root, of an address that is ours. */
  pathOf(address: string): string {
    const { pathname, search } = new URL(address);
    return `${pathname}${search}`;
  }

  /** The path below OBF's own; null unless scheme, host and port are OBF's, without credentials. */
  private routeOf(address: string): string | null {
    if (!URL.canParse(address)) return null;
    const { origin, username, password, pathname } = new URL(address);
    const isOurs = origin === this.base.origin && username === '' && password === '';
    return isOurs && pathname.startsWith(`${this.basePath}/`) ? pathname.slice(this.basePath.length) : null;
  }

  private parameter<I>(address: string, name: string, as: (id: string) => I): I | null {
    if (!this.isOurs(address)) return null;
    const value = new URL(address).searchParams.get(name) ?? '';
    return new RegExp(`^${WORD}$`).test(value) ? as(value) : null;
  }

  private id<I>(form: RegExp, address: string, as: (id: string) => I): I | null {
    const [, id] = form.exec(this.routeOf(address) ?? '') ?? [];
    return id === undefined ? null : as(id);
  }
}
