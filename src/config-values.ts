import { z } from 'zod';

/** A fault of the environment, by the variable's name, in both languages. Never the value. */
export interface ConfigFault {
  readonly variable: string;
  readonly fr: string;
  readonly en: string;
}

/** Reads a single value: text in, the value out, or null for a text that will not do. */
type Reader<T> = (text: string) => T | null;

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

const formed =
  (form: RegExp): Reader<string> =>
  (text) =>
    form.test(text) ? text : null;

/** A text of this form, as it is. */
export const matching = (form: RegExp, fr: string, en: string) => value(formed(form), fr, en);

export const oneOf = (...choices: readonly string[]) =>
  value(
    (given) => (choices.includes(given) ? given : null),
    `un de : ${choices.join(', ')}`,
    `one of: ${choices.join(', ')}`,
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

export const key32: Reader<Buffer> = (text) => {
  const bytes = Buffer.from(text, 'base64');
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) && bytes.length === 32 ? bytes : null;
};

/** 32 random bytes. */
export const palierKey = value(
  key32,
  '32 octets en base64 sont attendus : « npx palier keygen » en fait une',
  '32 bytes in base64 are expected: "npx palier keygen" makes one',
);

const urlOf = (text: string): URL | null => (URL.canParse(text) ? new URL(text) : null);

/** An address of such a protocol, as it is. */
export const urlLike = (protocol: RegExp, fr: string, en: string) =>
  value(
    (given) => {
      const url = urlOf(given);
      return url !== null && url.hostname !== '' && protocol.test(url.protocol) ? given : null;
    },
    fr,
    en,
  );

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** https, or http to this machine; nothing but scheme, host, port and path. */
export function secureUrl(text: string): URL | null {
  const url = urlOf(text);
  if (url === null || [url.username, url.password, url.search, url.hash].some((part) => part !== ''))
    return null;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname)) ? url : null;
}

/** Such an address, of which `part` is wanted. */
export const httpsOnly = (part: (url: URL) => string) =>
  value(
    (given) => {
      const url = secureUrl(given);
      return url === null ? null : part(url);
    },
    'une adresse https est attendue (http seulement vers cette machine)',
    'an https address is expected (http for a loopback address only)',
  );

/** Comma-separated parts, each read; null where one cannot be, or there is none. */
const listOf =
  <T>(read: Reader<T>): Reader<readonly T[]> =>
  (text) => {
    const parts = text.split(',').map((part) => part.trim());
    const given = parts.filter((part) => part !== '');
    const found = given.map(read).filter((part) => part !== null);
    return found.length > 0 && found.length === given.length ? found : null;
  };

/** Standard Webhooks secrets of 16 bytes or more. */
export const webhookSecrets = listOf(formed(/^whsec_[A-Za-z0-9+/]{22,}={0,2}$/));

export interface BasicKey {
  readonly key: string;
  readonly secret: string;
}

/** `key:secret`; the secret may itself hold colons. */
export const basicKeys = listOf((part): BasicKey | null => {
  const [, key, secret] = /^([^:]+):([^]+)$/.exec(part) ?? [];
  return key === undefined || secret === undefined ? null : { key, secret };
});

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

const accountList = listOf((part): OpsAccount | null => {
  const [name = '', hash = '', wanted = 'operateur', ...more] = part.split(':');
  const role = ROLES.find((one) => one === wanted);
  const isWrong = name === '' || hash === '' || role === undefined || more.length > 0;
  return isWrong ? null : { name, by: nameOfPerson(name), hash, role };
});

/** Accounts `name:hash` or `name:hash:role`, each name once. */
export const accounts: Reader<readonly OpsAccount[]> = (text) => {
  const found = accountList(text);
  const names = new Set(found?.map(({ name }) => name));
  return found !== null && names.size === found.length ? found : null;
};

/** The name that somebody has in logs and in the account: never the whole of an address. */
export const nameOfPerson = (nameOrAddress: string): string =>
  (nameOrAddress.split('@')[0] ?? '').normalize('NFC').toLowerCase();

/** Addresses or identifiers. */
export const people = listOf((one) => (nameOfPerson(one) === '' ? null : one));

export const personList = value(
  people,
  'des adresses ou des identifiants (« sub »), séparés par des virgules',
  'addresses or "sub" values, comma-separated',
);

/** OAuth's scopes (RFC 6749, 3.3), `openid` among them. */
export const scopes: Reader<string> = (text) =>
  /^[\x21\x23-\x5b\x5d-\x7e ]+$/.test(text) && text.split(' ').includes('openid') ? text : null;

/** An IANA time zone, by its canonical name. */
export const zone: Reader<string> = (text) => {
  try {
    return new Intl.DateTimeFormat('fr', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
};

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

/** Where Redis is: one server, a cluster's nodes, or sentinels that know a master by its name. */
export type RedisTarget = {
  /** `redis://` or `rediss://`; user and password are those of the servers, not of the sentinels. */
  readonly urls: readonly string[];
} & ({ readonly kind: 'single' | 'cluster' } | { readonly kind: 'sentinel'; readonly name: string });

/** Reads `REDIS_URL`. */
export const redisTarget: Reader<RedisTarget> = (text) => {
  const [, tls, access, hosts, name] =
    /^redis(s?)-sentinel:\/\/((?:[^:@/]*:[^@/]+@)?)([^@/]+)\/([\w.-]+)$/.exec(text) ?? [];
  if (hosts === undefined || name === undefined) {
    const urls = listOf(redisUrl)(text);
    return urls && { kind: urls.length === 1 ? 'single' : 'cluster', urls };
  }
  const sentinelUrl = (host: string) =>
    redisUrl(`redis${tls}://${access}${host}${/:\d+$/.test(host) ? '' : ':26379'}`);
  const urls = listOf(sentinelUrl)(hosts);
  return urls && { kind: 'sentinel', urls, name };
};

const redisUrl: Reader<string> = (text) => {
  const url = urlOf(text);
  if (url === null || !/^rediss?:$/.test(url.protocol) || url.port === '0') return null;
  try {
    decodeURIComponent(url.username + url.password);
    return text;
  } catch {
    return null;
  }
};
