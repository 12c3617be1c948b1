import { z } from 'zod';
import { type Localized, say } from './localized.js';

/** A fault of the environment, by the variable's name, in both languages. Never the value. */
export interface ConfigFault extends Localized {
  readonly variable: string;
}

/** Reads one value from its text; null for an invalid text. */
type Reader<T> = (text: string) => T | null;

/** Makes a variable from a reader and what is expected, as `say` takes it. Faults never show the value. */
const variable =
  <T>(reader: Reader<T>) =>
  (...expected: Parameters<typeof say>) => {
    const { fr, en } = say(...expected);
    return z.string().transform((given, ctx) => {
      const result = reader(given.trim());
      if (result !== null) return result;
      ctx.addIssue({ code: 'custom', message: en, params: { fr } });
      return z.NEVER;
    });
  };

/** Null where the variable is not set. */
const orNull = <T extends z.ZodType<unknown, string>>(kind: T) => kind.nullable().default(null);

const formed =
  (form: RegExp): Reader<string> =>
  (text) =>
    form.test(text) ? text : null;

/** A text of this form, unchanged. */
const matching = (form: RegExp) => variable(formed(form));

const oneOf = (...choices: readonly string[]) =>
  variable((given) => (choices.includes(given) ? given : null))`
    un de : ${choices.join(', ')}
    one of: ${choices.join(', ')}`;

const between = (
  min: number,
  max: number,
  form = /^\d+(\.\d+)?$/,
  kind = { fr: 'un nombre', en: 'a number' },
) =>
  variable((given) =>
    form.test(given) && Number(given) >= min && Number(given) <= max ? Number(given) : null,
  )`
    ${kind} de ${min} à ${max} est attendu
    ${kind} from ${min} to ${max} is expected`;

const integer = (min: number, max: number) =>
  between(min, max, /^\d+$/, { fr: 'un nombre entier', en: 'a whole number' });

const wordId = matching(/^[\w-]+$/)`
  des lettres, chiffres, « _ » et « - » seulement
  letters, digits, "_" and "-" only`;
const secretText = matching(/^[\x21-\x7e]{1,512}$/)`
  du texte sans espace
  text without spaces`;

export const key32: Reader<Buffer> = (text) => {
  const bytes = Buffer.from(text, 'base64');
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) && bytes.length === 32 ? bytes : null;
};

/** 32 random bytes. */
const palierKey = variable(key32)`
  32 octets en base64 sont attendus : « npx palier keygen » en fait une
  32 bytes in base64 are expected: "npx palier keygen" makes one`;

const urlOf = (text: string): URL | null => (URL.canParse(text) ? new URL(text) : null);

/** A URL of this protocol, unchanged. */
const urlLike = (protocol: RegExp) =>
  variable((given) => {
    const url = urlOf(given);
    return url !== null && url.hostname !== '' && protocol.test(url.protocol) ? given : null;
  });

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Reads a URL of scheme, host, port and path alone: https, or http to this machine. */
function secureUrl(text: string): URL | null {
  const url = urlOf(text);
  if (url === null || [url.username, url.password, url.search, url.hash].some((part) => part !== ''))
    return null;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname)) ? url : null;
}

/** A secure URL, of which `part` is kept. */
const httpsOnly = (part: (url: URL) => string) =>
  variable((given) => {
    const url = secureUrl(given);
    return url === null ? null : part(url);
  })`
    une adresse https est attendue (http seulement vers cette machine)
    an https address is expected (http for a loopback address only)`;

/** Reads comma-separated parts; null when one is invalid, or there is none. */
const listOf =
  <T>(read: Reader<T>): Reader<readonly T[]> =>
  (text) => {
    const parts = text.split(',').map((part) => part.trim());
    const given = parts.filter((part) => part !== '');
    const values = given.map(read).filter((part) => part !== null);
    return values.length > 0 && values.length === given.length ? values : null;
  };

/** Roles on the ops pages: to look, or to act as well. */
const ROLES = ['lecture', 'operateur'] as const;
export type Role = (typeof ROLES)[number];

/** `name` is what people type; `by` is their name in logs and the journal (`nameOfPerson`). */
export type OpsAccount = NonNullable<ReturnType<typeof accountList>>[number];

const accountList = listOf((part) => {
  const [name = '', hash = '', wanted = 'operateur', ...more] = part.split(':');
  const role = ROLES.find((one) => one === wanted);
  const isWrong = name === '' || hash === '' || role === undefined || more.length > 0;
  return isWrong ? null : { name, by: nameOfPerson(name), hash, role };
});

/** Accounts `name:hash` or `name:hash:role`, each name once. */
export const readOpsAccounts: Reader<readonly OpsAccount[]> = (text) => {
  const list = accountList(text);
  const names = new Set(list?.map(({ name }) => name));
  return list !== null && names.size === list.length ? list : null;
};

const opsUsers = variable(readOpsAccounts)`
  des comptes « nom:empreinte » ou « nom:empreinte:rôle » (« npx palier hash-password » ; rôle : lecture ou operateur), chaque nom une fois, séparés par des virgules
  "name:hash" or "name:hash:role" accounts ("npx palier hash-password"; role: lecture or operateur), each name once, comma-separated`;

/** Returns a person's name in logs and the journal: never a whole address. */
export const nameOfPerson = (nameOrAddress: string): string =>
  (nameOrAddress.split('@')[0] ?? '').normalize('NFC').toLowerCase();

/** Addresses or identifiers. */
export const readOpsPeople = listOf((one) => (nameOfPerson(one) === '' ? null : one));

const personList = variable(readOpsPeople)`
  des adresses ou des identifiants (« sub »), séparés par des virgules
  addresses or "sub" values, comma-separated`;

