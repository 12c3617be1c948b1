import { z } from 'zod';
import {
  type ConfigFault,
  hours,
  key32,
  level,
  LEVELS,
  obfBase,
  type OpsAccount,
  pairs,
  redisTarget,
  type RedisTarget,
  value,
  webhookSecrets,
  whole,
  wordId,
  zone,
} from './config-values.js';
import {
  describeOps,
  describeWatch,
  type OpsConfig,
  opsConfigOf,
  opsFaults,
  opsVariables,
  type WatchConfig,
  watchConfigOf,
  watchVariables,
  parcoursConfigOf,
  type ParcoursConfig,
} from './config-ops.js';
export type { ConfigFault } from './config-values.js';
export type { OidcConfig, OidcPerson, OpsConfig } from './config-ops.js';
export type { RedisTarget } from './config-values.js';
export type { OpsAccount, Role } from './config-values.js';

/** Every fault of the environment at once; nothing starts. */
export class ConfigFaults extends Error {
  readonly code = 'config_faults';
  constructor(readonly faults: readonly ConfigFault[]) {
    super(`The environment has faults:\n${faults.map((f) => `  ${f.variable}: ${f.en}`).join('\n')}`);
    this.name = 'ConfigFaults';
  }
}

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
  /** The key before, until `palier rekey` has sealed everything anew. */
  readonly palierKeyOld: Buffer | null;
  readonly configDir: string;
  readonly opsUsers: readonly OpsAccount[];
  readonly ops: OpsConfig;
  readonly parcours: ParcoursConfig | null;
  readonly watch: WatchConfig;
  readonly pollEveryS: number;
  /** How often each account is read again in full, hours; 0: never. */
  readonly verifyEveryH: number;
  /** After how many months without a badge a person is erased; null: never. */
  readonly retentionMonths: number | null;
  readonly logLevel: (typeof LEVELS)[number];
  readonly timeZone: string;
}

const environment = z.object({
  REDIS_URL: value(
    redisTarget,
    'une adresse redis://, rediss:// ou redis-sentinel:// est attendue',
    'a redis://, rediss:// or redis-sentinel:// address is expected',
  ),
  PORT: whole(0, 65_535).default(3000),
  OBF_BASE_URL: value(
    obfBase,
    'une adresse https est attendue (http seulement vers cette machine)',
    'an https address is expected (http for a loopback address only)',
  ).default('https://openbadgefactory.com'),
  OBF_CLIENT_ID: wordId,
  OBF_CLIENT_SECRET: wordId,
  OBF_MAX_RPS: whole(1, 1000).default(8),
  WEBHOOK_SECRETS: value(
    webhookSecrets,
    'des secrets « whsec_... » (16 octets au moins, en base64), séparés par des virgules',
    '"whsec_..." secrets (16 bytes at least, base64), comma-separated',
  ).default([]),
  WEBHOOK_BASIC: value(
    (text) => pairs(text)?.map(([key, secret]) => ({ key, secret })) ?? null,
    'des paires « clé:secret », séparées par des virgules',
    '"key:secret" pairs, comma-separated',
  ).default([]),
  PALIER_KEY: value(
    key32,
    '32 octets en base64 sont attendus : « npx palier keygen » en fait une',
    '32 bytes in base64 are expected: "npx palier keygen" makes one',
  ),
  PALIER_KEY_OLD: value(
    key32,
    "32 octets en base64 sont attendus : l'ancienne PALIER_KEY",
    '32 bytes in base64 are expected: the former PALIER_KEY',
  )
    .nullable()
    .default(null),
  PALIER_CONFIG: z.string().trim().default('config'),
  ...opsVariables,
  ...watchVariables,
  POLL_EVERY_S: whole(1, 86_400).default(300),
  VERIFY_EVERY_H: hours(8760).default(24),
  RETENTION_MONTHS: whole(1, 600).nullable().default(null),
  LOG_LEVEL: value(level, `un de : ${LEVELS.join(', ')}`, `one of: ${LEVELS.join(', ')}`).default('info'),
  TZ_SCHEME: value(
    zone,
    'une zone horaire est attendue, comme Europe/Paris',
    'a time zone is expected, like Europe/Paris',
  ).default('Europe/Paris'),
});

const MISSING = { fr: 'la variable manque', en: 'is not set' };
const SAME_KEY: ConfigFault = {
  variable: 'PALIER_KEY_OLD',
  fr: "c'est PALIER_KEY elle-même : retirez cette variable, ou mettez la nouvelle clé dans PALIER_KEY",
  en: 'it is PALIER_KEY itself: remove this variable, or set PALIER_KEY to the new key',
};
const ONE_OF_TWO: ConfigFault = {
  variable: 'WEBHOOK_SECRETS, WEBHOOK_BASIC',
  fr: 'il faut au moins une des deux',
  en: 'at least one of the two is needed',
};

/** Empty means unset: a `.env` file is full of `NAME=`. */
const withoutEmpty = (env: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(Object.entries(env).filter(([, text]) => text !== undefined && text.trim() !== ''));

function faultOf(issue: z.core.$ZodIssue): ConfigFault {
  const variable = issue.path.join('.');
  if (issue.code !== 'custom') return { variable, ...MISSING };
  const fr: unknown = issue.params?.['fr'];
  return { variable, fr: typeof fr === 'string' ? fr : issue.message, en: issue.message };
}

const isSame = (key: string | undefined, old: string | undefined): boolean =>
  key !== undefined && old !== undefined && key32(key.trim())?.equals(Buffer.from(old, 'base64')) === true;

/**
 * Reads the environment. Pure: the same variables, the same result.
 * @throws ConfigFaults with every fault at once, by name.
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = withoutEmpty(env);
  const parsed = environment.safeParse(given);
  const noDoor = given['WEBHOOK_SECRETS'] === undefined && given['WEBHOOK_BASIC'] === undefined;
  const faults = [
    ...(parsed.success ? [] : parsed.error.issues.map(faultOf)),
    ...(noDoor ? [ONE_OF_TWO] : []),
    ...(isSame(given['PALIER_KEY'], given['PALIER_KEY_OLD']) ? [SAME_KEY] : []),
    ...opsFaults(given),
  ];
  if (!parsed.success || faults.length > 0) throw new ConfigFaults(faults);
  const v = parsed.data;
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
    palierKeyOld: v.PALIER_KEY_OLD,
    configDir: v.PALIER_CONFIG,
    opsUsers: v.OPS_USERS,
    ops: opsConfigOf(v),
    parcours: parcoursConfigOf(v),
    watch: watchConfigOf(v),
    pollEveryS: v.POLL_EVERY_S,
    verifyEveryH: v.VERIFY_EVERY_H,
    retentionMonths: v.RETENTION_MONTHS,
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
    ...describeOps(config.ops),
    ...(config.parcours === null ? {} : { smtp: new URL(config.parcours.smtpUrl).host }),
    ...describeWatch(config.watch),
    pollEveryS: config.pollEveryS,
    verifyEveryH: config.verifyEveryH,
    retentionMonths: config.retentionMonths ?? 'none',
    logLevel: config.logLevel,
    timeZone: config.timeZone,
  };
}
