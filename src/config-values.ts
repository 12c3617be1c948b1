import { z } from 'zod';

/** Readers of single values: text in, the value out, or null for a text that will not do. */
type Reader<T> = (text: string) => T | null;

export type RedisTarget =
  | { readonly kind: 'single'; readonly url: string }
  | { readonly kind: 'cluster'; readonly urls: readonly string[] }
  | {
      readonly kind: 'sentinel';
      readonly hosts: readonly { host: string; port: number }[];
      readonly name: string;
    };

export const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** A variable read through `reader`. What is expected is said in both languages; the value never is. */
export const value = <T>(reader: Reader<T>, fr: string, en: string) =>
  z.string().transform((text, ctx) => {
    const result = reader(text.trim());
    if (result !== null) return result;
    ctx.addIssue({ code: 'custom', message: en, params: { fr } });
    return z.NEVER;
  });

export const whole = (min: number, max: number) =>
  value(
    (text) => (/^\d+$/.test(text) && Number(text) >= min && Number(text) <= max ? Number(text) : null),
    `un nombre entier de ${min} à ${max} est attendu`,
    `a whole number from ${min} to ${max} is expected`,
  );

export const wordId = value(
  (text) => (/^[\w-]+$/.test(text) ? text : null),
  'des lettres, chiffres, « _ » et « - » seulement',
  'letters, digits, "_" and "-" only',
);

const commaList = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

const urlOf = (text: string): URL | null => (URL.canParse(text) ? new URL(text) : null);

/** One server, the nodes of a cluster, or sentinels. */
export const redisTarget: Reader<RedisTarget> = (text) => {
  const parts = commaList(text);
  if (parts[0]?.startsWith('redis-sentinel://')) return sentinelTarget(text);
  const urls = parts.filter((part) => /^rediss?:$/.test(urlOf(part)?.protocol ?? ''));
  if (urls.length === 0 || urls.length !== parts.length) return null;
  const [only, second] = urls;
  if (only !== undefined && second === undefined) return { kind: 'single', url: only };
  return { kind: 'cluster', urls };
};

const sentinelTarget: Reader<RedisTarget> = (text) => {
  const [, hostList, name] = /^redis-sentinel:\/\/([^/]+)\/([\w.-]+)$/.exec(text) ?? [];
  if (hostList === undefined || name === undefined) return null;
  const hosts = commaList(hostList).map((part) => {
    const [host = '', port = '26379'] = part.split(':');
    return { host, port: Number(port) };
  });
  const good = hosts.length > 0 && hosts.every(({ host, port }) => host !== '' && port > 0 && port < 65_536);
  return good ? { kind: 'sentinel', hosts, name } : null;
};

/** Pairs `a:b`, comma-separated; the second part may itself hold colons. At least one. */
export const pairs: Reader<[string, string][]> = (text) => {
  const found = commaList(text).map((part): [string, string] => {
    const at = part.indexOf(':');
    return [part.slice(0, Math.max(at, 0)), part.slice(at + 1)];
  });
  const good = found.length > 0 && found.every(([left, right]) => left !== '' && right !== '');
  return good ? found : null;
};

/** Without a slash at its end. https, or http to this machine. */
export const obfBase: Reader<string> = (text) => {
  const url = urlOf(text);
  if (url === null || [url.username, url.password, url.search, url.hash].some((part) => part !== ''))
    return null;
  const safe = url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));
  return safe ? url.href.replace(/\/+$/, '') : null;
};

const isSecret = (text: string): boolean => /^whsec_[A-Za-z0-9+/]{22,}={0,2}$/.test(text);

/** Standard Webhooks secrets of 16 bytes or more. At least one. */
export const webhookSecrets: Reader<string[]> = (text) => {
  const secrets = commaList(text);
  return secrets.length > 0 && secrets.every(isSecret) ? secrets : null;
};

export const key32: Reader<Buffer> = (text) => {
  const bytes = Buffer.from(text, 'base64');
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) && bytes.length === 32 ? bytes : null;
};

export const level: Reader<(typeof LEVELS)[number]> = (text) => LEVELS.find((one) => one === text) ?? null;

/** An IANA time zone, by its canonical name. */
export const zone: Reader<string> = (text) => {
  try {
    return new Intl.DateTimeFormat('fr', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
};
