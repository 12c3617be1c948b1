import type { z } from 'zod';
import {
  readOpsAccounts,
  OIDC_CALLBACK_PATH,
  type ConfigFault,
  environment,
  key32,
  nameOfPerson,
  readOpsPeople,
  type RedisTarget,
  type Role,
  type Variables,
} from './config-environment.js';
import { say } from './localized.js';
export type { ConfigFault, OpsAccount, RedisTarget, Role } from './config-environment.js';

/** Lists every fault of the environment at once; nothing starts. */
export class ConfigFaults extends Error {
  readonly code = 'config_faults';
  constructor(readonly faults: readonly ConfigFault[]) {
    super(`The environment has faults:\n${faults.map((f) => `  ${f.variable}: ${f.en}`).join('\n')}`);
    this.name = 'ConfigFaults';
  }
}

export type Config = Readonly<ReturnType<typeof configOf>>;
export type ParcoursConfig = NonNullable<Config['parcours']>;
/** Sign-in by OpenID Connect: the issuer, and the people who may sign in. */
export type OidcConfig = NonNullable<Config['ops']['oidc']>;

const configOf = (v: Variables) => ({
  redis: v.REDIS_URL,
  port: v.PORT,
  obfBaseUrl: v.OBF_BASE_URL,
  obfClientId: v.OBF_CLIENT_ID,
  obfClientSecret: v.OBF_CLIENT_SECRET,
  obfMaxRps: v.OBF_MAX_RPS,
  /** Secrets of Standard Webhooks, `whsec_...`. */
  webhookSecrets: v.WEBHOOK_SECRETS,
  /** `key:secret` each. */
  webhookBasic: v.WEBHOOK_BASIC,
  /** 32 bytes: everything that hides an address is derived from it. */
  palierKey: v.PALIER_KEY,
  /** The previous key, until `palier rekey` has sealed everything again. */
  palierKeyOld: v.PALIER_KEY_OLD,
  configDir: v.PALIER_CONFIG,
  opsUsers: v.OPS_USERS,
  ops: {
    oidc: oidcOf(v),
    name: v.OPS_NAME,
    /** Path of an svg or png file. */
    logo: v.OPS_LOGO,
    /** `#rrggbb`, dark enough for white text. */
    colour: v.OPS_COLOUR,
    /** Scheme and host that people see, without a path; null: taken from the request. */
    publicUrl: v.PUBLIC_URL,
    /** How many proxies of our own are in front of `web`. */
    trustProxy: v.TRUST_PROXY,
  },
  parcours: parcoursOf(v),
  /** Metrics and tracing. */
  watch: {
    /** The token of `/metrics`; null: it answers 404. */
    metricsToken: v.METRICS_TOKEN,
    /** Whether jobs make spans. The OpenTelemetry SDK reads the same variable for their destination. */
    tracing: v.OTEL_EXPORTER_OTLP_ENDPOINT !== null,
  },
  pollEveryS: v.POLL_EVERY_S,
  /** How often each account is read again in full, hours; 0: never. */
  verifyEveryH: v.VERIFY_EVERY_H,
  /** After how many months without a badge a person is erased; null: never. */
  retentionMonths: v.RETENTION_MONTHS,
  logLevel: v.LOG_LEVEL,
  timeZone: v.TZ_SCHEME,
});

/**
 * The earner's own pages, and the mail server that sends their links. Null (no such pages) unless `SMTP_URL`,
 * `PUBLIC_URL` and `MAIL_FROM` are set.
 */
function parcoursOf({ PUBLIC_URL, SMTP_URL, MAIL_FROM, PARCOURS_CONTACT, TRUST_PROXY }: Variables) {
  if (SMTP_URL === null || PUBLIC_URL === null || MAIL_FROM === null) return null;
  // The address that an earner can write to; null: none.
  const contact = PARCOURS_CONTACT;
  return { publicUrl: PUBLIC_URL, smtpUrl: SMTP_URL, from: MAIL_FROM, contact, trustProxy: TRUST_PROXY };
}

/** People, as the issuer knows them by e-mail address or `sub`. `by` is their name in logs and the journal. */
const inRole = (entries: readonly string[], role: Role) =>
  entries.map((entry) => ({ entry, by: nameOfPerson(entry), role }));

function oidcOf(v: Variables) {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret } = v;
  const redirectUrl =
    v.OIDC_REDIRECT_URL ?? (v.PUBLIC_URL === null ? null : v.PUBLIC_URL + OIDC_CALLBACK_PATH);
  if (issuer === null || clientId === null || clientSecret === null || redirectUrl === null) return null;
  return {
    /** https, or http to this machine. */
    issuer,
    clientId,
    clientSecret,
    redirectUrl,
    scopes: v.OIDC_SCOPES,
    /** An address without `email_verified` is believed: the issuer is known to verify them. */
    trustEmail: v.OIDC_TRUST_EMAIL === 1,
    /** The only people who may sign in. */
    people: [...inRole(v.OIDC_OPERATORS, 'operateur'), ...inRole(v.OIDC_READERS, 'lecture')],
  };
}

type Given = Readonly<Record<string, string | undefined>>;

