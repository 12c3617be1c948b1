import { basename, join, resolve } from 'node:path';
import type { Config, ConfigFault, ConfigFaults } from '../../config.js';
import { ConfigFolderError, readConfigFolder } from '../../platform/config-folder.js';
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

/** Stand in for variables that are missing or faulty, and have no default: the one reader there is reads the others. */
const STAND_INS: Readonly<Record<string, string>> = {
  REDIS_URL: 'redis://127.0.0.1:1',
  OBF_CLIENT_ID: 'faulty',
  OBF_CLIENT_SECRET: 'faulty',
  PALIER_KEY: Buffer.alloc(32).toString('base64'),
  MAIL_FROM: 'faulty@localhost',
};
/** No command works with these, and they would ask for others. */
const UNUSED = { WEBHOOK_SECRETS: `whsec_${Buffer.alloc(32).toString('base64')}`, OIDC_ISSUER: undefined };

export function readSettings({ env, loadConfig }: Pick<Context, 'env' | 'loadConfig'>): Settings {
  const faults = faultsOf(env, loadConfig);
  const variables = faults.flatMap(({ variable }) => variable.split(', '));
  const mended = Object.fromEntries(variables.map((variable) => [variable, STAND_INS[variable]]));
  return {
    faults,
    faulty: (asked) => asked.filter((variable) => variables.includes(variable)),
    config: loadConfig({ ...env, ...mended, ...UNUSED }),
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
  const { faults, config } = readSettings(context);
  const inTheWay = faults.filter(({ variable }) => variables.includes(variable));
  if (inTheWay.length > 0) throw configProblem(inTheWay);
  return config;
}

export const configProblem = (faults: readonly ConfigFault[]): Problem =>
  new Problem(
    'config_faults',
    faults.map(({ variable, fr, en }) => ({ fr: `${variable} : ${fr}`, en: `${variable}: ${en}` })),
  );

export interface SchemeReading {
  /** Null where it has faults. */
  readonly scheme: Scheme | null;
  readonly faults: readonly Localized[];
  readonly warnings: readonly Localized[];
}

/** Reads the scheme's two files, and tells every fault at once. Faults name the folder as it was given. */
export async function readScheme(
  { cwd }: Pick<Context, 'cwd'>,
  { configDir, timeZone }: Pick<Config, 'configDir' | 'timeZone'>,
): Promise<SchemeReading> {
  const asGiven = (file: string): string => join(configDir, basename(file));
  try {
    const { scheme, partners } = await readConfigFolder(resolve(cwd, configDir));
    const files = {
      scheme: { ...scheme, name: asGiven(scheme.name) },
      partners: { ...partners, name: asGiven(partners.name) },
    };
    const result = parseScheme(files, timeZone);
    return {
      ...(result.ok
        ? { scheme: result.scheme, faults: [] }
        : { scheme: null, faults: result.faults.map(faultWords) }),
      warnings: result.warnings.map(faultWords),
    };
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
