import { commaList, urlOf, type Reader } from './config-values.js';

/** Where Redis is: one server, a cluster's nodes, or sentinels that know the master. */
export type RedisTarget =
  | { readonly kind: 'single'; readonly url: string }
  | { readonly kind: 'cluster'; readonly urls: readonly string[] }
  | {
      readonly kind: 'sentinel';
      readonly hosts: readonly { host: string; port: number }[];
      readonly name: string;
      /** Of the servers, not of the sentinels. */
      readonly username?: string;
      readonly password?: string;
      /** To both. */
      readonly tls?: boolean;
    };

/** Reads `REDIS_URL`. */
export const redisTarget: Reader<RedisTarget> = (text) => {
  const parts = commaList(text);
  if (/^rediss?-sentinel:/.test(parts[0] ?? '')) return sentinelTarget(text);
  const urls = parts.filter((part) => /^rediss?:$/.test(urlOf(part)?.protocol ?? ''));
  if (urls.length === 0 || urls.length !== parts.length) return null;
  const [only, second] = urls;
  if (only !== undefined && second === undefined) return { kind: 'single', url: only };
  return { kind: 'cluster', urls };
};

const sentinelTarget: Reader<RedisTarget> = (text) => {
  const [, tls, user, word, hostList, name] =
    /^redis(s?)-sentinel:\/\/(?:([^:@/]*):([^@/]+)@)?([^@/]+)\/([\w.-]+)$/.exec(text) ?? [];
  if (hostList === undefined || name === undefined) return null;
  const hosts = commaList(hostList).map((part) => {
    const [host = '', port = '26379'] = part.split(':');
    return { host, port: Number(port) };
  });
  const good = hosts.length > 0 && hosts.every(({ host, port }) => host !== '' && port > 0 && port < 65_536);
  const [username, password] = [user, word].map(decoded);
  if (!good || username === null || password === null) return null;
  return {
    kind: 'sentinel',
    hosts,
    name,
    ...(username === undefined || username === '' ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(tls === 's' ? { tls: true } : {}),
  };
};

/** As a URL has it (`%40` for `@`); null when it cannot be read. */
function decoded(text: string | undefined): string | null | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return null;
  }
}
