import { z } from 'zod';

/** A fault of the environment, by the variable's name, in both languages. Never the value. */
export interface ConfigFault {
  readonly variable: string;
  readonly fr: string;
  readonly en: string;
}

/** Readers of single values: text in, the value out, or null for a text that will not do. */
type Reader<T> = (text: string) => T | null;

export const key32: Reader<Buffer> = (text) => {
  const bytes = Buffer.from(text, 'base64');
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) && bytes.length === 32 ? bytes : null;
};

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** A variable read through `reader`. What is expected is said in both languages; the value never is. */
export const value = <T>(reader: Reader<T>, fr: string, en: string) =>
  z.string().transform((given, ctx) => {
    const result = reader(given.trim());
    if (result !== null) return result;
    ctx.addIssue({ code: 'custom', message: en, params: { fr } });
    return z.NEVER;
  });

/** Null where the variable is not set. */
export const orNull = <T extends z.ZodType<unknown, string>>(kind: T) => kind.nullable().default(null);

/** A text of this form, as it is. */
export const matching = (form: RegExp, fr: string, en: string) =>
  value((given) => (form.test(given) ? given : null), fr, en);

export const oneOf = (...choices: readonly string[]) =>
  value(
    (given) => (choices.includes(given) ? given : null),
    `un de : ${choices.join(', ')}`,
    `one of: ${choices.join(', ')}`,
  );

/** 32 random bytes. */
export const palierKey = value(
  key32,
  '32 octets en base64 sont attendus : « npx palier keygen » en fait une',
  '32 bytes in base64 are expected: "npx palier keygen" makes one',
);

export const httpsOnly = (reader: Reader<string>) =>
  value(
    reader,
    'une adresse https est attendue (http seulement vers cette machine)',
    'an https address is expected (http for a loopback address only)',
  );

export const between = (
  min: number,
  max: number,
  form = /^\d+(\.\d+)?$/,
  fr = 'un nombre',
  en = 'a number',
) =>
  value(
    (given) => (form.test(given) && Number(given) >= min && Number(given) <= max ? Number(given) : null),
    `${fr} de ${min} à ${max} est attendu`,
    `${en} from ${min} to ${max} is expected`,
  );

export const whole = (min: number, max: number) =>
  between(min, max, /^\d+$/, 'un nombre entier', 'a whole number');

export const wordId = matching(
  /^[\w-]+$/,
  'des lettres, chiffres, « _ » et « - » seulement',
  'letters, digits, "_" and "-" only',
);
export const secretText = matching(/^[\x21-\x7e]{1,512}$/, 'du texte sans espace', 'text without spaces');

const commaList = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

export const urlOf = (text: string): URL | null => (URL.canParse(text) ? new URL(text) : null);

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
export const webhookSecrets: Reader<readonly string[]> = (text) => {
  const secrets = commaList(text);
  return secrets.length > 0 && secrets.every(isSecret) ? secrets : null;
};

/** An IANA time zone, by its canonical name. */
export const zone: Reader<string> = (text) => {
  try {
    return new Intl.DateTimeFormat('fr', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
};

/** What somebody may do on the ops pages: look, or act as well. */
const ROLES = ['lecture', 'operateur'] as const;
export type Role = (typeof ROLES)[number];

export interface OpsAccount {
  /** As it is typed. */
  readonly name: string;
  /** As logs and the account call them: see `nameOfPerson`. */
  readonly by: string;
  readonly hash: string;
  readonly role: Role;
}

/** Accounts `name:hash` or `name:hash:role`, each name once. */
export const accounts: Reader<readonly OpsAccount[]> = (text) => {
  const given = commaList(text);
  const found = given.flatMap((part): OpsAccount[] => {
    const [name = '', hash = '', wanted = 'operateur', ...more] = part.split(':');
    const role = ROLES.find((one) => one === wanted);
    const isWrong = name === '' || hash === '' || role === undefined || more.length > 0;
    return isWrong ? [] : [{ name, by: nameOfPerson(name), hash, role }];
  });
  const names = new Set(found.map(({ name }) => name));
  return given.length > 0 && names.size === given.length ? found : null;
};

/** The name that somebody has in logs and in the account: never the whole of an address. */
export const nameOfPerson = (nameOrAddress: string): string =>
  (nameOrAddress.split('@')[0] ?? '').normalize('NFC').toLowerCase();

/** Addresses or identifiers, comma-separated. At least one. */
export const people: Reader<readonly string[]> = (text) => {
  const found = commaList(text);
  return found.length > 0 && found.every((one) => nameOfPerson(one) !== '') ? found : null;
};

export const personList = value(
  people,
  'des adresses ou des identifiants (« sub »), séparés par des virgules',
  'addresses or "sub" values, comma-separated',
);

/** https, or http to this machine; nothing after the path. */
export const secureUrl: Reader<string> = (text) => (obfBase(text) === null ? null : new URL(text).href);

/** The same without a path, nor a slash at its end. */
export const publicOrigin: Reader<string> = (text) =>
  secureUrl(text) !== null && new URL(text).pathname === '/' ? new URL(text).origin : null;

/** OAuth's scopes (RFC 6749, 3.3), `openid` among them. */
export const scopes: Reader<string> = (text) =>
  /^[\x21\x23-\x5b\x5d-\x7e ]+$/.test(text) && text.split(' ').includes('openid') ? text : null;

/** `#rrggbb`, at least 4.5:1 against white (WCAG 2.1, 1.4.3). */
export const darkColour: Reader<string> = (text) =>
  /^#[0-9a-f]{6}$/i.test(text) && 1.05 / (luminance(text) + 0.05) >= 4.5 ? text.toLowerCase() : null;

/** WCAG 2.1's relative luminance, 0 to 1. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

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
