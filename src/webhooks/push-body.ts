import { withoutUnseenEnds } from '../platform/invisible.js';
import { asObject, type VerifiedJson } from './json.js';
import { Problem } from './problems.js';

/** "These people have credentials there", as OBF tells a Passport. */
export interface PushMessage {
  readonly kind: 'push';
  /** At OBF, one for each pair of address and URL. */
  readonly credentials: readonly Credential[];
  /** Hosts of URLs elsewhere, which are left out: we go nowhere but to OBF. */
  readonly foreignHosts: readonly string[];
  /** How much else is left out: no address, no list, too long a list, no URL. */
  readonly unusable: number;
}

export interface Credential {
  readonly address: string;
  readonly url: string;
}

export const MAX_ADDRESSES = 5000;
export const MAX_URLS_EACH = 100;
const MAX_URLS = 5000;
export const MAX_ADDRESS_LENGTH = 254;
export const MAX_URL_LENGTH = 2048;

/** One "@" with something on either side; no blanks, controls or broken characters. Nothing cleverer. */
const ADDRESS = /^[^\s@\p{Cc}\p{Cs}]+@[^\s@\p{Cc}\p{Cs}]+$/u;

const isAddress = (key: string): boolean =>
  key.length <= MAX_ADDRESS_LENGTH && ADDRESS.test(withoutUnseenEnds(key));

/**
 * Reads `{ "<address>": ["<assertion URL>", ...] }` and takes what can be used: one odd entry loses nobody else's badge.
 * A fault is told where nothing is left, by its position (`#0[1]`: the second URL of the first address), since the
 * keys are addresses.
 * @param obfBaseUrl its scheme, host and port must be a URL's own
 */
export function readPush({ value }: VerifiedJson, obfBaseUrl: string): PushMessage | Problem {
  const entries = Object.entries(asObject(value) ?? {});
  if (entries.length === 0) return new Problem('body_unknown', '$');
  if (entries.length > MAX_ADDRESSES) return new Problem('too_many', '$');
  const { origin } = new URL(obfBaseUrl);
  const credentials: Credential[] = [];
  const foreignHosts: string[] = [];
  const faults: Problem[] = [];
  for (const [at, [key, given]] of entries.entries()) {
    // As it was typed: OBF may have hashed it so.
    const address = key.trim();
    const urls = isAddress(key) ? readUrls(given, `#${at}`) : [new Problem('field_invalid', `#${at}`)];
    for (const url of urls)
      if (url instanceof Problem) faults.push(url);
      else if (isAt(origin, url)) credentials.push({ address, url: url.origin + url.pathname });
      else foreignHosts.push(url.host);
    if (credentials.length + foreignHosts.length + faults.length > MAX_URLS)
      return new Problem('too_many', `#${at}`);
  }
  if (credentials.length === 0) return faults[0] ?? new Problem('url_not_obf');
  return { kind: 'push', credentials, foreignHosts, unusable: faults.length };
}

/** A credential's path is plain words. Anything else could hold an address, and would be kept with the job. */
const PLAIN_PATH = /^(\/[\w.-]+)+$/;

const isAt = (origin: string, url: URL): boolean =>
  url.origin === origin && url.username === '' && url.password === '' && PLAIN_PATH.test(url.pathname);

/** Each URL of a list, or what is wrong with it; of what is no list that can be read, the one fault. */
function readUrls(urls: unknown, field: string): readonly (URL | Problem)[] {
  if (!Array.isArray(urls) || urls.length === 0) return [new Problem('field_invalid', field)];
  if (urls.length > MAX_URLS_EACH) return [new Problem('too_many', field)];
  return urls.map((text, at) => readUrl(text) ?? new Problem('field_invalid', `${field}[${at}]`));
}

function readUrl(text: unknown): URL | null {
  if (typeof text !== 'string' || text.length > MAX_URL_LENGTH || !URL.canParse(text)) return null;
  const url = new URL(text);
  const web = url.protocol === 'https:' || url.protocol === 'http:';
  return web && url.href.length <= MAX_URL_LENGTH ? url : null;
}
