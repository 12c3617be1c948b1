import { basename, join, resolve } from 'node:path';
import type { Config, ConfigFault, ConfigFaults } from '../../config.js';
import { type ConfigFile, ConfigFolderError, readConfigFolder } from '../../platform/config-folder.js';
import { isSameKey } from '../../platform/key-guard.js';
import type { RedisConnection } from '../../platform/redis.js';
import type { Vault } from '../../platform/vault.js';
import { formatFault, parseScheme, type SchemeFault } from '../../rules/parse/parse-scheme.js';
import type { Scheme } from '../../rules/types.js';
import { type Localized, localized, say } from '../shared/words.js';
import { type Context, Problem } from './command.js';

/** The environment as far as it can be read: a fault in one variable hides no other. */
export interface Settings {
  readonly faults: readonly ConfigFault[];
  /** Of these variables, those that are faulty. */
  readonly faulty: (variables: readonly string[]) => readonly string[];
  /** Believe no part of it whose variable is faulty. */
  readonly config: Config;
}

/**
 * Stands in for a variable that is missing or faulty, so that the others are read by the one reader
 * there is; the others that may be missing have defaults.
 */
const STAND_INS: Readonly<Record<string, string>> = {
  REDIS_URL: 'redis://127.0.0.1:1',
  OBF_CLIENT_ID: 'faulty',
  OBF_CLIENT_SECRET: 'faulty',
  PALIER_KEY: Buffer.alloc(32).toString('base64'),
};
/** Variables that ask for others: with a faulty one of those they would be a fault again. */
const ASKING: readonly (readonly [asking: string, asked: RegExp])[] = [
  ['OIDC_ISSUER', /^(OIDC_|PUBLIC_URL$)/],
  ['SMTP_URL', /^MAIL_FROM$/],
];
/** Always, since no command works with them: one of two suffices, and each alone may be faulty. */
const WEBHOOK_SECRETS = `whsec_${Buffer.alloc(32).toString('base64')}`;

export function readSettings({ env, loadConfig }: Pick<Context, 'env' | 'loadConfig'>): Settings {
  const faults = faultsOf(env, loadConfig);
  const variables = faults.flatMap(({ variable }) => variable.split(', '));
  const unset = ASKING.filter(([, asked]) => variables.some((variable) => asked.test(variable)));
  const mended = [...variables, ...unset.map(([asking]) => asking)].map(
    (variable) => [variable, STAND_INS[variable]] as const,
  );
  return {
    faults,
    faulty: (asked) => asked.filter((variable) => variables.includes(variable)),
    config: loadConfig({ ...env, ...Object.fromEntries(mended), WEBHOOK_SECRETS }),
  };
}

function faultsOf(env: Context['env'], loadConfig: Context['loadConfig']): readonly ConfigFault[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    if (isConfigFaults(error)) return error.faults;
    throw error;
  }
}

const isConfigFaults = (error: unknown): error is ConfigFaults =>
  error instanceof Error && 'code' in error && error.code === 'config_faults';

/**
 * The configuration, for a command that works with these variables only.
 * @throws Problem when one of them is missing or faulty
 */
export function requireSettings(context: Context, variables: readonly string[]): Config {
  const { faults, faulty, config } = readSettings(context);
  if (faulty(variables).length === 0) return config;
  throw configProblem(faults.filter(({ variable }) => variables.includes(variable)));
}

export const configProblem = (faults: readonly ConfigFault[]): Problem =>
  new Problem(
    'config_faults',
    faults.map(({ variable, fr, en }) => ({ fr: `${variable} : ${fr}`, en: `${variable}: ${en}` })),
  );

/** Under another key everybody would be unknown, and be given again what they have. */
export const KEY_CHANGED = say`PALIER_KEY : ce n'est pas la clé sous laquelle ce Redis a été rempli. Remettez l'ancienne ; si elle est perdue, voyez docs/operating.md (« PALIER_KEY »)
  PALIER_KEY: not the key that this Redis was filled under. Set the former one again; if it is lost, see docs/operating.md ("PALIER_KEY")`;

/**
 * For a command that reads or changes what is kept of people.
 * @throws Problem when PALIER_KEY is another
 */
export async function requireReadable(redis: RedisConnection, prefix: string, vault: Vault): Promise<void> {
  if (!(await isSameKey(redis, prefix, vault))) throw new Problem('key_changed', KEY_CHANGED);
}

export interface SchemeReading {
  /** Null where it has faults. */
  readonly scheme: Scheme | null;
  readonly faults: readonly Localized[];
  readonly warnings: readonly Localized[];
}

/** Reads the scheme's two files, and tells every fault at once. Faults name the folder as it was given. */
export async function readScheme(
  { cwd }: Pick<Context, 'cwd'>,
  { configDir: dir, timeZone }: Pick<Config, 'configDir' | 'timeZone'>,
): Promise<SchemeReading> {
  const asGiven = (file: string): string => join(dir, basename(file));
  try {
    const { scheme, partners } = await readConfigFolder(resolve(cwd, dir));
    const rename = ({ name, text }: ConfigFile): ConfigFile => ({ name: asGiven(name), text });
    const result = parseScheme({ scheme: rename(scheme), partners: rename(partners) }, timeZone);
    const warnings = result.warnings.map(faultWords);
    return result.ok
      ? { scheme: result.scheme, faults: [], warnings }
      : { scheme: null, faults: result.faults.map(faultWords), warnings };
  } catch (error) {
    if (!(error instanceof ConfigFolderError)) throw error;
    const faults = error.files.map(
      ({ file, fr, en }) => say`${asGiven(file)} : ${fr}
        ${asGiven(file)}: ${en}`,
    );
    return { scheme: null, faults, warnings: [] };
  }
}

export const faultWords = (fault: SchemeFault): Localized => localized((lang) => formatFault(fault, lang));

/** @throws Problem with every fault */
export async function requireScheme(
  context: Pick<Context, 'cwd'>,
  config: Pick<Config, 'configDir' | 'timeZone'>,
): Promise<Scheme> {
  const { scheme, faults } = await readScheme(context, config);
  if (scheme === null) throw new Problem('scheme_faults', faults);
  return scheme;
}