/** OAuth's scopes (RFC 6749, 3.3), `openid` among them. */
const scopes: Reader<string> = (text) =>
  /^[\x21\x23-\x5b\x5d-\x7e ]+$/.test(text) && text.split(' ').includes('openid') ? text : null;

/** An IANA time zone, by its canonical name. */
const zone: Reader<string> = (text) => {
  try {
    return new Intl.DateTimeFormat('fr', { timeZone: text }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
};

/** `#rrggbb`, at least 4.5:1 against white (WCAG 2.1, 1.4.3). */
const darkColour: Reader<string> = (text) =>
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

/** The path that the issuer redirects people to. */
export const OIDC_CALLBACK_PATH = '/ops/oidc/retour';

/** Every variable: how it is read, what is expected, and its default. */
export const environment = z.object({
  REDIS_URL: variable(redisTarget)`
    une adresse redis://, rediss:// ou redis-sentinel:// est attendue
    a redis://, rediss:// or redis-sentinel:// address is expected`,
  PORT: integer(0, 65_535).default(3000),
  OBF_BASE_URL: httpsOnly(({ href }) => href.replace(/\/+$/, '')).default('https://openbadgefactory.com'),
  OBF_CLIENT_ID: wordId,
  OBF_CLIENT_SECRET: wordId,
  OBF_MAX_RPS: integer(1, 1000).default(8),
  WEBHOOK_SECRETS: variable(listOf(formed(/^whsec_[A-Za-z0-9+/]{22,}={0,2}$/)))`
    des secrets « whsec_... » (16 octets au moins, en base64), séparés par des virgules
    "whsec_..." secrets (16 bytes at least, base64), comma-separated`.default([]),
  // The secret may itself hold colons.
  WEBHOOK_BASIC: variable(listOf(formed(/^[^:]+:[^]+$/)))`
    des paires « clé:secret », séparées par des virgules
    "key:secret" pairs, comma-separated`.default([]),
  PALIER_KEY: palierKey,
  PALIER_KEY_OLD: orNull(palierKey),
  PALIER_CONFIG: z.string().trim().default('config'),
  OPS_USERS: opsUsers.default([]),
  OIDC_ISSUER: orNull(httpsOnly(({ href }) => href)),
  OIDC_CLIENT_ID: orNull(secretText),
  OIDC_CLIENT_SECRET: orNull(secretText),
  OIDC_REDIRECT_URL: orNull(
    variable((given) => (secureUrl(given)?.pathname === OIDC_CALLBACK_PATH ? given : null))`
      une adresse https qui finit par ${OIDC_CALLBACK_PATH} est attendue
      an https address that ends with ${OIDC_CALLBACK_PATH} is expected`,
  ),
  OIDC_SCOPES: variable(scopes)`
    des mots séparés par des espaces, dont « openid »
    words with spaces between them, one of them "openid"`.default('openid email'),
  OIDC_OPERATORS: personList.default([]),
  OIDC_READERS: personList.default([]),
  OIDC_TRUST_EMAIL: integer(0, 1).default(0),
  OPS_NAME: matching(/^[^\p{Cc}]{1,60}$/u)`
    60 caractères au plus
    60 characters at most`.default('Palier'),
  OPS_LOGO: orNull(matching(/.\.(svg|png)$/i)`
    un fichier .svg ou .png
    an .svg or .png file`),
  OPS_COLOUR: variable(darkColour)`
    une couleur #rrggbb assez foncée pour qu'un texte blanc s'y lise (contraste 4,5:1)
    a colour #rrggbb dark enough for white text on it (contrast 4.5:1)`.default('#1d4f72'),
  PUBLIC_URL: orNull(
    variable((given) => {
      const url = secureUrl(given);
      return url?.pathname === '/' ? url.origin : null;
    })`
      une adresse https sans chemin est attendue (http seulement vers cette machine)
      an https address without a path is expected (http for a loopback address only)`,
  ),
  TRUST_PROXY: integer(0, 10).default(0),
  SMTP_URL: orNull(
    urlLike(/^smtps?:$/)`
      une adresse smtp:// ou smtps:// est attendue
      an smtp:// or smtps:// address is expected`,
  ),
  MAIL_FROM: orNull(
    matching(/^[^\p{Cc}]*[^\s<>@]+@[^\s<>@]+>?$/u)`
      une adresse, ou « Nom <adresse> »
      an address, or "Name <address>"`,
  ),
  PARCOURS_CONTACT: orNull(
    matching(/^[^\s<>@]+@[^\s<>@]+$/)`
      une adresse e-mail est attendue
      an e-mail address is expected`,
  ),
  // What RFC 6750 lets a bearer token hold; long enough not to be guessed.
  METRICS_TOKEN: orNull(
    matching(/^[\w.~+/-]{16,}=*$/)`
      au moins 16 lettres, chiffres ou « - . _ ~ + / » (« openssl rand -hex 32 » en fait un)
      at least 16 letters, digits or "- . _ ~ + /" ("openssl rand -hex 32" makes one)`,
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: orNull(
    urlLike(/^https?:$/)`
      une adresse http ou https est attendue
      an http or https address is expected`,
  ),
  POLL_EVERY_S: integer(1, 86_400).default(300),
  VERIFY_EVERY_H: between(0, 8760).default(24),
  RETENTION_MONTHS: orNull(integer(1, 600)),
  LOG_LEVEL: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent').default('info'),
  TZ_SCHEME: variable(zone)`
    une zone horaire est attendue, comme Europe/Paris
    a time zone is expected, like Europe/Paris`.default('Europe/Paris'),
});
export type Variables = z.output<typeof environment>;
