import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { hashPassword } from '../../platform/password.js';
import { REGION } from '../story/cast.js';
import { POLL_EVERY_S } from '../story/troubles.js';

/** A partner of the demo's scheme, as far as Open Badge Factory knows it. */
export interface DemoPartner {
  readonly clientId: string;
  readonly name: string;
  /** Null: no API key. */
  readonly secretEnv: string | null;
  readonly badges: readonly DemoBadge[];
}

export interface DemoBadge {
  readonly id: string;
  readonly name: string;
}

/** Keys made up for one run; they open nothing but what it starts. */
export interface Keys {
  readonly region: string;
  /** By client id. */
  readonly partners: ReadonlyMap<string, string>;
  readonly webhookSecret: string;
  readonly basic: { readonly key: string; readonly secret: string };
  readonly palierKey: string;
  /** Of the ops pages: whoever watches signs in with these. */
  readonly ops: { readonly name: string; readonly password: string; readonly hash: string };
}

const hex = (): string => randomBytes(16).toString('hex');

export async function makeKeys(partners: readonly DemoPartner[]): Promise<Keys> {
  const password = `palier-${randomBytes(4).toString('hex')}`;
  return {
    region: hex(),
    partners: new Map(partners.map(({ clientId }) => [clientId, hex()])),
    webhookSecret: `whsec_${randomBytes(24).toString('base64')}`,
    basic: { key: 'obf', secret: hex() },
    palierKey: randomBytes(32).toString('base64'),
    ops: { name: 'demo', password, hash: await hashPassword(password) },
  };
}

export type Environment = Readonly<Record<string, string>>;

export interface Addresses {
  readonly redis: string;
  readonly obf: string;
  readonly configDir: string;
}

/** All that the real programs are told, and by nothing else: a `.env` of the project has no say. */
export const environmentOf = (
  { redis, obf, configDir }: Addresses,
  keys: Keys,
  partners: readonly DemoPartner[],
): Environment => ({
  REDIS_URL: redis,
  // Any free one: its log tells which.
  PORT: '0',
  POLL_EVERY_S: String(POLL_EVERY_S),
  OBF_BASE_URL: obf,
  OBF_CLIENT_ID: REGION.id,
  OBF_CLIENT_SECRET: keys.region,
  WEBHOOK_SECRETS: keys.webhookSecret,
  WEBHOOK_BASIC: `${keys.basic.key}:${keys.basic.secret}`,
  PALIER_KEY: keys.palierKey,
  PALIER_CONFIG: configDir,
  OPS_USERS: `${keys.ops.name}:${keys.ops.hash}:operateur`,
  ...Object.fromEntries(
    partners.flatMap(({ clientId, secretEnv }) =>
      secretEnv === null ? [] : [[secretEnv, keys.partners.get(clientId) ?? '']],
    ),
  ),
});

/** The same as a file for `node --env-file`, which only its owner may read. */
export const writeEnvironment = (file: string, environment: Environment): Promise<void> =>
  writeFile(
    file,
    Object.entries(environment)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
    { mode: 0o600 },
  );
