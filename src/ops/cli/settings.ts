import { join, resolve } from 'node:path';
import type { Config, ConfigFault, ConfigFaults } from '../../config.js';
import { readConfigFile } from '../../platform/config-folder.js';
import { formatFault, type SchemeFault } from '../../rules/parse/messages.js';
import { parseScheme } from '../../rules/parse/parse-scheme.js';
import type { Scheme } from '../../rules/types.js';
import { labelled, type Localized, localized } from '../../localized.js';
import { type Context, CommandProblem } from './command.js';

export type Settings = ReturnType<typeof readSettings>;

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

export const isSet = (env: Context['env'], variable: string): boolean => (env[variable] ?? '').trim() !== '';

/** The environment as far as it can be read: a fault in one variable hides no other. */
export function readSettings({ env, loadConfig }: Pick<Context, 'env' | 'loadConfig'>) {
  const faults = faultsOf(env, loadConfig);
  const variables = faults.flatMap(({ variable }) => variable.split(', '));
  const mended = Object.fromEntries(variables.map((variable) => [variable, STAND_INS[variable]]));
  return {
    faults,
    /** Of these variables, those that are faulty. */
    faulty: (asked: readonly string[]) => asked.filter((variable) => variables.includes(variable)),
    /** Believe no part of it whose variable is faulty. */
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

/** For a command that works with these variables only. @throws CommandProblem when one of them is missing or faulty */
export function requireSettings(context: Context, variables: readonly string[]): Config {
  const { faults, config } = readSettings(context);
  const inTheWay = faults.filter(({ variable }) => variables.includes(variable));
  if (inTheWay.length > 0) throw configProblem(inTheWay);
  return config;
}

export const configProblem = (faults: readonly ConfigFault[]): CommandProblem =>
  new CommandProblem('config_faults', faults.map(variableWords));

export const variableWords = ({ variable, fr, en }: ConfigFault): Localized => labelled(variable, { fr, en });

export interface SchemeReading {
  /** Null where it has faults. */
  readonly scheme: Scheme | null;
  readonly faults: readonly Localized[];
  readonly warnings: readonly Localized[];
}

/** Reads the scheme's two files, by default those of the folder, and tells every fault at once. */
export async function readScheme(
  { cwd }: Pick<Context, 'cwd'>,
  { configDir, timeZone }: Pick<Config, 'configDir' | 'timeZone'>,
  names: Readonly<Record<'scheme' | 'partners', string | null>> = { scheme: null, partners: null },
): Promise<SchemeReading> {
  const read = async (name: string) => ({ ...(await readConfigFile(resolve(cwd, name))), name });
  const scheme = await read(names.scheme ?? join(configDir, 'scheme.yaml'));
  const partners = await read(names.partners ?? join(configDir, 'partners.yaml'));
  if ('cause' in scheme || 'cause' in partners) {
    const unread = [scheme, partners].filter((one) => 'cause' in one);
    const faults = unread.map(({ name, fr, en }) => labelled(name, { fr, en }));
    return { scheme: null, faults, warnings: [] };
  }
  const result = parseScheme({ scheme, partners }, timeZone);
  const warnings = result.warnings.map(faultWords);
  return result.ok
    ? { scheme: result.scheme, faults: [], warnings }
    : { scheme: null, faults: result.faults.map(faultWords), warnings };
}

export const faultWords = (fault: SchemeFault): Localized => localized((lang) => formatFault(fault, lang));

/** The same. @throws CommandProblem with every fault */
export async function requireScheme(...where: Parameters<typeof readScheme>): Promise<Scheme> {
  const { scheme, faults } = await readScheme(...where);
  if (scheme === null) throw new CommandProblem('scheme_faults', faults);
  return scheme;
}
