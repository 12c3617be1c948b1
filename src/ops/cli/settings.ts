import { join, resolve } from 'node:path';
import type { Config, ConfigFault, ConfigFaults } from '../../config.js';
import { readConfigFile } from '../../platform/config-folder.js';
import { formatFault, type SchemeFault } from '../../rules/parse/messages.js';
import { parseScheme } from '../../rules/parse/parse-scheme.js';
import type { Scheme } from '../../rules/types.js';
import { labelled, type Localized, localized } from '../../localized.js';
import { type CommandContext, CommandProblem } from './command.js';

export type Settings = ReturnType<typeof readSettings>;

/** Valid values for missing or faulty variables without a default, so that `loadConfig` reads all the others. */
const STAND_INS: Readonly<Record<string, string>> = {
  REDIS_URL: 'redis://127.0.0.1:1',
  OBF_CLIENT_ID: 'faulty',
  OBF_CLIENT_SECRET: 'faulty',
  PALIER_KEY: Buffer.alloc(32).toString('base64'),
  MAIL_FROM: 'faulty@localhost',
};
/** No command uses these variables, and they would require others. */
const UNUSED = { WEBHOOK_SECRETS: `whsec_${Buffer.alloc(32).toString('base64')}`, OIDC_ISSUER: undefined };

export const isSet = (env: CommandContext['env'], variable: string): boolean =>
  (env[variable] ?? '').trim() !== '';

/** Reads the environment as far as possible: one faulty variable does not hide the faults of others. */
export function readSettings({ env, loadConfig }: Pick<CommandContext, 'env' | 'loadConfig'>) {
  const faults = faultsOf(env, loadConfig);
  const variables = faults.flatMap(({ variable }) => variable.split(', '));
  const standIns = Object.fromEntries(variables.map((variable) => [variable, STAND_INS[variable]]));
  return {
    faults,
    /** Returns which of these variables are faulty. */
    faulty: (names: readonly string[]) => names.filter((variable) => variables.includes(variable)),
    /** The value of a faulty variable is a stand-in: do not use it. */
    config: loadConfig({ ...env, ...standIns, ...UNUSED }),
  };
}

function faultsOf(
  env: CommandContext['env'],
  loadConfig: CommandContext['loadConfig'],
): readonly ConfigFault[] {
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

/** Reads the environment for a command. @throws CommandProblem when one of these variables is missing or faulty */
export function requireSettings(context: CommandContext, variables: readonly string[]): Config {
  const { faults, config } = readSettings(context);
  const relevant = faults.filter(({ variable }) => variables.includes(variable));
  if (relevant.length > 0) throw configProblem(relevant);
  return config;
}

export const configProblem = (faults: readonly ConfigFault[]): CommandProblem =>
  new CommandProblem('config_faults', faults.map(variableWords));

export const variableWords = ({ variable, fr, en }: ConfigFault): Localized => labelled(variable, { fr, en });

export interface SchemeReading {
  /** Null when it has faults. */
  readonly scheme: Scheme | null;
  readonly faults: readonly Localized[];
  readonly warnings: readonly Localized[];
}

/** Reads the scheme's two files, and reports every fault at once. @param names null: the configured folder's file */
export async function readScheme(
  { cwd }: Pick<CommandContext, 'cwd'>,
  { configDir, timeZone }: Pick<Config, 'configDir' | 'timeZone'>,
  names: Readonly<Record<'scheme' | 'partners', string | null>> = { scheme: null, partners: null },
): Promise<SchemeReading> {
  const read = async (name: string) => ({ ...(await readConfigFile(resolve(cwd, name))), name });
  const scheme = await read(names.scheme ?? join(configDir, 'scheme.yaml'));
  const partners = await read(names.partners ?? join(configDir, 'partners.yaml'));
  if ('cause' in scheme || 'cause' in partners) {
    const unreadable = [scheme, partners].filter((file) => 'cause' in file);
    const faults = unreadable.map(({ name, fr, en }) => labelled(name, { fr, en }));
    return { scheme: null, faults, warnings: [] };
  }
  const result = parseScheme({ scheme, partners }, timeZone);
  const warnings = result.warnings.map(faultWords);
  return result.ok
    ? { scheme: result.scheme, faults: [], warnings }
    : { scheme: null, faults: result.faults.map(faultWords), warnings };
}

export const faultWords = (fault: SchemeFault): Localized => localized((lang) => formatFault(fault, lang));

/** Reads the scheme. @throws CommandProblem with every fault */
export async function requireScheme(...args: Parameters<typeof readScheme>): Promise<Scheme> {
  const { scheme, faults } = await readScheme(...args);
  if (scheme === null) throw new CommandProblem('scheme_faults', faults);
  return scheme;
}
