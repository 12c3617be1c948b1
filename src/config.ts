import { z } from 'zod';

/** A fault of the environment, by the variable's name, in both languages. Never the value. */
export interface ConfigFault {
  readonly variable: string;
  readonly fr: string;
  readonly en: string;
}

/** Every fault of the environment at once; nothing starts. */
export class ConfigFaults extends Error {
  readonly code = 'config_faults';
  constructor(readonly faults: readonly ConfigFault[]) {
    super(`The environment has faults:\n${faults.map((f) => `  ${f.variable}: ${f.en}`).join('\n')}`);
    this.name = 'ConfigFaults';
  }
}

export type RedisTarget =
  | { readonly kind: 'single'; readonly url: string }
  | { readonly kind: 'cluster'; readonly urls: readonly string[] }
  | {
      readonly kind: 'sentinel';
      readonly hosts: readonly { host: string; port: number }[];
      readonly name: string;
    };

export interface BasicKey {
  readonly key: string;
  readonly secret: string;
}

export interface Config {
  readonly redis: RedisTarget;
  readonly port: number;
  readonly obfBaseUrl: string;
  readonly obfClientId: string;
  readonly obfClientSecret: string;
  readonly obfMaxRps: number;
  readonly webhookSecrets: readonly string[];
  readonly webhookBasic: readonly BasicKey[];
  /** 32 bytes: everything that hides an address is derived from it. */
  readonly palierKey: Buffer;
  readonly configDir: string;
  readonly opsUsers: readonly { readonly name: string; readonly hash: string }[];
  readonly pollEveryS: number;
  readonly logLevel: (typeof LEVELS)[number];
  readonly timeZone: string;
}

const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

const commaList = (value: string): string[] =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

const says = (fr: string, en: string): string => JSON.stringify({ fr, en });

function redisTarget(value: string): RedisTarget | null {
  const parts = commaList(value);
  if (parts[0]?.startsWith('redis-sentinel://')) return sentinelTarget(value);
  const urls = parts.filter((part) => /^rediss?:$/.test(urlOf(part)?.protocol ?? ''));
  if (urls.length === 0 || urls.length !== parts.length) return null;
  const [only, second] = urls;
  if (only !== undefined && second === undefined) return { kind: 'single', url: only };
  return { kind: 'cluster', urls };
}

function sentinelTarget(value: string): RedisTarget | null {
  const [, hostList, name] = /^redis-sentinel:\/\/([^/]+)\/([\w.-]+)$/.exec(value.trim()) ?? [];
  if (hostList === undefined || name === undefined) return null;
  const hosts = commaList(hostList).map((part) => {
    const [host = '', port = '26379'] = part.split(':');
    return { host, port: Number(port) };
  });
  const good = hosts.length > 0 && hosts.every(({ host, port }) => host !== '' && port > 0 && port < 65_536);
  return good ? { kind: 'sentinel', hosts, name } : null;
}

const urlOf = (value: string): URL | null => (URL.canParse(value) ? new URL(value) : null);

/** Pairs `a:b`, comma-separated; the second part may itself hold colons. Null when one is not a pair. */
function pairs(value: string): [string, string][] | null {
  const found = commaList(value).map((part): [string, string] => {
    const at = part.indexOf(':');
    return [part.slice(0, Math.max(at, 0)), part.slice(at + 1)];
  });
  return found.every(([left, right]) => left !== '' && right !== '') ? found : null;
}

/** A variable read through `read`, which answers null for a value that will not do. */
const read = <T>(reader: (value: string) => T | null, fr: string, en: string) =>
  z.string().transform((value, ctx) => {
    const result = reader(value.trim());
    if (result !== null) return result;
    ctx.addIssue({ code: 'custom', message: says(fr, en) });
    return z.NEVER;
  });

const whole = (min: number, max: number) =>
  read(
    (value) => (/^\d+$/.test(value) && Number(value) >= min && Number(value) <= max ? Number(value) : null),
    `un nombre entier de ${min} à ${max} est attendu`,
    `a whole number from ${min} to ${max} is expected`,
  );

const wordId = read(
  (value) => (/^[\w-]+$/.test(value) ? value : null),
  'des lettres, chiffres, « _ » et « - » seulement',
  'letters, digits, "_" and "-" only',
);

function obfBase(value: string): string | null {
  const url = urlOf(value);
  if (url === null || url.username !== '' || url.search !== '' || url.hash !== '') return null;
  const safe = url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname));
  return safe ? url.href.replace(/\/+$/, '') : null;
}

const isSecret = (value: string): boolean => /^whsec_[A-Za-z0-9+/]{22,}={0,2}$/.test(value);

const key32 = (value: string): Buffer | null => {
  const bytes = Buffer.from(value, 'base64');
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(value) && bytes.length === 32 ? bytes : null;
};

const zone = (value: string): string | null => {
  try {
    return new Intl.DateTimeFormat('fr', { timeZone: value }).resolvedOptions().timeZone;
  } catch {
    return null;
  }
};

