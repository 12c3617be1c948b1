import { asAssertionId, asBadgeId, asClientId, asEventId, type AssertionId } from '../ids.js';

/**
 * Every assumption on how OBF writes the addresses of what it publishes. The forms were seen in
 * credentials that OBF issued, in Open Badge Passport and in OBF's Moodle plugin; `/v1/client/<id>.json`
 * is a guess, in the manner of the others.
 */
const WORD = String.raw`[\w-]{1,128}`;
const routeTo = (folder: string): RegExp => new RegExp(`^/${folder}/(${WORD})(?:\\.json)?$`);
const ID = new RegExp(`^${WORD}$`);

/** An id as OBF makes them. */
export const isHostedId = (text: string): boolean => ID.test(text);

/** Reads addresses of one OBF. Each answers null for an address of another host, or of another form. */
export function createHostedUrls(base: URL) {
  const basePath = base.pathname.replace(/\/+$/, '');

  /** The path below OBF's own; null unless scheme, host and port are OBF's, without credentials. */
  const routeOf = (address: string): string | null => {
    if (!URL.canParse(address)) return null;
    const { origin, username, password, pathname } = new URL(address);
    const isOurs = origin === base.origin && username === '' && password === '';
    return isOurs && pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length) : null;
  };
  const idIn =
    <I>(form: RegExp, as: (id: string) => I) =>
    (address: string): I | null => {
      const [, id] = form.exec(routeOf(address) ?? '') ?? [];
      return id === undefined ? null : as(id);
    };
  const parameter =
    <I>(name: string, as: (id: string) => I) =>
    (address: string): I | null => {
      const value = routeOf(address) === null ? '' : (new URL(address).searchParams.get(name) ?? '');
      return isHostedId(value) ? as(value) : null;
    };
  const clientInPath = idIn(routeTo('v1/client'), asClientId);
  const clientByKey = parameter('key', asClientId);

  return {
    assertionId: idIn(routeTo('(?:obv3/credentials|v1/assertion)'), asAssertionId),
    badgeIdOfAchievement: idIn(routeTo('obv3/achievements'), asBadgeId),
    badgeIdOfClass: idIn(routeTo('v1/badge/_'), asBadgeId),
    /** Of an issuer's profile; also `/v1/client/?key=<client id>&v=2.0&event=<event id>`. */
    clientId: (address: string) =>
      /^\/v1\/client\/?$/.test(routeOf(address) ?? '') ? clientByKey(address) : clientInPath(address),
    /** The event that a badge class was asked for with: `?v=2.0&event=<event id>`. */
    eventId: parameter('event', asEventId),
    isOurs: (address: string): boolean => routeOf(address) !== null,
    /** Where OBF publishes an assertion, in each format. */
    addressesOf(id: AssertionId) {
      const at = `${base.origin}${basePath}`;
      const name = encodeURIComponent(id);
      return { v3: `${at}/obv3/credentials/${name}.json`, v2: `${at}/v1/assertion/${name}` };
    },
  };
}