/** When `by` is set, one variable of `oneOf` must be set, too. */
const NEEDED = [
  { by: 'OIDC_ISSUER', oneOf: ['OIDC_CLIENT_ID'] },
  { by: 'OIDC_ISSUER', oneOf: ['OIDC_CLIENT_SECRET'] },
  { by: 'OIDC_ISSUER', oneOf: ['OIDC_REDIRECT_URL', 'PUBLIC_URL'] },
  { by: 'OIDC_ISSUER', oneOf: ['OIDC_OPERATORS', 'OIDC_READERS'] },
  { by: 'SMTP_URL', oneOf: ['MAIL_FROM'] },
];

const fault =
  (variable: string) =>
  (...words: Parameters<typeof say>): ConfigFault => ({ variable, ...say(...words) });

/** Faults of several variables together. */
function* faultsBetween(given: Given): Generator<ConfigFault> {
  const lacks = (names: readonly string[]): boolean => names.every((name) => given[name] === undefined);
  if (lacks(['WEBHOOK_SECRETS', 'WEBHOOK_BASIC']))
    yield fault('WEBHOOK_SECRETS, WEBHOOK_BASIC')`
      il faut au moins une des deux
      at least one of the two is needed`;
  const [key, old] = ['PALIER_KEY', 'PALIER_KEY_OLD'].map((name) => key32(given[name]?.trim() ?? ''));
  if (key && old?.equals(key) === true)
    yield fault('PALIER_KEY_OLD')`
      c'est PALIER_KEY elle-même : retirez cette variable, ou mettez la nouvelle clé dans PALIER_KEY
      it is PALIER_KEY itself: remove this variable, or set PALIER_KEY to the new key`;
  for (const { by, oneOf: names } of NEEDED)
    if (!lacks([by]) && lacks(names))
      yield fault(names.join(', '))`
        ${by} ${names.length === 1 ? 'la demande' : 'demande une des deux'}
        ${by} ${names.length === 1 ? 'needs it' : 'needs one of the two'}`;
  // Actions are recorded under a person's name: it must be theirs alone.
  const names = [
    ...(readOpsAccounts(given['OPS_USERS'] ?? '') ?? []).map(({ name }) => name),
    ...(readOpsPeople(given['OIDC_OPERATORS'] ?? '') ?? []),
    ...(readOpsPeople(given['OIDC_READERS'] ?? '') ?? []),
  ].map(nameOfPerson);
  if (new Set(names).size < names.length)
    yield fault('OPS_USERS, OIDC_OPERATORS, OIDC_READERS')`
      deux personnes y ont le même nom (ce qui précède « @ ») : on ne saurait pas laquelle a fait quoi
      two people have the same name there (what stands before "@"): nobody would know who did what`;
}

function faultOf(issue: z.core.$ZodIssue): ConfigFault {
  const variable = issue.path.join('.');
  if (issue.code !== 'custom') return { variable, fr: 'la variable manque', en: 'is not set' };
  const fr: unknown = issue.params?.['fr'];
  return { variable, fr: typeof fr === 'string' ? fr : issue.message, en: issue.message };
}

/**
 * Reads the environment. Pure: the same variables, the same result.
 * @throws ConfigFaults with every fault at once, by name.
 */
export function loadConfig(env: Given): Config {
  // Empty means unset: a `.env` file is full of `NAME=`.
  const entries = Object.entries(env).filter(([, given]) => given !== undefined && given.trim() !== '');
  const given: Given = Object.fromEntries(entries);
  const parsed = environment.safeParse(given);
  const faults = [...(parsed.error?.issues.map(faultOf) ?? []), ...faultsBetween(given)];
  if (!parsed.success || faults.length > 0) throw new ConfigFaults(faults);
  return configOf(parsed.data);
}

const addressOf = (redis: RedisTarget): string => {
  const hosts = redis.urls.map((url) => new URL(url).host).join(', ');
  return redis.kind === 'sentinel' ? `sentinel ${redis.name} (${hosts})` : hosts;
};

const switched = (on: boolean): string => (on ? 'on' : 'off');

/** Describes the configuration for logs: counts secrets and people, and never shows them. */
export function describeConfig(config: Config): Readonly<Record<string, string | number | boolean>> {
  const { oidc, publicUrl, trustProxy } = config.ops;
  return {
    redis: addressOf(config.redis),
    port: config.port,
    obfBaseUrl: config.obfBaseUrl,
    obfClientId: config.obfClientId,
    obfMaxRps: config.obfMaxRps,
    webhookSecrets: config.webhookSecrets.length,
    webhookBasic: config.webhookBasic.length,
    configDir: config.configDir,
    opsUsers: config.opsUsers.length,
    ...(oidc && {
      oidcIssuer: new URL(oidc.issuer).host,
      oidcPeople: oidc.people.length,
      oidcTrustEmail: oidc.trustEmail,
    }),
    ...(publicUrl && { publicUrl }),
    trustProxy,
    ...(config.parcours && { smtp: new URL(config.parcours.smtpUrl).host }),
    metrics: switched(config.watch.metricsToken !== null),
    tracing: switched(config.watch.tracing),
    pollEveryS: config.pollEveryS,
    verifyEveryH: config.verifyEveryH,
    retentionMonths: config.retentionMonths ?? 'none',
    logLevel: config.logLevel,
    timeZone: config.timeZone,
  };
}