const environment = z.object({
  REDIS_URL: read(
    redisTarget,
    'une adresse redis://, rediss:// ou redis-sentinel:// est attendue',
    'a redis://, rediss:// or redis-sentinel:// address is expected',
  ),
  PORT: whole(0, 65_535).default(3000),
  OBF_BASE_URL: read(
    obfBase,
    'une adresse https est attendue (http seulement vers cette machine)',
    'an https address is expected (http for a loopback address only)',
  ).default('https://openbadgefactory.com'),
  OBF_CLIENT_ID: wordId,
  OBF_CLIENT_SECRET: wordId,
  OBF_MAX_RPS: whole(1, 1000).default(8),
  WEBHOOK_SECRETS: read(
    (value) => (commaList(value).every(isSecret) ? commaList(value) : null),
    'des secrets « whsec_... » (16 octets au moins, en base64), séparés par des virgules',
    '"whsec_..." secrets (16 bytes at least, base64), comma-separated',
  ).default([]),
  WEBHOOK_BASIC: read(
    (value) => pairs(value)?.map(([key, secret]) => ({ key, secret })) ?? null,
    'des paires « clé:secret », séparées par des virgules',
    '"key:secret" pairs, comma-separated',
  ).default([]),
  PALIER_KEY: read(
    key32,
    '32 octets en base64 sont attendus : « npx palier keygen » en fait une',
    '32 bytes in base64 are expected: "npx palier keygen" makes one',
  ),
  PALIER_CONFIG: z.string().trim().default('config'),
  OPS_USERS: read(
    (value) => pairs(value)?.map(([name, hash]) => ({ name, hash })) ?? null,
    'des paires « nom:empreinte » (« npx palier hash-password »), séparées par des virgules',
    '"name:hash" pairs ("npx palier hash-password"), comma-separated',
  ).default([]),
  POLL_EVERY_S: whole(1, 86_400).default(300),
  LOG_LEVEL: read(
    (value) => LEVELS.find((level) => level === value) ?? null,
    `un de : ${LEVELS.join(', ')}`,
    `one of: ${LEVELS.join(', ')}`,
  ).default('info'),
  TZ_SCHEME: read(
    zone,
    'une zone horaire est attendue, comme Europe/Paris',
    'a time zone is expected, like Europe/Paris',
  ).default('Europe/Paris'),
});

const MISSING = { fr: 'la variable manque', en: 'is not set' };
const ONE_OF_TWO: ConfigFault = {
  variable: 'WEBHOOK_SECRETS, WEBHOOK_BASIC',
  fr: 'il faut au moins une des deux',
  en: 'at least one of the two is needed',
};

/** Empty means unset: a `.env` file is full of `NAME=`. */
const withoutEmpty = (env: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''));

function faultOf(issue: z.core.$ZodIssue): ConfigFault {
  const words = issue.code === 'custom' ? (JSON.parse(issue.message) as { fr: string; en: string }) : MISSING;
  return { variable: issue.path.join('.'), ...words };
}

/**
 * Reads the environment. Pure: the same variables, the same result.
 * @throws ConfigFaults with every fault at once, by name.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = withoutEmpty(env);
  const read = environment.safeParse(given);
  const noDoor = given['WEBHOOK_SECRETS'] === undefined && given['WEBHOOK_BASIC'] === undefined;
  const faults = [...(read.success ? [] : read.error.issues.map(faultOf)), ...(noDoor ? [ONE_OF_TWO] : [])];
  if (!read.success || faults.length > 0) throw new ConfigFaults(faults);
  const v = read.data;
  return {
    redis: v.REDIS_URL,
    port: v.PORT,
    obfBaseUrl: v.OBF_BASE_URL,
    obfClientId: v.OBF_CLIENT_ID,
    obfClientSecret: v.OBF_CLIENT_SECRET,
    obfMaxRps: v.OBF_MAX_RPS,
    webhookSecrets: v.WEBHOOK_SECRETS,
    webhookBasic: v.WEBHOOK_BASIC,
    palierKey: v.PALIER_KEY,
    configDir: v.PALIER_CONFIG,
    opsUsers: v.OPS_USERS,
    pollEveryS: v.POLL_EVERY_S,
    logLevel: v.LOG_LEVEL,
    timeZone: v.TZ_SCHEME,
  };
}

const redisAddress = (target: RedisTarget): string => {
  if (target.kind === 'sentinel')
    return `sentinel ${target.name} (${target.hosts.map((h) => `${h.host}:${h.port}`).join(', ')})`;
  const urls = target.kind === 'single' ? [target.url] : target.urls;
  return urls.map((url) => new URL(url).host).join(', ');
};

/** The configuration for a reader: secrets are counted, never shown. */
export function describe(config: Config): Readonly<Record<string, string | number>> {
  return {
    redis: redisAddress(config.redis),
    port: config.port,
    obfBaseUrl: config.obfBaseUrl,
    obfClientId: config.obfClientId,
    obfMaxRps: config.obfMaxRps,
    webhookSecrets: config.webhookSecrets.length,
    webhookBasic: config.webhookBasic.length,
    configDir: config.configDir,
    opsUsers: config.opsUsers.length,
    pollEveryS: config.pollEveryS,
    logLevel: config.logLevel,
    timeZone: config.timeZone,
  };
}
